"""The README's way to one's own events on a broker, its lines taken as they stand.

Only the broker's port is replaced, since the usual one may be taken where this runs.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import harness

HEADING = "## Your own events on a broker"


def blocks():
    section = (harness.ROOT / "README.md").read_text().split(HEADING)[1].split("\n## ")[0]
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)
        self.port = free_port()
        for folder in ("scripts", "configs"):
            shutil.copytree(harness.ROOT / folder, self.dir / folder)
        worker = self.dir / "configs/worker.yaml"
        worker.write_text(worker.read_text().replace(":9092", f":{self.port}"))
        (self.dir / "build/release").mkdir(parents=True)
        (self.dir / "build/release/freshet").symlink_to(harness.BINARY)

    def shell(self, text, **options):
        text = text.replace("9092", self.port)
        return subprocess.Popen(["bash", "-eu", "-o", "pipefail", "-c", text], cwd=self.dir,
                                text=True, start_new_session=True, **options)

    def test_ones_own_events_are_scored(self):
        first, second = blocks()
        self.addCleanup(harness.stop_broker, self.dir / "build/kafka")
        log = self.dir / "log"
        with open(log, "w") as out:
            terminal = self.shell(first, stdout=out, stderr=out)
        self.addCleanup(lambda: terminal.poll() is None and os.killpg(terminal.pid, signal.SIGKILL))

        scores = []

        def published():
            self.assertIsNone(terminal.poll(), log.read_text())
            dumped = self.shell(second, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            lines = dumped.communicate()[0].splitlines()[1:]
            scores[:] = [json.loads(json.loads(line)["value"]) for line in lines]
            return len(scores) == 3

        harness.wait_until("three scores", published, limit_s=90)
        ids = [score.get("event_id") or score.get("request_id") for score in scores]
        self.assertEqual(ids, ["e1", None, "r1"])
        self.assertEqual([score["sequence_length"] for score in scores], [1, 1, 2])
        self.assertEqual({item["item_id"] for item in scores[2]["scores"]}, {"v1", "v2"})
        os.killpg(terminal.pid, signal.SIGTERM)
        terminal.wait(timeout=30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
