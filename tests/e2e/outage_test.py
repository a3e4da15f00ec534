"""Brokers that are away longer than every time-out: a worker under load waits, and nothing is lost.

70 seconds outlast the session (6 s here), the default transaction and request time-outs (60 s) and
librdkafka's 60 s for a request that got no answer.
"""

import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

import harness

STOPPED_S = 70
FROZEN_S = 20  # beyond the session
EVENTS = 60_000  # in each of two logs
USERS = 5_003
BUDGET_MB = 64
ALLOWANCE_MB = 64


def largest_rss_mb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class OutageTest(harness.BrokerTestCase):
    def setUp(self):
        super().setUp()
        text = self.config.read_text()
        self.config.write_text(text.replace("state: {", f"state: {{memory_budget_mb: {BUDGET_MB}, "))
        self.first, self.second = (
            harness.write_impressions(self.dir / name, begin, EVENTS, USERS)
            for name, begin in (("first.jsonl", 0), ("second.jsonl", EVENTS)))

    def survive(self, begin_outage, seconds, end_outage):
        self.produce(self.first)
        worker = self.worker("worker.log")
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

        self.assert_published_once(self.outputs(), self.replayed(self.first, self.second))

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
