"""`cmake --install`: what it puts below a folder works from there, and the systemd unit is valid."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from deploy_files import ROOT

BUILD = pathlib.Path(os.environ.get("FRESHET_BINARY", ROOT / "build/release/freshet")).parent


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.prefix = pathlib.Path(temporary.name)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True, stdout=subprocess.DEVNULL)
        cls.share = cls.prefix / "share/freshet"

    def freshet(self, *arguments):
        done = subprocess.run([self.prefix / "bin/freshet", *arguments], cwd=self.share, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_nothing_but_what_is_used_is_installed(self):
        tops = sorted(str(path.relative_to(self.prefix)) for path in self.prefix.glob("*/*"))
        self.assertEqual(tops, ["bin/freshet", "lib/systemd", "share/doc", "share/freshet"])

    def test_the_binary_runs_from_there(self):
        self.assertRegex(self.freshet("--version"), r"\d+\.\d+\.\d+")

    def test_a_log_is_replayed_with_the_installed_examples(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        work = pathlib.Path(temporary.name)
        log, out = work / "log.jsonl", work / "scores.jsonl"
        log.write_text('{"type":"click","user_id":"u1","item_id":"v1","ts":1602633600123}\n')
        self.freshet("replay", "-c", "configs/demo.yaml", "--input", log, "--output", out)
        self.assertIn('"model":"demo@2"', out.read_text())

    def test_each_document_of_the_readme_is_installed(self):
        for name in ("README.md", "SECURITY.md", "CHANGELOG.md", "LICENSE", "docs/operations.md", "docs/formats.md"):
            self.assertTrue((self.prefix / "share/doc/freshet" / name).is_file(), name)

    def test_systemd_takes_the_unit(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("no systemd-analyze here")
        unit = self.prefix / "lib/systemd/system/freshet.service"
        text = unit.read_text()
        # systemd looks a bare name up in its own path, where this test has nothing.
        self.assertEqual(text.count("=freshet run "), 1)
        unit.write_text(text.replace("=freshet run ", f"={self.prefix}/bin/freshet run "))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
