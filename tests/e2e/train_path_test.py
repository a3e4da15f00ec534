"""From a log to a served model: generate, replay with --export-examples, scripts/train, replay again, and the
logits that were served are those of PyTorch in double.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEHAVIOURS = """
behaviours:
  - {name: click, types: [click], length_max: 50, age_max: 30d}
  - {name: exposed, impressions: all, length_max: 50, age_max: 30d}
"""
TRAINED = (
    ("traditional", ["--attention", "weight=per_channel,softmax=channels"]),
    ("merged", ["--target-fields", "item,category"]),
    ("self_shared", ["--attention", "score=additive,pool=last"]),
    ("target", ["--attention", "score=scaled_dot", "--compose", "category"]),
)


class TrainPathTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        harness.freshet("generate", "--output", cls.dir / "log.jsonl", "--events", 8000, "--users", 60, "--items", 120,
                        "--bad", 0, "--types", "impression", "--items-output", cls.dir / "items.jsonl")
        items = [json.loads(line)["item_id"] for line in (cls.dir / "items.jsonl").read_text().splitlines()]
        (cls.dir / "items.txt").write_text("".join(f"{item}\n" for item in items))
        harness.freshet("model", "init", "--items", cls.dir / "items.txt", "--dim", 4, "--context", "tab",
                        "--behaviours", "click,exposed", "--output", cls.dir / "random")
        cls.examples = cls.export("random")

    @classmethod
    def export(cls, model):
        config = cls.dir / f"{model}.yaml"
        config.write_text("kafka: {input: log, dead_letter: log-dead-letter}\nevents: {context: [tab]}\n"
                          f"candidates: {{source: event}}\nmodel: {{path: {cls.dir / model}}}\n{BEHAVIOURS}")
        examples = cls.dir / f"{model}.examples.jsonl.gz"
        harness.freshet("replay", "-c", config, "--input", cls.dir / "log.jsonl", "--output", "/dev/null",
                        "--dead-letters", "/dev/null", "--export-examples", examples)
        return examples

    def run_program(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_quick_comparison_is_of_served_models_and_goes_on_where_it_was(self):
        (self.dir / "worker.yaml").write_text(
            f"kafka: {{input: log, dead_letter: log-dead-letter}}\nevents: {{context: [tab]}}\n"
            f"candidates: {{source: event}}\n{BEHAVIOURS}")
        command = [ROOT / "scripts/compare", "-c", self.dir / "worker.yaml", "--log", self.dir / "log.jsonl", "--out",
                   self.dir / "compared", "--quick", "--replicates", "50", "--no-timing"]
        for _ in range(2):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300,
                                  check=False, env={**os.environ, "FRESHET_BINARY": str(harness.BINARY)})
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("training ", done.stderr)
        result = json.loads((self.dir / "compared/comparison.json").read_text())
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

    def test_served_logits_of_trained_models_are_those_of_pytorch(self):
        for variant, options in TRAINED:
            with self.subTest(variant):
                learned = self.run_program(
                    ROOT / "scripts/train", "--examples", self.examples, "--items", self.dir / "items.jsonl",
                    "--out", self.dir / variant, "--variant", variant, "--dim", 12, "--epochs", 2, "--no-refit",
                    "--buckets", 1024, "--threads", 1, *options)
                self.assertGreater(learned["last_day_auc"], 0.5)
                scored = self.run_program("/usr/bin/python3", "-B", ROOT / "training/score.py", "--model",
                                          self.dir / variant, "--examples", self.export(variant))
                self.assertGreater(scored["served"], 5000)
                self.assertLess(scored["largest_difference"], 1e-5)


if __name__ == "__main__":
    unittest.main()
