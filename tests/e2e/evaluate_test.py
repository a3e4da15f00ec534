"""`freshet evaluate`: on a generated log whose truth is known, and on the reference log, against plain Python.

Needs no broker. The oracle knows the examples that `replay --export-examples` writes and nothing of the statistics.
"""

import bisect
import gzip
import json
import math
import pathlib
import tempfile
import time
import unittest

import harness

BEHAVIOURS = """
behaviours:
  - {name: click, types: [click], length_max: 50, age_max: 30d}
  - {name: exposed, impressions: all, length_max: 50, age_max: 30d}
"""


def auc(scored):
    """Of (score, label) pairs: the pairs in order by bisection, ties one half."""
    others = sorted(score for score, label in scored if not label)
    clicked = [score for score, label in scored if label]
    right = sum(bisect.bisect_left(others, score) + bisect.bisect_right(others, score) for score in clicked)
    return right / 2 / len(clicked) / len(others)


def gauc(rows, name):
    users = {}
    for row in rows:
        users.setdefault(row["user_id"], []).append((row[name], row["label"]))
    own = [(auc(scored), len(scored)) for scored in users.values() if 0 < sum(label for _, label in scored) < len(scored)]
    return sum(value * count for value, count in own) / sum(count for _, count in own)


def log_loss(rows):
    return sum(math.log1p(math.exp(-row["logit"] if row["label"] else row["logit"])) for row in rows) / len(rows)


def value(entrant, metric):
    return entrant["metrics"][metric]["value"]


class EvaluateTestCase(unittest.TestCase):
    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def write_config(self, folder, kafka_input="log"):
        file = folder / "worker.yaml"
        file.write_text(f"kafka: {{input: {kafka_input}, dead_letter: log-dead-letter}}\nevents: {{context: [tab]}}\n"
                        f"model: {{path: {folder / 'a'}}}\n{BEHAVIOURS}")
        return file

    def init_model(self, folder, items, seed):
        file = folder / "items.txt"
        file.write_text("".join(f"{item}\n" for item in items))
        model = folder / "ab"[seed - 1]
        harness.freshet("model", "init", "--items", file, "--dim", 8, "--seed", seed, "--context", "tab",
                        "--behaviours", "click,exposed", "--output", model)
        return model

    def examples(self, config, model, log, *more):
        file = config.parent / f"{model.name}.examples.jsonl.gz"
        harness.freshet("replay", "-c", config, "--model", model, "--input", log, "--output", "/dev/null", "--set",
                        "candidates.source=event", "--dead-letters", "/dev/null", "--export-examples", file, *more)
        with gzip.open(file, "rt") as lines:
            return [json.loads(line) for line in lines]

    def evaluate(self, config, log, *more, check=True):
        return harness.freshet("evaluate", "-c", config, "--input", log, *more, check=check)

    def expect_metrics(self, entrant, rows):
        """Against the rows of an export, those without a logit left out."""
        scored = [row for row in rows if row["logit"] is not None]
        self.assertEqual(entrant["impressions"], len(scored))
        for name, metric in (("logit", "auc"), ("deep", "deep_auc"), ("wide", "wide_auc")):
            self.assertAlmostEqual(value(entrant, metric), auc([(row[name], row["label"]) for row in scored]), 12)
        self.assertAlmostEqual(value(entrant, "gauc"), gauc(scored, "logit"), 12)
        self.assertAlmostEqual(value(entrant, "log_loss"), log_loss(scored), 9)


class EvaluateTest(EvaluateTestCase):
    def setUp(self):
        self.dir = self.folder()
        self.log = self.dir / "log.jsonl"
        harness.freshet("generate", "--output", self.log, "--events", 12000, "--users", 80, "--items", 60, "--truth",
                        "--bad", 0, "--requests", 0)
        items = [f"v{i}" for i in range(1, 61)]
        self.a, self.b = self.init_model(self.dir, items, 1), self.init_model(self.dir, items[:40], 2)
        self.config = self.write_config(self.dir)

    def test_metrics_are_those_of_the_exported_examples(self):
        json_file, html_file = self.dir / "e.json", self.dir / "e.html"
        with open(self.log) as lines:
            events = [json.loads(line) for line in lines]
        times = sorted(event["ts"] for event in events if event.get("type") == "impression")
        begin = times[len(times) // 2]
        day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin // 1000))
        options = ("--models", self.a, self.b, "--truth", "p", "--from", day, "--bootstrap", 100, "--json", json_file)
        done = self.evaluate(self.config, self.log, *options, "--html", html_file)
        self.assertIn("difference from random@1 (a)", done.stdout)
        report = json.loads(json_file.read_text())
        a, b, rates, truth = report["models"]
        self.assertEqual([m["name"] for m in report["models"]], ["random@1 (a)", "random@1 (b)", "rates", "truth"])

        judged = {(event["user_id"], event["item_id"], event["ts"]): event for event in events
                  if event.get("type") == "impression" and event["ts"] >= begin // 1000 * 1000}
        for model, entrant in ((self.a, a), (self.b, b)):
            rows = [row for row in self.examples(self.config, model, self.log)
                    if (row["user_id"], row["item_id"], row["ts"]) in judged]
            self.assertEqual(report["judged"]["impressions"], len(rows))
            self.expect_metrics(entrant, rows)
            self.assertEqual(sum(part["impressions"] for part in entrant["by_length"]), entrant["impressions"])
            fresh, *stale = entrant["by_delay"]
            self.assertEqual((fresh["auc"], fresh["change"]),
                             (entrant["metrics"]["auc"], {"value": 0, "low": 0, "high": 0}))
            self.assertEqual([delay["delay_ms"] for delay in stale], [60_000, 3_600_000, 86_400_000])
        self.assertEqual(a["coverage"], 1)
        self.assertLess(b["coverage"], 0.9)
        probabilities = [(judged[row["user_id"], row["item_id"], row["ts"]]["p"], row["label"]) for row in rows]
        self.assertAlmostEqual(value(truth, "auc"), auc(probabilities), 4)  # its logit is a float
        self.assertGreater(truth["difference"]["auc"]["low"], 0)
        self.assertLess(value(truth, "calibration_error"), value(a, "calibration_error"))
        self.assertGreater(value(rates, "auc"), 0.5)

        again = (json_file.read_bytes(), html_file.read_bytes())
        self.evaluate(self.config, self.log, *options, "--html", html_file)
        self.assertEqual(json_file.read_bytes(), again[0])
        self.assertEqual(html_file.read_bytes(), again[1])
        self.assertEqual(again[1].count(b"<svg viewBox=\"0 0 460"), 4)

    def test_an_hour_late_is_the_log_without_that_hour_s_clicks(self):
        """More clicks than a sequence holds: those that the last hour's have pushed out are seen again."""
        begin, hour = 1_704_067_200_000, 3_600_000
        events = [{"type": "click", "user_id": f"u{user}", "item_id": f"v{(7 * i + user) % 60 + 1}",
                   "ts": begin + 600_000 * i} for i in range(70) for user in range(30)]
        events += [{"type": "impression", "user_id": f"u{user}", "item_id": f"v{user + 1}", "label": user % 2,
                    "ts": begin + 42_000_000} for user in range(30)]
        log, cut = self.dir / "hours.jsonl", self.dir / "cut.jsonl"
        log.write_text("".join(json.dumps(event) + "\n" for event in events))
        cut.write_text("".join(json.dumps(event) + "\n" for event in events
                               if event["type"] != "click" or event["ts"] < begin + 42_000_000 - hour))

        def report(file, delays):
            done = self.evaluate(self.config, file, "--delays", delays, "--bootstrap", 10, "--json", "-")
            return json.loads(done.stdout)["models"][0]

        whole = report(log, "0,1h")
        fresh, late = (delay["auc"] for delay in whole["by_delay"])
        self.assertEqual(fresh, whole["metrics"]["auc"])
        self.assertEqual(late, report(cut, "none")["metrics"]["auc"])
        self.assertNotEqual(late, fresh)

    def test_what_cannot_be_judged_is_said(self):
        def refused(code, problem, *more, log=self.log):
            done = self.evaluate(self.config, log, *more, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(problem, done.stderr)
            self.assertEqual(done.stdout, "")

        refused(1, "lies within --from and --until", "--from", "2031-01-01")
        refused(1, "between 0 and 1 in the field q, which --truth names", "--truth", "q")
        refused(78, "is no day such as 2022-05-02", "--from", "yesterday")
        refused(78, "is not after --from", "--from", "2024-01-02", "--until", "2024-01-01")
        refused(78, "--scene shop: is not among events.context (tab)", "--scene", "shop")
        refused(78, "say delays such as", "--delays", "soon")
        refused(78, "nowhere", "--models", self.dir / "nowhere")
        refused(2, "--bootstrap", "--bootstrap", "many")
        own = self.dir / "own.jsonl"
        impression = {"type": "impression", "user_id": "u", "item_id": "v1", "ts": 1_704_067_200_000}
        for events, problem in (([{**impression, "type": "click"}], "no impressions to judge"),
                                ([impression], "has a label"),
                                ([{**impression, "label": 0}], "not clicked: an AUC needs both")):
            own.write_text("".join(json.dumps(event) + "\n" for event in events))
            refused(1, problem, log=own)

    def test_candidates_of_requests_are_judged_where_asked_for(self):
        own = self.dir / "requests.jsonl"
        begin = 1_704_067_200_000
        events = [{"type": "request", "user_id": "u", "ts": begin, "candidates": ["v1", "v2", "v3"]},
                  {"type": "click", "user_id": "u", "item_id": "v2", "ts": begin + 1000},
                  {"type": "request", "user_id": "u", "ts": begin + 7_200_000, "candidates": ["v1"]}]
        own.write_text("".join(json.dumps(event) + "\n" for event in events))
        done = self.evaluate(self.config, own, "--requests", "--json", "-")
        judged = json.loads(done.stdout)
        self.assertEqual((judged["judged"]["impressions"], judged["judged"]["clicked"]), (3, 1))
        self.assertEqual(judged["left_out"]["unlabelled"], 1)


class RealLogEvaluateTest(EvaluateTestCase):
    def test_the_reference_log_gives_what_its_examples_give(self):
        log = harness.reference_data("kuairand_impressions.jsonl.gz")
        history = harness.reference_data("kuairand_user_history.jsonl.gz")
        folder = self.folder()
        model = self.init_model(folder, harness.item_ids(log), 1)
        config = self.write_config(folder, "impressions")
        seed = ("--seed-history", history, "--seed-field", "click=long_view_seq")
        began = time.monotonic()
        done = self.evaluate(config, log, *seed, "--from", "2022-05-02", "--utc-offset", 8, "--json", "-", "--delays",
                             "0,1h", "--bootstrap", 100)
        print(f"evaluate: {time.monotonic() - began:.1f} s")
        report = json.loads(done.stdout)
        self.assertEqual(report["judged"]["impressions"], 67_901)
        own, rates = report["models"]
        begin = report["judged"]["from"]
        rows = [row for row in self.examples(config, model, log, *seed) if row["ts"] >= begin]
        self.expect_metrics(own, rows)
        self.assertEqual(own["by_delay"][0]["auc"], own["metrics"]["auc"])
        self.assertAlmostEqual(value(rates, "auc"), 0.720, delta=0.0005)  # the README of the log has it


if __name__ == "__main__":
    unittest.main(verbosity=2)
