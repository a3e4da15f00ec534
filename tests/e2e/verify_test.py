"""`replay --verify`: everything recomputed in double, on made events and on the reference log."""

import json
import pathlib
import re
import tempfile
import time
import unittest

import harness

T0 = 1_602_633_600_000


def figures(text):
    """The numbers of the report: what was recomputed, the differences, the bits."""
    found = re.search(r"verified: (\d+) events, (\d+) representations, (\d+) logits, (\d+) published", text)
    assert found, text
    names = {"representation": r"of a representation: (\S+)", "logit": r"of a logit: (\S+)",
             "score": r"of a published score: (\S+)", "rebuilds": r"bits differ: (\d+)",
             "mismatches": r"mismatches: (\d+)"}
    values = {name: float(re.search(pattern, text)[1]) for name, pattern in names.items()}
    return dict(zip(("events", "representations", "logits", "scores"), map(int, found.groups()))) | values


class VerifyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def replay(self, config, log, *more):
        begin = time.monotonic()
        done = harness.freshet("replay", "-c", config, "--input", log, "--output",
                               self.dir / "scores.jsonl", *more)
        return done.stderr, time.monotonic() - begin

    def assert_sound(self, found):
        self.assertEqual(found["rebuilds"], 0)
        self.assertEqual(found["mismatches"], 0)
        for name, bound in (("representation", 1e-6), ("logit", 1e-5), ("score", 1e-5)):
            self.assertLessEqual(found[name], bound)
            self.assertGreater(found[name], 0, "nothing was compared")

    def test_made_events_are_within_the_bounds(self):
        harness.freshet("model", "init", "--item-count", 40, "--dim", 9, "--recent-clicks", 3,
                        "--behaviours", "click,cart", "--output", self.dir / "model")
        config = self.dir / "config.yaml"
        config.write_text(f"""
behaviours:
  - {{name: click, types: [click], length_max: 5, age_max: 1s}}
  - {{name: cart, types: [cart], length_max: 3, age_max: 7d}}
candidates: {{publish: 4}}
model: {{path: {self.dir / "model"}}}
""")
        log = self.dir / "log.jsonl"
        with open(log, "w") as out:
            for i in range(600):
                out.write(json.dumps({"user_id": f"u{i % 5}", "item_id": str(i * 7 % 43),
                                      "type": ("click", "cart", "impression")[i % 3], "label": i % 2,
                                      "ts": T0 + i * 40 - (i % 11) * 300}) + "\n")
        plain, _ = self.replay(config, log)
        self.assertNotIn("verified:", plain)
        before = (self.dir / "scores.jsonl").read_bytes()
        found = figures(self.replay(config, log, "--verify")[0])
        self.assertEqual((self.dir / "scores.jsonl").read_bytes(), before)
        self.assertEqual(found["events"], 600)
        self.assert_sound(found)

    def test_the_reference_log_is_within_the_bounds(self):
        log = harness.reference_data("kuairand_impressions.jsonl.gz")
        (self.dir / "items.txt").write_text("".join(f"{i}\n" for i in harness.item_ids(log)))
        harness.freshet("model", "init", "--items", self.dir / "items.txt", "--dim", 32, "--seed", 7,
                        "--context", "tab", "--output", self.dir / "model")
        config = harness.write_config(self.dir / "config.yaml", model=self.dir / "model",
                                      state=self.dir / "state")
        _, plain_s = self.replay(config, log)
        text, verified_s = self.replay(config, log, "--verify")
        found = figures(text)
        print(found, f"verified replay / plain replay: {verified_s / plain_s:.1f}")
        self.assertEqual(found["events"], 185_177)
        self.assertEqual(found["scores"], 185_177)
        self.assert_sound(found)


if __name__ == "__main__":
    unittest.main(verbosity=2)
