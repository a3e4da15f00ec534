"""A worker killed with -9 and started again on its state directory, long before its session ends."""

import unittest

import harness

# The group would wait so long for a member that is gone; a static member need not.
SESSION_MS = 60_000
BACK_S = 30
IMPRESSIONS = 2_000


class RestartTest(harness.BrokerTestCase):
    CONFIG = {"session_ms": SESSION_MS}

    def log(self, name, begin):
        return harness.write_impressions(self.dir / name, begin, IMPRESSIONS, users=17)

    def test_a_killed_worker_has_its_partitions_back_before_its_session_ends(self):
        first = self.log("first.jsonl", 0)
        second = self.log("second.jsonl", IMPRESSIONS)
        self.produce(first)
        killed = self.worker("killed.log")
        harness.wait_until("the first scores", lambda: len(self.outputs()) == IMPRESSIONS)
        killed.kill()

        self.produce(second)
        again = self.worker("again.log")
        harness.wait_until("the scores after the restart",
                           lambda: len(self.outputs()) == 2 * IMPRESSIONS, limit_s=BACK_S)
        self.assertEqual(again.stop(), 0, again.text())

        self.assert_published_once(self.outputs(), self.replayed(first, second))


if __name__ == "__main__":
    unittest.main(verbosity=2)
