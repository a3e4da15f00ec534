"""A worker killed with -9 and started again on its state directory, long before its session ends."""

import json
import pathlib
import tempfile
import unittest

import harness

# The group would wait so long for a member that is gone; a static member need not.
SESSION_MS = 60_000
BACK_S = 30
IMPRESSIONS = 2_000


def write_log(path, begin):
    """Impressions of a few users; every other one is a click, too."""
    with open(path, "w") as log:
        for i in range(begin, begin + IMPRESSIONS):
            log.write(json.dumps({"type": "impression", "user_id": f"u{i % 17}",
                                  "item_id": f"item-{i % 50}", "ts": 1_602_633_600_000 + i,
                                  "label": i % 2, "tab": i % 3}) + "\n")
    return path


class RestartTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.addCleanup(harness.stop_broker, self.dir / "kafka")
        bootstrap = harness.start_broker(self.dir / "kafka")
        (self.dir / "items.txt").write_text("".join(f"item-{i}\n" for i in range(50)))
        harness.freshet("model", "init", "--items", self.dir / "items.txt", "--dim", 8, "--seed", 7,
                        "--context", "tab", "--output", self.dir / "model")
        self.config = harness.write_config(
            self.dir / "config.yaml", model=self.dir / "model", state=self.dir / "state",
            bootstrap=bootstrap, session_ms=SESSION_MS)
        harness.freshet("create-topics", "-c", self.config, "--partitions", harness.PARTITIONS)

    def worker(self, name):
        worker = harness.Worker(self.config, self.dir / name)
        self.addCleanup(worker.process.kill)
        return worker

    def outputs(self):
        return harness.outputs_by_source(
            harness.read_topic(self.config, "scores", self.dir / "scores.dump"))

    def produce(self, log):
        harness.freshet("produce", "-c", self.config, "--input", log)

    def test_a_killed_worker_has_its_partitions_back_before_its_session_ends(self):
        first = write_log(self.dir / "first.jsonl", 0)
        second = write_log(self.dir / "second.jsonl", IMPRESSIONS)
        self.produce(first)
        killed = self.worker("killed.log")
        harness.wait_until("the first scores", lambda: len(self.outputs()) == IMPRESSIONS)
        killed.kill()

        self.produce(second)
        again = self.worker("again.log")
        harness.wait_until("the scores after the restart",
                           lambda: len(self.outputs()) == 2 * IMPRESSIONS, limit_s=BACK_S)
        self.assertEqual(again.stop(), 0, again.text())

        both = self.dir / "both.jsonl"
        both.write_text(first.read_text() + second.read_text())
        harness.freshet("replay", "-c", self.config, "--input", both, "--partitions",
                        harness.PARTITIONS, "--output", self.dir / "replayed.jsonl",
                        "--dead-letters", self.dir / "replayed.dead")
        expected = harness.outputs_by_source((self.dir / "replayed.jsonl").read_text().splitlines())
        streamed = self.outputs()
        self.assertEqual(streamed.keys(), expected.keys())
        for source, lines in streamed.items():
            self.assertEqual(set(lines), set(expected[source]), source)


if __name__ == "__main__":
    unittest.main(verbosity=2)
