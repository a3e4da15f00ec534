"""Several workers under exactly once: they come, go, die while they give partitions back, and freeze.

FRESHET_SEED repeats a run.
"""

import os
import signal
import unittest

import harness
from exactly_once_world import ExactlyOnceTestCase, was_killed


class SeveralWorkers(ExactlyOnceTestCase):
    EVENTS = 60_000

    def test_workers_that_come_go_and_die_in_a_rebalance_lose_and_repeat_nothing(self):
        b, c = self.configure("b"), self.configure("c")
        feed = self.feed(rate=900)
        first = self.worker()
        self.wait_for_outputs(1_000, first)
        second = self.worker(b)
        harness.wait_until("two workers", lambda: "partition " in second.text(), limit_s=60)
        first.kill()
        first = self.worker(crash_at="in_rebalance:1")
        harness.wait_until("it is back", lambda: "partition " in first.text(), limit_s=60)
        # The group gives partitions to the third: of the two who give them back one dies at that.
        third = self.worker(c)
        self.assertTrue(was_killed(first), first.text())
        harness.wait_until("a third worker", lambda: "partition " in third.text(), limit_s=60)
        second.kill()
        self.assertEqual(third.stop(limit_s=12), 0, third.text())
        last = self.worker()
        self.end(feed)
        self.drain([last])
        self.check(self.config)

    def test_a_worker_that_was_stopped_past_its_session_publishes_nothing_more(self):
        b = self.configure("b")
        feed = self.feed(rate=900)
        frozen = self.worker()
        self.wait_for_outputs(1_000, frozen)
        os.kill(frozen.process.pid, signal.SIGSTOP)
        other = self.worker(b)
        harness.wait_until("the others take over", lambda: "partition " in other.text(), limit_s=60)
        self.wait_for_outputs(self.ends(False) + 1_000, other)
        os.kill(frozen.process.pid, signal.SIGCONT)
        harness.wait_until("it notices", lambda: "starting over" in frozen.text(), limit_s=60)
        self.assertEqual(frozen.stop(limit_s=12), 0, frozen.text())
        self.end(feed)
        self.drain([other])
        self.check(b)


if __name__ == "__main__":
    unittest.main(verbosity=2)
