"""`freshet generate` beside the worker's own code: what it counts, and what its model is worth.

The replay is the oracle of the generator's counts, and the planted probabilities are the measure of
the planted model, which is made of the same vectors.
"""

import filecmp
import gzip
import hashlib
import pathlib
import tempfile
import unittest

import harness
import planted

EVENTS = 60_000
# Of the planted model's 500 items of seed 1, on every machine.
WEIGHTS_SHA256 = "40adaeed1896120ce2494a6f54c9dcb7ce9e7dbb1dc7aed1caee0c14eb5d0eea"
ITEMS_SHA256 = "78fd1d8fbfca56325445307b8431278cc544badb5e86c27a6fcce6562088a00a"


def counts(text):
    """The "name: value" lines of a command's summary."""
    found = {}
    for line in text.splitlines():
        name, colon, value = line.strip().partition(": ")
        if colon and value.replace(",", "").isdigit():
            found[name] = int(value.replace(",", ""))
    return found


class GenerateTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.model = pathlib.Path(folder.name) / "planted"
        harness.freshet("generate", "--items", 500, "--seed", 1, "--events", 1, "--output", "/dev/null",
                        "--model", cls.model)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        self.config = self.dir / "config.yaml"
        self.config.write_text(f"""
behaviours:
  - {{name: click, types: [click]}}
  - {{name: cart, types: [cart]}}
  - {{name: order, types: [order]}}
input: {{key: trust}}
candidates: {{source: event}}
model: {{path: {self.model}}}
""")

    def generate(self, *more, log="log.jsonl", events=EVENTS):
        done = harness.freshet("generate", "--output", self.dir / log, "--events", events, *more)
        return counts(done.stderr)

    def replay(self, log="log.jsonl"):
        done = harness.freshet("replay", "-c", self.config, "--input", self.dir / log,
                               "--output", self.dir / "scores.jsonl")
        return counts(done.stderr)

    def test_a_replay_counts_what_was_planted(self):
        made = self.generate("--types", "impression,click,cart,order", "--late", "0.05",
                             "--duplicates", "0.03", "--bad", "0.02", "--requests", "0.05")
        seen = self.replay()
        for name in ("late", "duplicate"):
            self.assertEqual(seen[name], made[name], name)
            self.assertGreater(made[name], 100)
        reasons = ("not_json", "duplicate_field", "missing_field", "wrong_type", "invalid_id",
                   "invalid_time", "unknown_type", "unknown_item", "too_deep")
        for reason in reasons:
            self.assertEqual(seen[reason], made[reason], reason)
            self.assertGreater(made[reason], 10, reason)
        # With candidates.source event, a request without a list has none either.
        self.assertGreater(seen["empty_candidates"], made["empty_candidates"])
        self.assertEqual(seen["records in"], EVENTS)
        self.assertEqual(seen["scores out"] + seen["dead letters"], EVENTS)

    def test_the_same_options_give_the_same_bytes(self):
        self.generate("--seed", "9", log="a.jsonl", events=5_000)
        self.generate("--seed", "9", log="b.jsonl", events=5_000)
        self.generate("--seed", "8", log="c.jsonl", events=5_000)
        self.generate("--seed", "9", log="d.jsonl.gz", events=5_000)
        self.assertTrue(filecmp.cmp(self.dir / "a.jsonl", self.dir / "b.jsonl", shallow=False))
        self.assertFalse(filecmp.cmp(self.dir / "a.jsonl", self.dir / "c.jsonl", shallow=False))
        with gzip.open(self.dir / "d.jsonl.gz", "rb") as zipped:
            self.assertEqual(zipped.read(), (self.dir / "a.jsonl").read_bytes())

    def test_the_planted_model_has_the_same_bytes_everywhere(self):
        found = {name: hashlib.sha256((self.model / name).read_bytes()).hexdigest()
                 for name in ("weights.safetensors", "items.txt")}
        self.assertEqual(found, {"weights.safetensors": WEIGHTS_SHA256, "items.txt": ITEMS_SHA256})

    def areas(self, *more):
        """AUC of the planted probabilities and of the planted model, on the impressions of one log."""
        self.generate("--truth", "--items", 500, "--seed", 1, "--users", 200, *more)
        self.replay()
        truth, served, impressions = planted.areas(self.dir / "log.jsonl", self.dir / "scores.jsonl")
        self.assertGreater(impressions, EVENTS // 2)
        print(f"\nAUC of the planted probabilities {truth:.4f}, of the planted model {served:.4f}, "
              f"on {impressions} impressions {more}")
        return truth, served

    def test_the_planted_model_ranks_nearly_as_the_truth_does(self):
        truth, served = self.areas()
        self.assertGreater(served, 0.74)
        self.assertGreater(served, truth - 0.10)

    def test_planted_pairs_are_what_a_mean_of_clicks_does_not_see(self):
        truth, served = self.areas()
        truth_with_pairs, served_with_pairs = self.areas("--interactions")
        self.assertGreater(truth_with_pairs - served_with_pairs, truth - served + 0.005)

    def test_a_wrong_command_line_is_named(self):
        for options, part in ((("--types", "cart"), "--types"),
                              (("--types", "wave"), "wave"),
                              (("--late", "2"), "--late"),
                              (("--bad", "0.9", "--requests", "0.9"), "--bad"),
                              (("--start", "yesterday"), "--start"),
                              (("--events", "0"), "--events")):
            done = harness.freshet("generate", "--output", "-", *options, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(part, done.stderr)
        done = harness.freshet("generate", "--output", self.dir / "no/such/folder", check=False)
        self.assertEqual(done.returncode, 78)


if __name__ == "__main__":
    unittest.main(verbosity=2)
