"""models/demo, the shipped model: its script runs, gives such a folder, and its card says what `freshet evaluate` says.

25 s, most of it the training of a small log and the evaluation.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness

FOLDER = harness.ROOT / "models/demo"


def run_script(*options, binary=pathlib.Path(harness.BINARY).resolve(), cwd=None):
    return subprocess.run([harness.ROOT / "scripts/make_demo_model", *map(str, options)], capture_output=True, text=True, cwd=cwd,
                          check=False, env={**os.environ, "FRESHET_BINARY": str(binary)})


def make_demo_model(*options):
    done = run_script(*options)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def without_what_is_learned(folder):
    """model.yaml less the weights' checksum and the learned recency."""
    text = (folder / "model.yaml").read_text()
    return re.sub(r'(weights: "|recency_per_day: )[^"}]*', r"\1", text)


class DemoModelTest(unittest.TestCase):
    def test_the_card_says_what_evaluate_says(self):
        card = (FOLDER / "README.md").read_text()
        judged = make_demo_model("--judge")
        self.assertEqual(len(judged.splitlines()), 5)
        for line in judged.splitlines():
            self.assertIn(line, card)
        areas = {name: float(area) for name, area in re.findall(r"(?m)^\| (\w+)\S* \| ([\d.]+) ", judged)}
        self.assertGreater(areas["demo"], areas["planted"])
        self.assertGreater(areas["planted"], areas["rates"])

    def test_the_script_makes_such_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder) / "demo"
            make_demo_model("--events", 15_000, "--out", made)
            self.assertEqual(without_what_is_learned(made), without_what_is_learned(FOLDER))
            self.assertEqual((made / "items.txt").read_bytes(), (FOLDER / "items.txt").read_bytes())
            self.assertEqual((made / "weights.safetensors").stat().st_size, (FOLDER / "weights.safetensors").stat().st_size)
        self.assertLess(sum(file.stat().st_size for file in FOLDER.iterdir()), 256 * 1024)

    def test_what_is_wrong_is_told_by_the_script_itself(self):
        for options, code, told in ((["--events"], 2, "--events: a value is missing"), (["--events", "abc"], 2, "--events abc"),
                                    (["--events", "10"], 2, "at least"), (["--what"], 2, "scripts/make_demo_model --judge"),
                                    (["--judge", "--out", "nowhere"], 1, "holds no model")):
            done = run_script(*options)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(told, done.stderr)

    def test_a_binary_is_named_from_where_the_user_stands(self):
        binary = pathlib.Path(harness.BINARY).resolve()
        told = run_script("--judge", "--out", "nowhere", binary=binary.name, cwd=binary.parent).stderr
        self.assertIn(f"{binary.parent / 'nowhere'} holds no model", told)
        self.assertIn(f"there is no {binary.parent / 'none'}", run_script(binary="none", cwd=binary.parent).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
