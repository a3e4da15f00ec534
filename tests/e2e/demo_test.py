"""`freshet demo`: its numbers add up, its story is told, and it ends when it is asked to.

No timing is judged. The demo runs from another folder, so that it leans on nothing but its options.
"""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import harness
import planted

CONFIG = harness.ROOT / "configs/demo.yaml"
MODEL = f"model.path={harness.ROOT / 'models/demo'}"
EVENTS = 3_000


def number(text):
    return int(text.replace(",", ""))


class DemoTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)

    def command(self, *more):
        return [harness.BINARY, "demo", "-c", str(CONFIG), "--set", MODEL, *map(str, more)]

    def demo(self, *more, **environment):
        return subprocess.run(self.command(*more), cwd=self.dir, capture_output=True, text=True,
                              env={**os.environ, **environment}, timeout=240)

    def test_the_numbers_add_up(self):
        kept = self.dir / "demo"
        done = self.demo("--events", EVENTS, "--directory", kept)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = dict(re.findall(r"^  (\w[\w ]*\w) +([\d,]+)\b", done.stdout, re.MULTILINE))
        reasons = re.findall(r"^  - (\w+) +([\d,]+)$", done.stdout, re.MULTILINE)
        self.assertEqual(number(said["events in"]), EVENTS)
        self.assertEqual(number(said["scores out"]) + number(said["dead letters"]), EVENTS)
        self.assertEqual(sum(number(count) for _, count in reasons), number(said["dead letters"]))
        self.assertEqual(number(said["missing"]), 0)
        self.assertIn("at_least_once", done.stdout)
        self.assertIn("p99", done.stdout)
        self.assertIn("newest first", done.stdout)
        self.assertRegex(done.stdout, r"\n +1  .* 0\.\d{3}")
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        scores = self.dir / "scores.jsonl"
        harness.freshet("replay", "-c", CONFIG, "--set", MODEL, "--partitions", 4, "--input", kept / "log.jsonl",
                        "--output", scores)
        truth, served, impressions = planted.areas(kept / "log.jsonl", scores)
        self.assertIn(f"  AUC of the model       {served:.3f}  how it ranked {impressions:,} shown videos", done.stdout)
        self.assertIn(f"  AUC of the truth       {truth:.3f}  ", done.stdout)
        with open(kept / "log.jsonl", "rb") as log:
            self.assertEqual(sum(1 for _ in log), EVENTS)
        verified = harness.freshet("state", "verify", "-c", CONFIG, "--set", MODEL, "--set",
                                   f"state.path={kept / 'state'}")
        self.assertIn("partition 3", verified.stdout + verified.stderr)

    def test_colour_comes_only_when_asked_for(self):
        coloured = self.demo("--events", EVENTS, CLICOLOR_FORCE="1")
        self.assertEqual(coloured.returncode, 0, coloured.stderr)
        self.assertIn("\x1b[1m", coloured.stdout)
        plain = self.demo("--events", EVENTS, CLICOLOR_FORCE="1", NO_COLOR="1")
        self.assertNotIn("\x1b", plain.stdout)

    def test_the_smallest_demo_has_no_story(self):
        done = self.demo("--events", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("events in", done.stdout)
        self.assertNotIn("newest first", done.stdout)

    def test_a_signal_ends_it(self):
        for name in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(self.command("--events", 1_000_000), cwd=self.dir,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            process.stderr.readline()  # it has begun
            process.send_signal(name)
            out, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 1, err)
            self.assertIn("stopped", err)

    def test_a_signal_ends_it_while_it_writes_its_log(self):
        log = self.dir / "long" / "log.jsonl"
        process = subprocess.Popen(
            self.command("--events", 100_000_000, "--directory", log.parent), cwd=self.dir,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not log.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (1, ""), err)
        self.assertIn("stopped", err)

    def test_outside_of_a_checkout_it_says_where_it_runs(self):
        done = subprocess.run([harness.BINARY, "demo"], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(done.returncode, 78)
        self.assertIn("run the demo in the root of a checkout", done.stderr)

    def test_what_it_cannot_work_with_is_refused(self):
        foreign = self.dir / "mine"
        foreign.mkdir()
        (foreign / "precious").write_text("x")
        done = self.demo("--directory", foreign)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("not a demo's", done.stderr)
        self.assertTrue((foreign / "precious").exists())
        done = self.demo("--events", "0")
        self.assertEqual(done.returncode, 2)
        done = self.demo("--set", "model.path=nowhere")
        self.assertEqual(done.returncode, 78)


if __name__ == "__main__":
    unittest.main(verbosity=2)
