"""`freshet generate` beside the worker's own code: what it counts, and what its model is worth.

The replay is the oracle of the generator's counts, and the planted probabilities are the measure of
the shipped model, which is made of the same vectors.
"""

import filecmp
import gzip
import json
import pathlib
import tempfile
import unittest

import harness

MODEL = harness.ROOT / "models/demo"
EVENTS = 60_000


def auc(pairs):
    """Area under the ROC curve of (score, label), ties counted half."""
    pairs = sorted(pairs)
    positives = sum(label for _, label in pairs)
    ranks = 0.0
    i = 0
    while i < len(pairs):
        j = i
        while j < len(pairs) and pairs[j][0] == pairs[i][0]:
            j += 1
        ranks += (i + j + 1) / 2 * sum(label for _, label in pairs[i:j])
        i = j
    return (ranks - positives * (positives + 1) / 2) / (positives * (len(pairs) - positives))


def counts(text):
    """The "name: value" lines of a command's summary."""
    found = {}
    for line in text.splitlines():
        name, colon, value = line.strip().partition(": ")
        if colon and value.replace(",", "").isdigit():
            found[name] = int(value.replace(",", ""))
    return found


class GenerateTest(unittest.TestCase):
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
model: {{path: {MODEL}}}
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

    def test_the_shipped_model_is_the_one_that_is_made(self):
        made = self.dir / "demo"
        self.generate("--items", 500, "--seed", 1, "--model", made, events=1)
        for name in ("model.yaml", "weights.safetensors", "items.txt"):
            self.assertEqual((made / name).read_bytes(), (MODEL / name).read_bytes(),
                             f"{name}: run scripts/make_demo_model")
        self.assertLess(sum(file.stat().st_size for file in MODEL.iterdir()), 256 * 1024)

    def areas(self, *more):
        """AUC of the planted probabilities and of models/demo, on the impressions of one log."""
        self.generate("--truth", "--items", 500, "--seed", 1, "--users", 200, *more)
        self.replay()
        truth = {}
        with open(self.dir / "log.jsonl", "rb") as log:
            for line in log:
                if b'"p":' in line:
                    event = json.loads(line)
                    truth[event["event_id"]] = (event["p"], event["label"])
        planted, served = [], []
        with open(self.dir / "scores.jsonl") as scores:
            for line in scores:
                score = json.loads(line)
                found = truth.pop(score.get("event_id"), None)  # the first of its duplicates
                if found is None:
                    continue
                planted.append(found)
                served.append((score["scores"][0]["score"], found[1]))
        self.assertGreater(len(served), EVENTS // 2)
        print(f"\nAUC of the planted probabilities {auc(planted):.4f}, "
              f"of models/demo {auc(served):.4f}, on {len(served)} impressions {more}")
        return auc(planted), auc(served)

    def test_the_shipped_model_ranks_nearly_as_the_truth_does(self):
        planted, served = self.areas()
        self.assertGreater(served, 0.74)
        self.assertGreater(served, planted - 0.10)

    def test_planted_pairs_are_what_a_mean_of_clicks_does_not_see(self):
        planted, served = self.areas()
        planted_with_pairs, served_with_pairs = self.areas("--interactions")
        self.assertGreater(planted_with_pairs - served_with_pairs, planted - served + 0.005)

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
