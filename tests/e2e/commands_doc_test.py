"""docs/commands.md as it stands: its blocks run one after another, and print what it says they do."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

PAGE = harness.ROOT / "docs/commands.md"


def blocks():
    return re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)


def pattern_of(expected):
    """A line of the page in which * stands for anything."""
    return ".*".join(map(re.escape, expected.split("*")))


class CommandsDocTest(unittest.TestCase):
    def test_every_block_prints_what_the_page_says(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        for name in ("configs", "models"):
            shutil.copytree(harness.ROOT / name, root / name)
        (root / "bin").mkdir()
        (root / "bin/freshet").symlink_to(pathlib.Path(harness.BINARY).resolve())
        environment = os.environ | {"PATH": f"{root / 'bin'}:{os.environ['PATH']}", "NO_COLOR": "1"}
        found = blocks()
        self.assertGreater(len(found), 5)
        for block in found:
            with self.subTest(block.splitlines()[0]):
                done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", block], cwd=root,
                                      env=environment, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                expected = [line[3:] for line in block.splitlines() if line.startswith("#> ")]
                printed = done.stdout.splitlines()
                self.assertEqual(len(printed), len(expected), done.stdout)
                for line, wanted in zip(printed, expected):
                    self.assertRegex(line, f"^{pattern_of(wanted)}$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
