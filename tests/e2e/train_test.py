"""scripts/train writes folders that the binary accepts, for every variant."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/training"))

import support  # noqa: E402

VARIANTS = ("traditional", "self", "self_shared", "self_bilinear", "self_bilinear_activated", "merged", "target", "none")


class TrainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.examples, cls.items = support.planted_log(cls.dir)

    def train(self, out, *options):
        done = subprocess.run(
            [ROOT / "scripts/train", "--examples", self.examples, "--items", self.items, "--compose", "author",
             "--out", self.dir / out, "--dim", "4", "--layers", "4,3", "--epochs", "1", "--no-refit", "--buckets", "64",
             "--threads", "1", *options], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.dir / out

    def test_the_binary_accepts_every_variant_that_was_trained(self):
        for variant in VARIANTS:
            folder = self.train(variant, "--variant", variant, "--target-fields", "item,author")
            told = harness.freshet("model", "info", folder).stdout
            self.assertIn(f"variant: {variant}\n", told)
            self.assertIn("items: 14\n", told)
            self.assertIn("target_fields.txt", told)

    def test_a_folder_without_target_fields_has_no_file_of_them(self):
        told = harness.freshet("model", "info", self.train("plain")).stdout
        self.assertIn("embedding_dim: 4\n", told)
        self.assertNotIn("target_fields.txt", told)


if __name__ == "__main__":
    unittest.main()
