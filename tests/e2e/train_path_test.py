"""From a log to a served model: generate, run with a topic of examples, dump it, scripts/train, evaluate, and the worker
goes over to what was learned. What it serves then are the logits of a replay, and of PyTorch in double.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness
from exactly_once_world import source_of_value, unlabelled

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVENTS, FIRST = 8000, 6500  # in all, and before there is a trained model
BEHAVIOURS = """
behaviours:
  - {name: click, types: [click], length_max: 50, age_max: 30d}
  - {name: exposed, impressions: all, length_max: 50, age_max: 30d}
"""
TRAINED = (
    ("merged", ["--target-fields", "item,category"]),
    ("self_shared", ["--attention", "score=additive,pool=last"]),
    ("target", ["--attention", "score=scaled_dot", "--compose", "category"]),
)


class TrainingTestCase(unittest.TestCase):
    """A log, its items, a first model, and what is done with them."""

    CANDIDATES = "{source: event}"
    bootstrap = "127.0.0.1:9"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        harness.freshet("generate", "--output", cls.dir / "log.jsonl", "--events", EVENTS, "--users", 60, "--items", 120,
                        "--bad", 0, "--types", "impression", "--items-output", cls.dir / "items.jsonl")
        items = [json.loads(line)["item_id"] for line in (cls.dir / "items.jsonl").read_text().splitlines()]
        (cls.dir / "items.txt").write_text("".join(f"{item}\n" for item in items))
        harness.freshet("model", "init", "--items", cls.dir / "items.txt", "--dim", 4, "--context", "tab", "--name", "feed",
                        "--behaviours", "click,exposed", "--output", cls.dir / "versions/1")

    @classmethod
    def configure(cls, model, more=""):
        path = cls.dir / f"{model.replace('/', '-')}.yaml"
        path.write_text("application_id: train-path\n"
                        f"kafka: {{bootstrap: '{cls.bootstrap}', input: log, "
                        "dead_letter: log-dead-letter}\n"
                        f"events: {{context: [tab]}}\ncandidates: {cls.CANDIDATES}\n{BEHAVIOURS}{more}\n")
        return path

    @classmethod
    def export(cls, model, log, *options):
        examples = cls.dir / f"{model.replace('/', '-')}.examples.jsonl"
        told = harness.freshet("replay", "-c", cls.configure(model, f"model: {{path: {cls.dir / model}}}"), "--input", log,
                               "--output", cls.dir / "replayed.scores", "--dead-letters", "/dev/null",
                               "--export-examples", examples, *options).stderr
        return examples, told

    def run_program(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def train(self, examples, out, variant, *options):
        learned = self.run_program(
            ROOT / "scripts/train", "--examples", examples, "--items", self.dir / "items.jsonl", "--out", out,
            "--variant", variant, "--dim", 12, "--epochs", 2, "--no-refit", "--buckets", 1024, "--threads", 1, *options)
        self.assertGreater(learned["last_day_auc"], 0.5)

    def check_logits(self, model, examples, rows):
        """The rows' served logits are those of the model in PyTorch, in double."""
        scored = self.run_program("/usr/bin/python3", "-B", ROOT / "training/score.py", "--model", model,
                                  "--examples", examples)
        self.assertGreaterEqual(scored["served"], rows)
        self.assertLess(scored["largest_difference"], 1e-5)


class TrainPathTest(TrainingTestCase):
    def compare(self, *options):
        """Of a log with requests, with broken lines, and with a worker that answers from its model's ranking."""
        log, config = self.dir / "asked.jsonl", self.dir / "asked.yaml"
        if not log.is_file():
            harness.freshet("generate", "--output", log, "--events", EVENTS, "--users", 30, "--items", 120, "--truth",
                            "--requests", 0.05, "--bad", 0.02)
            config.write_text(f"candidates: {{source: catalogue}}\n{BEHAVIOURS}")
        command = [ROOT / "scripts/compare", "-c", config, "--log", log, "--out", self.dir / "compared", "--quick",
                   "--replicates", 50, "--no-timing", *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, "FRESHET_BINARY": str(harness.BINARY)})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done, json.loads((self.dir / "compared/comparison.json").read_text())

    def test_a_quick_comparison_is_of_served_models_and_goes_on_where_it_was(self):
        done, result = self.compare()
        self.assertEqual([row["kind"] for row in result["kinds"]], ["traditional", "self_shared"])
        self.assertEqual(result["pairs"][0]["a"], "self_shared")
        judged = json.loads((self.dir / "compared/evaluation.json").read_text())
        self.assertEqual(judged["judged"]["impressions"], result["rows"])
        for row, model in zip(result["kinds"], judged["models"]):
            for part in ("auc", "deep_auc"):
                self.assertAlmostEqual(row[part]["value"], model["metrics"][part]["value"], delta=1e-6)
            self.assertEqual(row["evaluate"]["gauc"], model["metrics"]["gauc"]["value"])
        self.assertIn("AUC", (self.dir / "compared/evaluation.html").read_text())
        markdown = (self.dir / "compared/comparison.md").read_text()
        self.assertIn("| traditional |", markdown)
        self.assertIn("self_shared", done.stdout)

        done, held = self.compare("--truth", "p")
        self.assertNotIn("training ", done.stderr)
        self.assertLess(held["rows"], result["rows"])  # by those of requests, which have no p
        areas = {row["name"]: row["auc"]["value"] for row in held["beside"]}
        self.assertGreater(areas["truth"], max(row["auc"]["value"] for row in held["kinds"]))

    def test_what_the_clicks_tell_is_learned_to_within_0_005_of_the_truth(self):
        log = self.dir / "planted.jsonl"
        harness.freshet("generate", "--output", log, "--events", 150000, "--users", 300, "--items", 30,
                        "--follow-clicks", "--seen", 0, "--late", 0, "--duplicates", 0, "--bad", 0, "--requests", 0,
                        "--truth")
        (self.dir / "planted.yaml").write_text(
            "kafka: {input: log, dead_letter: log-dead-letter}\nevents: {context: [tab]}\n"
            "candidates: {source: event}\nbehaviours:\n"
            "  - {name: click, types: [click], length_max: 10, age_max: 3650d}\n")
        command = [ROOT / "scripts/compare", "-c", self.dir / "planted.yaml", "--log", log, "--out",
                   self.dir / "planted", "--truth", "p", "--variants", "traditional", "--seeds", "1", "--no-timing",
                   "--looks", "0", "--replicates", "50", "--", "--dim", "16", "--layers", "32,16", "--dropout", "0",
                   "--weight-decay", "0.01", "--batch-size", "512", "--learning-rate", "0.01", "--crosses",
                   "item,context:tab", "--buckets", "4096", "--epochs", "4", "--no-refit"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, "FRESHET_BINARY": str(harness.BINARY)})
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads((self.dir / "planted/comparison.json").read_text())
        over = result["kinds"][0]["over"]
        self.assertGreater(over["truth"]["value"], -0.005)
        self.assertLess(over["truth"]["value"], 0.001)
        self.assertGreater(over["rates"]["value"], 0.05)

    def test_served_logits_of_trained_models_are_those_of_pytorch(self):
        examples, _ = self.export("versions/1", self.dir / "log.jsonl")
        for variant, options in TRAINED:
            with self.subTest(variant):
                self.train(examples, self.dir / variant, variant, *options)
                self.check_logits(self.dir / variant, self.export(variant, self.dir / "log.jsonl")[0], 5000)


class StreamedPathTest(TrainingTestCase):
    """With a broker, and a worker that runs all the while."""

    CANDIDATES = "{publish: 5}"  # so that requests without a list give rows, too

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kafka = cls.dir / "kafka"
        cls.addClassCleanup(harness.stop_broker, kafka)
        cls.bootstrap = harness.start_broker(kafka)

    def dump(self, topic):
        """The topic's dump, and its values."""
        path = self.dir / f"{topic}.dump"
        return path, harness.read_topic(self.config, topic, path)

    def produce(self, name, lines, outputs):
        """Produces them, and waits until there are so many outputs in all."""
        part = self.dir / name
        part.write_text("".join(lines))
        harness.freshet("produce", "-c", self.config, "--input", part)

        def all_there():
            self.assertIsNone(self.worker.process.poll(), self.worker.text())
            return sum(len(self.dump(topic)[1]) for topic in ("scores", "log-dead-letter")) >= outputs
        harness.wait_until(f"{outputs} outputs", all_there)

    def served_by(self, label):
        self.assertIsNone(self.worker.process.poll(), self.worker.text())
        return f"serves model {label} from position" in self.worker.text()

    def check_rows(self, *options):
        """The topic has each row of an export of the input once, labelled alike or not yet; returns the dump."""
        dump, values = self.dump("examples")
        rows = {source_of_value(value): value for value in values}
        self.assertEqual(len(rows), len(values))
        file, told = self.export("versions", self.dump("log")[0], *options)
        exported = file.read_text().splitlines()
        labels = collections.Counter()
        for line in exported:
            value = rows[source_of_value(line)]
            label = json.loads(value)["label"]
            labels[label] += 1
            self.assertEqual(value, line if label is not None else unlabelled(line))
        self.assertGreater(min(labels.values()), 100, labels)
        left_out = re.search(r"left out: (\d+) repeated, (\d+) older", told).groups()
        self.assertEqual(len(rows), len(exported) + sum(map(int, left_out)))
        return dump

    def test_a_worker_serves_what_was_learned_from_the_examples_that_it_wrote(self):
        self.config = self.configure("worker", f"""
model: {{path: {self.dir / "versions"}, reload_interval_ms: 50}}
examples: {{topic: examples}}
state: {{path: {self.dir / "state"}, memory_budget_mb: 16}}
http: {{listen: off}}
""")
        harness.freshet("create-topics", "-c", self.config, "--partitions", harness.PARTITIONS)
        self.worker = harness.Worker(self.config, self.dir / "worker.log")
        self.addCleanup(self.worker.process.kill)
        lines = (self.dir / "log.jsonl").read_text().splitlines(keepends=True)
        self.produce("first.jsonl", lines[:FIRST], FIRST)

        made = self.dir / "made"
        self.train(self.check_rows(), made, "traditional", "--name", "feed", "--model-version", 2, "--attention",
                   "weight=per_channel,softmax=channels")
        harness.freshet("evaluate", "-c", self.config, "--input", self.dir / "log.jsonl", "--models", made,
                        self.dir / "versions/1", "--delays", "none", "--bootstrap", 20, "--json", self.dir / "judged.json")
        trained, untrained = (model["metrics"]["auc"]["value"]
                              for model in json.loads((self.dir / "judged.json").read_text())["models"])
        self.assertGreater(trained, untrained)
        os.rename(made, self.dir / "versions/2")
        harness.wait_until("the swap", lambda: self.served_by("feed@2"), every_s=0.05)

        self.produce("rest.jsonl", lines[FIRST:], EVENTS)
        self.assertEqual(self.worker.stop(), 0, self.worker.text())
        (scores, values), (letters, refused) = self.dump("scores"), self.dump("log-dead-letter")
        self.assertEqual(refused, [])
        swaps = self.dir / "swaps.jsonl"
        swaps.write_text(harness.freshet("model", "swaps", "--scores", scores, "--dead-letters", letters).stdout)
        dump = self.check_rows("--swaps", swaps)
        self.assertEqual(values, (self.dir / "replayed.scores").read_text().splitlines())
        learned = self.dir / "feed-2.dump"
        with open(dump) as lines:
            head = next(lines)
            learned.write_text(head + "".join(line for line in lines if '\\"model\\":\\"feed@2\\"' in line))
        self.check_logits(self.dir / "versions/2", learned, (EVENTS - FIRST) // 2)


if __name__ == "__main__":
    unittest.main()
