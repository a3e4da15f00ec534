"""State directories and model folders of every format version there ever was, opened by this binary.

tests/data/golden/ is made by tests/data/make_golden.py, once a format, and never made again.
"""

import json
import pathlib
import re
import shutil
import tempfile
import unittest

import harness

GOLDEN = harness.ROOT / "tests/data/golden"
BYTES_MAX = 200_000


class GoldenTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def each_format(self):
        """(name, copy of the state, configuration) of each version."""
        configs = sorted(GOLDEN.glob("format-*.yaml"))
        self.assertTrue(configs, f"{GOLDEN} is empty")
        for config in configs:
            name = config.stem
            state = self.dir / f"state-{name}"
            shutil.copytree(GOLDEN / f"state-{name}", state)
            path = self.dir / config.name
            path.write_text(config.read_text().replace("MODEL", str(GOLDEN / f"model-{name}"))
                            .replace("STATE", str(state)) + 'http: {listen: "off"}\n')
            with self.subTest(name):
                yield name, state, path

    def golden(self, name, ending):
        return (GOLDEN / f"{name}.{ending}").read_text(encoding="utf-8")

    def test_the_state_is_what_it_was(self):
        for name, state, config in self.each_format():
            self.assertEqual(harness.freshet("state", "verify", "-c", config).stdout,
                             self.golden(name, "verify.txt"))
            dump = self.golden(name, "dump.jsonl")
            self.assertEqual(harness.freshet("state", "dump", "-c", config).stdout, dump)
            for line in dump.splitlines():
                user = json.loads(line)["user_id"]
                self.assertEqual(harness.freshet("state", "get", "-c", config, user).stdout,
                                 line + "\n")

    def test_a_state_that_was_set_aside_is_what_it_was(self):
        """state-slots-1/ of make_golden_slots.py: partition 0 is the same, in slot 1 and in slot 0."""
        state = self.dir / "state"
        shutil.copytree(GOLDEN / "state-slots-1", state)
        config = self.dir / "slots.yaml"
        config.write_text((GOLDEN / "format-1.yaml").read_text().replace("STATE", str(state))
                          .replace("MODEL", str(GOLDEN / "model-format-1")))
        verified = self.golden("format-1", "verify.txt")
        aside = "partition 0, slot 0: position {}, {} users\n".format(
            *re.search(r"partition 0: position (\d+), .*?(\d+) users", verified).groups())
        for command in ("verify", "dump"):
            self.assertEqual(
                harness.freshet("state", command, "-c", config).stdout,
                self.golden("format-1", {"verify": "verify.txt", "dump": "dump.jsonl"}[command]))
        self.assertEqual(harness.freshet("state", "aside", "-c", config).stdout, aside)
        self.assertEqual(harness.freshet("state", "aside", "-c", config, "--drop").stdout,
                         "dropped " + aside)
        self.assertEqual(harness.freshet("state", "aside", "-c", config).stdout, "")
        self.assertEqual(harness.freshet("state", "verify", "-c", config).stdout, verified)

    def test_a_worker_takes_the_state_over(self):
        for name, state, config in self.each_format():
            instance = (state / "instance").read_text()
            worker = harness.Worker(config, self.dir / "worker.log")
            self.addCleanup(worker.process.kill)
            harness.wait_until("the worker has the store", lambda: "reads clicks" in worker.text())
            worker.stop()
            self.assertEqual((state / "instance").read_text(), instance)
            self.assertEqual(harness.freshet("state", "verify", "-c", config).stdout,
                             self.golden(name, "verify.txt"))

    def test_the_model_gives_the_bytes_that_it_gave(self):
        for name, _, config in self.each_format():
            harness.freshet("check", "-c", config)
            info = harness.freshet("model", "info", GOLDEN / f"model-{name}").stdout
            self.assertIn("model: golden@1\n", info)
            scores = self.dir / f"{name}.scores.jsonl"
            said = harness.freshet("replay", "-c", config, "--verify", "--input",
                                   GOLDEN / f"{name}.log.jsonl", "--partitions", 2, "--output", scores)
            self.assertEqual(scores.read_text(encoding="utf-8"), self.golden(name, "scores.jsonl"))
            self.assertRegex(said.stderr, r"rebuilds whose bits differ: 0\nmismatches: 0\n")
            partitions = re.findall(r"^partition .*", self.golden(name, "verify.txt"), re.M)
            for line in partitions:
                self.assertIn(line.split(", logical ")[1], said.stderr, "another state")

    def test_they_are_small(self):
        size = sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file())
        self.assertLess(size, BYTES_MAX)


if __name__ == "__main__":
    unittest.main(verbosity=2)
