"""`replay --export-examples`: on a log of the test's own, and on the reference log against a script that knows the log alone.

Needs no broker.
"""

import gzip
import itertools
import json
import math
import os
import pathlib
import tempfile
import time
import unittest

import harness
import last_clicks
import point_in_time

DAY_MS = 24 * 3600 * 1000
BASE_MS = 1_602_633_600_000
BEHAVIOURS = """
behaviours:
  - {name: click, types: [click], length_max: 50, age_max: 30d}
  - {name: long_view, impressions: long_view, length_max: 20, age_max: 14d}
  - {name: exposed, impressions: all, length_max: 50, age_max: 30d}
"""


def write_config(folder, name="worker.yaml", more=""):
    file = folder / name
    file.write_text("kafka: {input: impressions, dead_letter: impressions-dead-letter}\n"
                    f"events: {{context: [tab]}}\ncandidates: {{source: event}}\nmodel: {{path: {folder / 'model'}}}\n"
                    f"{BEHAVIOURS}{more}")
    return file


def init_model(folder, items):
    (folder / "items.txt").write_text("".join(f"{item}\n" for item in items))
    harness.freshet("model", "init", "--items", folder / "items.txt", "--dim", 8, "--context", "tab",
                    "--behaviours", "click,long_view,exposed", "--output", folder / "model")


class ExamplesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        init_model(cls.dir, [f"v{i}" for i in range(20)])
        cls.config = write_config(cls.dir)
        cls.log = cls.dir / "log.jsonl"
        with open(cls.log, "w") as log:
            for i in range(3000):  # v20 to v24 are not the model's
                log.write(json.dumps({"type": "impression", "user_id": f"u{i * 7919 % 40}",
                                      "item_id": f"v{i * 31 % 25}", "ts": BASE_MS + 250 * (i // 2),
                                      "label": int(i % 3 == 0), "long_view": int(i % 5 == 0),
                                      "tab": i % 4}) + "\n")

    def replay(self, name, *more, config=None, log=None, check=True):
        return harness.freshet("replay", "-c", config or self.config, "--input", log or self.log,
                               "--output", self.dir / f"{name}.scores", "--dead-letters", self.dir / f"{name}.dead",
                               *more, check=check)

    def export(self, name, *more, **options):
        file = self.dir / name
        done = self.replay(name, "--export-examples", file, *more, **options)
        text = gzip.open(file, "rt").read() if name.endswith(".gz") else file.read_text()
        return [json.loads(line) for line in text.splitlines()], done.stderr

    def test_gzip_and_partitions_change_nothing_but_the_source(self):
        plain, told = self.export("plain.jsonl")
        self.assertEqual(len(plain), 3000)
        self.assertIn("examples: 3000 rows: 1000 with label 1, 2000 with label 0, 0 without", told)
        again, _ = self.export("again.jsonl.gz")
        self.assertEqual(again, plain)
        split, _ = self.export("split.jsonl", "--partitions", 7)
        self.assertNotEqual(split, plain)
        for row in itertools.chain(plain, split):
            del row["source"]
        self.assertEqual(split, plain)

    def test_outputs_are_the_same_bytes_without_it(self):
        self.export("with.jsonl")
        self.replay("without")
        for kind in ("scores", "dead"):
            self.assertEqual((self.dir / f"with.jsonl.{kind}").read_bytes(),
                             (self.dir / f"without.{kind}").read_bytes())

    def test_items_that_the_model_does_not_know_are_rows(self):
        rows, _ = self.export("unknown.jsonl")
        unknown = [row for row in rows if row["logit"] is None]
        self.assertEqual({row["item_id"] for row in unknown}, {f"v{i}" for i in range(20, 25)})
        self.assertEqual(len((self.dir / "unknown.jsonl.dead").read_text().splitlines()), len(unknown))

    def test_a_request_waits_for_its_click(self):
        log = self.dir / "requests.jsonl"
        events = [{"type": "request", "user_id": "u1", "ts": BASE_MS, "candidates": ["v1", "v2", "v3"]},
                  {"type": "click", "user_id": "u1", "item_id": "v2", "ts": BASE_MS + 1000},
                  {"type": "click", "user_id": "u1", "item_id": "v3", "ts": BASE_MS + 1001},
                  {"type": "request", "user_id": "u1", "ts": BASE_MS + 1500, "candidates": ["v1"]}]
        log.write_text("".join(json.dumps(event) + "\n" for event in events))
        rows, told = self.export("requests.examples", "--set", "examples.label_wait_ms=1000", log=log)
        self.assertEqual([(row["item_id"], row["ts"] - BASE_MS, row["label"]) for row in rows],
                         [("v2", 0, 1), ("v1", 0, 0), ("v3", 0, 0), ("v1", 1500, None)])
        self.assertEqual(rows[3]["sequences"]["click"]["items"], ["v3", "v2"])
        self.assertIn("4 rows: 1 with label 1, 2 with label 0, 1 without one", told)

    def test_what_waits_has_a_bound_that_is_told_by_name(self):
        log = self.dir / "many.jsonl"
        with open(log, "w") as out:
            for i in range(400):
                out.write(json.dumps({"type": "request", "user_id": "u1", "ts": BASE_MS + i,
                                      "candidates": [f"v{j}" for j in range(200)]}) + "\n")
        arguments = ("--set", "state.memory_budget_mb=16", "--export-examples", self.dir / "many.examples")
        done = self.replay("many", *arguments, log=log, check=False)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("take more than 4 MiB, a quarter of state.memory_budget_mb; raise it, or lower "
                      "examples.label_wait_ms", done.stderr)
        self.replay("many", *arguments, "--set", "examples.label_wait_ms=20", log=log)

    def test_a_file_that_cannot_be_written_is_refused(self):
        for file, problem in ((self.dir / "nowhere/e.jsonl", "check that its folder exists"),
                              (self.dir / "same.scores", "are the same file"),
                              (self.config, "are the same file")):
            done = self.replay("same", "--export-examples", file, check=False)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(problem, done.stderr)
        if os.path.exists("/dev/full"):
            done = self.replay("full", "--export-examples", "/dev/full", check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("/dev/full: writing failed", done.stderr)


class RealLogExamplesTest(unittest.TestCase):
    """Every row of the reference log, with older history before it, and the state that is left."""

    def test_rows_and_state_are_those_of_the_script(self):
        log = harness.reference_data("kuairand_impressions.jsonl.gz")
        history = harness.reference_data("kuairand_user_history.jsonl.gz")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        init_model(self.dir, harness.item_ids(log))
        self.config = write_config(self.dir)
        file = self.dir / "examples.jsonl.gz"
        began = time.monotonic()
        done = harness.freshet("replay", "-c", self.config, "--input", log, "--partitions", harness.PARTITIONS,
                               "--output", self.dir / "scores.jsonl", "--dead-letters", self.dir / "dead.jsonl",
                               "--state", self.dir / "state", "--seed-history", history,
                               "--seed-field", "click=long_view_seq", "--export-examples", file)
        print(f"export: {time.monotonic() - began:.1f} s, {file.stat().st_size / 1e6:.1f} MB")
        older = {field: last_clicks.seeded_clicks(history, field) for field in ("long_view_seq", "exposed_seq")}
        # name, field of the impression, seeded field, length_max, days
        kinds = (("click", "label", "long_view_seq", 50, 30), ("long_view", "long_view", "long_view_seq", 20, 14),
                 ("exposed", None, "exposed_seq", 50, 30))
        behaviours = [point_in_time.Behaviour(name, field, length_max, days * DAY_MS, older[seed])
                      for name, field, seed, length_max, days in kinds]
        self.compare_rows(file, point_in_time.examples(log, harness.PARTITIONS, behaviours, ["tab"]), done.stderr)
        for name, field, seed, length_max, days in kinds:
            self.compare_state(name, last_clicks.visible_clicks(log, harness.PARTITIONS, length_max, days * DAY_MS,
                                                                older[seed], field))

    def compare_rows(self, file, expected, told):
        scores = {}
        with open(self.dir / "scores.jsonl") as lines:
            for output in map(json.loads, lines):
                source = output["source"]
                scores[source["partition"], source["offset"]] = output["scores"][0]["score"]
        labels = {0: 0, 1: 0}
        with gzip.open(file, "rt") as lines:
            for line, wanted in itertools.zip_longest(lines, expected):
                self.assertIsNotNone(line, wanted)
                row = json.loads(line)
                logit = row.pop("logit")
                deep, wide = row.pop("deep"), row.pop("wide")
                self.assertEqual(row.pop("model"), "random@1")
                self.assertEqual(row, wanted)
                source = row["source"]
                score = scores[source["partition"], source["offset"]]
                self.assertAlmostEqual(1 / (1 + math.exp(-logit)), score, delta=1e-6)
                self.assertAlmostEqual(wide + deep, logit, delta=1e-5)  # the bias of a random model is 0
                labels[row["label"]] += 1
        rows = labels[0] + labels[1]
        self.assertIn(f"examples: {rows} rows: {labels[1]} with label 1, {labels[0]} with label 0, 0 without", told)
        self.assertIn(f"left out: {185_177 - rows} repeated, 0 older", told)
        self.assertGreater(rows, 170_000)

    def compare_state(self, behaviour, expected):
        found = {}
        dumped = harness.freshet("state", "dump", "-c", self.config, "--state", self.dir / "state")
        for user in map(json.loads, dumped.stdout.splitlines()):
            kept = user["behaviours"][behaviour]
            newest = [(click["ts"], click["item_id"]) for click in kept["clicks"][:kept["visible"]]]
            if newest:
                found[user["user_id"]] = newest
        self.assertEqual(found, expected)


if __name__ == "__main__":
    unittest.main(verbosity=2)
