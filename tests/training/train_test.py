"""scripts/train's program on planted examples: it learns, repeats, resumes, and tells what is wrong."""
import contextlib
import io
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import support
import numpy as np
import torch
import train
from metrics import auc, log_loss
from model_folder import read_config, read_model
import safetensors_file

LEARNS = ["--dim", 8, "--layers", "16,8", "--epochs", 6, "--batch-size", 256, "--learning-rate", 0.02, "--weight-decay", 0, "--dropout", 0, "--buckets", 512,
          "--attention", "hidden=4", "--crosses", "item,user", "--threads", 1]


class TrainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.examples, cls.items = support.planted_log(cls.dir)

    def arguments(self, out, *options):
        return ["--examples", str(self.examples), "--train-until", "2022-04-27", "--out", str(self.dir / out),
                *map(str, options)]

    def start(self, out, *options):
        command = [sys.executable, "-B", str(support.ROOT / "training/train.py"), *self.arguments(out, *options)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def train(self, out, *options, rc=0):
        """In this process, which spares PyTorch's start: the result, or what was said on a failure."""
        told, talk = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(talk):
            code = train.main(self.arguments(out, *options))
        self.assertEqual(code, rc, talk.getvalue())
        return json.loads(told.getvalue()) if rc == 0 else talk.getvalue()

    def weights(self, out):
        return (self.dir / out / "weights.safetensors").read_bytes()

    def test_it_learns_what_the_newest_click_says(self):
        result = self.train("first", *LEARNS, "--epochs", 20, "--patience", 20)
        self.assertGreater(result["later_days"]["auc"], 0.95)
        self.assertGreater(result["later_days"]["deep_auc"], 0.95)
        self.assertLess(result["later_days"]["wide_auc"], 0.65)

    def test_a_seed_repeats_its_weights_and_another_has_others(self):
        for out, seed in (("one", 1), ("same", 1), ("other", 2)):
            self.train(out, *LEARNS, "--epochs", 2, "--seed", seed)
        self.assertEqual(self.weights("one"), self.weights("same"))
        self.assertNotEqual(self.weights("one"), self.weights("other"))

    def test_an_interrupted_run_goes_on_to_the_same_weights(self):
        options = [*LEARNS, "--epochs", 3]
        self.train("whole", *options)
        for after, signum in (("epoch 1/", signal.SIGINT), ("epoch 2/", signal.SIGTERM),
                              ("refit on all training days, epoch 1/", signal.SIGKILL)):
            run = self.start("cut", *options)
            for line in run.stderr:
                if line.startswith(after):
                    run.send_signal(signum)
                    break
            _, stderr = run.communicate(timeout=100)
            self.assertEqual(run.returncode, -signum if signum == signal.SIGKILL else 130, stderr)
            self.assertFalse((self.dir / "cut").exists())
        refusal = self.train("cut", *options, "--seed", 9, rc=1)
        self.assertIn("seed 1, not 9", refusal)
        self.assertIn("--restart", refusal)
        self.train("cut", *options)
        self.assertEqual(self.weights("whole"), self.weights("cut"))
        self.assertFalse((self.dir / "cut.checkpoint").exists())

    def test_a_second_run_to_the_same_place_is_refused(self):
        with train.alone(self.dir / "shared"):
            self.assertIn("another run is writing", self.train("shared", *LEARNS, rc=1))

    def test_every_variant_learns_and_its_folder_reads_back_as_it_was_written(self):
        for variant in ("self", "self_shared", "self_bilinear", "self_bilinear_activated", "merged", "target", "none"):
            hidden = "traditional.hidden=4,self.hidden=4" if variant == "merged" else "hidden=4"
            options = ["--dim", 4, "--layers", "4,3", "--epochs", 1, "--no-refit", "--buckets", 64, "--threads", 1,
                       "--items", self.items, "--compose", "author", "--target-fields", "item,author"]
            if variant == "target":
                options += ["--attention", "score=scaled_dot"]
            elif variant != "none":
                options += ["--attention", hidden]
            self.train(variant, *options, "--variant", variant)
            config, model, item_ids = read_model(self.dir / variant)
            self.assertEqual(config.variant, variant)
            self.assertEqual(item_ids, [f"v{i}" for i in range(14)])
            self.assertEqual(model.target.values.tolist(), [[i % 2] for i in range(14)])

    def test_the_learned_recency_is_the_number_in_the_yaml(self):
        self.train("recency", *LEARNS, "--epochs", 1)
        config, _ = read_config(self.dir / "recency")
        self.assertGreaterEqual(config.behaviours[0].attention["recency_per_day"], 0.0)
        self.assertIsInstance(config.behaviours[0].attention["recency_per_day"], float)

    def test_row_bounds_hold_in_the_written_table(self):
        self.train("bounded", *LEARNS, "--epochs", 1, "--row-bounds", "0.25,0.5", "--items", self.items,
                   "--compose", "author")
        table = safetensors_file.decode(self.dir / "bounded" / "weights.safetensors")["item.embedding"]
        peaks = np.abs(table).max(axis=1)
        self.assertGreaterEqual(peaks.min(), 0.25 * (1 - 1e-6))
        self.assertLessEqual(peaks.max(), 0.5 * (1 + 1e-6))

    def test_what_is_wrong_is_told_without_a_traceback(self):
        existing = self.dir / "existing"
        existing.mkdir(exist_ok=True)
        for options, words in (
                (["--variant", "merged", "--attention", "hidden=3"], ["hidden", "traditional, self"]),
                (["--attention", "softmax=channels"], ["per_channel"]),
                (["--attention", "weight"], ["KEY=VALUE"]),
                (["--behaviours", "cart"], ["no sequence cart", "click"]),
                (["--crosses", "context:page"], ["page", "tab"]),
                (["--crosses", "page"], ["context:FIELD"]),
                (["--compose", "author"], ["author", "--items"]),
                (["--layers", "5"], ["two numbers"]),
                (["--target-fields", "item"], ["name another field"]),
                (["--dropout", 1], ["below 1"]),
                (["--epochs", 0], ["at least 1"]),
                (["--items", self.dir / "nowhere"], ["is not there"]),
                (["--learning-rate", 1e30], ["lower --learning-rate"]),
                (["--device", "cuda:7"], ["no GPU"] if not torch.cuda.is_available() else [])):
            message = self.train("wrong", *options, rc=1)
            for word in words:
                self.assertIn(word, message)
            self.assertFalse((self.dir / "wrong").exists())
            self.assertFalse((self.dir / "wrong.lock").exists())
            (self.dir / "wrong.checkpoint").unlink(missing_ok=True)
        self.assertIn("exists", self.train("existing", rc=1))


class MetricsTest(unittest.TestCase):
    def test_auc_counts_pairs_and_ties_as_half(self):
        draw = np.random.default_rng(3)
        label, score = draw.integers(0, 2, 200), draw.integers(0, 9, 200).astype(float)
        pairs = [(a > b) + 0.5 * (a == b) for a in score[label == 1] for b in score[label == 0]]
        self.assertAlmostEqual(auc(label, score), float(np.mean(pairs)), places=12)
        self.assertTrue(np.isnan(auc(np.ones(3), np.ones(3))))

    def test_log_loss_is_that_of_the_probabilities(self):
        label, logit = np.array([1, 0, 1]), np.array([0.3, -2.0, 50.0])
        p = 1 / (1 + np.exp(-logit))
        expected = -np.mean(np.log(np.where(label == 1, p, 1 - p)))
        self.assertAlmostEqual(log_loss(label, logit), float(expected), places=12)


if __name__ == "__main__":
    unittest.main()
