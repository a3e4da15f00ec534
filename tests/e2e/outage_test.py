"""Brokers that are away longer than every time-out: a worker under load waits, and nothing is lost.

70 seconds outlast the session (6 s here), the default transaction and request time-outs (60 s) and
librdkafka's 60 s for a request that got no answer.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import harness

STOPPED_S = 70
FROZEN_S = 20  # beyond the session
EVENTS = 60_000  # in each of two logs
USERS = 5_003
BUDGET_MB = 64
ALLOWANCE_MB = 64


def write_log(path, begin):
    with open(path, "w") as log:
        for i in range(begin, begin + EVENTS):
            log.write(json.dumps({"type": "impression", "user_id": f"u{i * 7919 % USERS}",
                                  "item_id": f"item-{i % 50}", "ts": 1_602_633_600_000 + i,
                                  "label": i % 2, "tab": i % 3}) + "\n")
    return path


def largest_rss_mb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class OutageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.kafka = self.dir / "kafka"
        self.addCleanup(harness.stop_broker, self.kafka)
        bootstrap = harness.start_broker(self.kafka)
        (self.dir / "items.txt").write_text("".join(f"item-{i}\n" for i in range(50)))
        harness.freshet("model", "init", "--items", self.dir / "items.txt", "--dim", 8, "--seed", 7,
                        "--context", "tab", "--output", self.dir / "model")
        self.config = harness.write_config(
            self.dir / "config.yaml", model=self.dir / "model", state=self.dir / "state",
            bootstrap=bootstrap)
        text = self.config.read_text()
        self.config.write_text(text.replace("state: {", f"state: {{memory_budget_mb: {BUDGET_MB}, "))
        harness.freshet("create-topics", "-c", self.config, "--partitions", harness.PARTITIONS)
        self.first = write_log(self.dir / "first.jsonl", 0)
        self.second = write_log(self.dir / "second.jsonl", EVENTS)

    def outputs(self):
        return harness.outputs_by_source(
            harness.read_topic(self.config, "scores", self.dir / "scores.dump"))

    def replayed(self):
        both = self.dir / "both.jsonl"
        both.write_text(self.first.read_text() + self.second.read_text())
        harness.freshet("replay", "-c", self.config, "--input", both, "--partitions",
                        harness.PARTITIONS, "--output", self.dir / "replayed.jsonl",
                        "--dead-letters", self.dir / "replayed.dead")
        return harness.outputs_by_source((self.dir / "replayed.jsonl").read_text().splitlines())

    def survive(self, begin_outage, seconds, end_outage):
        harness.freshet("produce", "-c", self.config, "--input", self.first)
        worker = harness.Worker(self.config, self.dir / "worker.log")
        self.addCleanup(worker.process.kill)
        # More comes while the brokers go and when they are back: 20 seconds' worth, in all.
        producer = subprocess.Popen([harness.BINARY, "produce", "-c", self.config, "--input",
                                     self.second, "--rate", str(EVENTS // 20)],
                                    stderr=subprocess.DEVNULL)
        self.addCleanup(producer.kill)
        harness.wait_until("the first scores", lambda: len(self.outputs()) > 0)
        begin_outage()
        time.sleep(seconds)  # the outage itself
        self.assertIsNone(worker.process.poll(), worker.text())
        during_mb = largest_rss_mb(worker.process.pid)
        end_outage()
        self.assertEqual(producer.wait(timeout=180), 0)
        harness.wait_until("a score of every event", lambda: len(self.outputs()) == 2 * EVENTS)
        after_mb = largest_rss_mb(worker.process.pid)
        print(f"largest RSS at the end of the outage {during_mb:.0f} MiB, after it {after_mb:.0f} MiB")
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assertLess(after_mb, BUDGET_MB + ALLOWANCE_MB)

        expected = self.replayed()
        streamed = self.outputs()
        self.assertEqual(streamed.keys(), expected.keys())
        for source, lines in streamed.items():
            self.assertEqual(set(lines), set(expected[source]), source)

    def test_a_worker_outlives_brokers_that_were_stopped_for_70_seconds(self):
        self.survive(lambda: harness.stop_broker(self.kafka), STOPPED_S,
                     lambda: harness.start_broker(self.kafka))

    def test_a_worker_outlives_brokers_that_answered_nothing_for_a_while(self):
        pid = int((self.kafka / "broker.pid").read_text())
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        self.survive(lambda: os.kill(pid, signal.SIGSTOP), FROZEN_S,
                     lambda: os.kill(pid, signal.SIGCONT))


if __name__ == "__main__":
    unittest.main(verbosity=2)
