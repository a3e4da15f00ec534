"""`freshet model info` of every variant: its attention, representations, grid and sizes; and each is replayed.

The replay recomputes every representation, logit and score with the reference (`--verify`).
"""

import pathlib
import tempfile
import unittest

import harness

# Variant -> options of model init, and what info says of it.
VARIANTS = {
    "traditional": ([], ["behaviour: click, hidden 32, activation tanh, weight scalar, softmax over positions",
                         "representation: click, traditional, 8 values, int64 sums"]),
    "self": (["--score", "additive"], ["score additive, activation none, pool mean",
                                       "representation: click, self-attention, 8 values, int64 sums"]),
    "self_shared": (["--score", "dot", "--pool", "last"], ["score dot, activation none, pool last"]),
    "self_bilinear": (["--pool", "sum"], ["score bilinear, activation none, pool sum"]),
    "self_bilinear_activated": (["--self-activation", "tanh"], ["score bilinear, activation tanh"]),
    "merged": ([], ["representation: click, traditional, ", "representation: click, self-attention, ",
                    "deep: 48 -> "]),
    "target": (["--score", "bilinear"], ["target attention, hidden 32, score bilinear",
                                         "8 values, anew for each candidate; no sums", "bytes a user: 0 of sums"]),
    "none": ([], ["behaviour: click, not attended", "8 values, zeros; no sums"]),
}


class ModelInfoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.log = cls.dir / "log.jsonl"
        cls.log.write_text("".join(
            f'{{"user_id":"u{k % 3}","item_id":"{k * 7 % 23}","ts":{1602633600000 + 60000 * k},"type":"click"}}\n'
            for k in range(60)))

    def init(self, variant, *options):
        model = pathlib.Path(tempfile.mkdtemp(dir=self.dir)) / "model"
        harness.freshet("model", "init", "--item-count", 20, "--dim", 8, "--variant", variant, *options,
                        "--output", model)
        return model

    def test_each_variant_says_what_it_is(self):
        for variant, (options, texts) in VARIANTS.items():
            with self.subTest(variant):
                shown = harness.freshet("model", "info", self.init(variant, *options)).stdout
                self.assertIn(f"variant: {variant}\n", shown)
                for text in texts:
                    self.assertIn(text, shown)

    def test_each_variant_is_served_as_the_reference_has_it(self):
        for variant, (options, _) in VARIANTS.items():
            for fields in ([], ["--target-fields", "item,author"]):
                with self.subTest(variant, fields=fields):
                    model = self.init(variant, *options, *fields, "--recency-per-day", "0.5")
                    config = self.dir / "config.yaml"
                    config.write_text(f"model: {{path: {model}}}\nstate: {{path: {self.dir / 'state'}}}\n"
                                      "behaviours: [{name: click, types: [click], length_max: 6}]\n"
                                      "http: {listen: 'off'}\n")
                    done = harness.freshet("replay", "-c", config, "--input", self.log, "--verify",
                                           "--output", self.dir / "scores.jsonl")
                    self.assertIn("mismatches: 0", done.stdout + done.stderr)
                    self.assertEqual((self.dir / "scores.jsonl").read_text().count("\n"), 60)

    def test_a_table_that_ranges_too_far_needs_128_bits(self):
        model = self.init("traditional")
        shown = harness.freshet("model", "info", model, "--length-max", 65535).stdout
        self.assertIn("int128 sums (int64 resolves the rows of item.embedding up to length_max ", shown)
        self.assertIn("with sequences of 65535 clicks", shown)


if __name__ == "__main__":
    unittest.main(verbosity=2)
