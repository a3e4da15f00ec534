"""The reference log under exactly once: a worker is killed again and again, and outputs are a replay's.

FRESHET_KILLS sets how many kills there are, FRESHET_SEED repeats a run. Skips, saying so, where the log is not there.
"""

import os
import unittest

import harness
from exactly_once_world import ExactlyOnceTestCase

KILLS = int(os.environ.get("FRESHET_KILLS", 8))
EVENTS = 185_177


class RealLog(ExactlyOnceTestCase):
    CANDIDATES = "{source: event}"
    CONFIG = "commit: {interval_ms: 1000}"  # most of the time a transaction is open

    @classmethod
    def setUpClass(cls):
        cls.reference = harness.reference_data("kuairand_impressions.jsonl.gz")
        super().setUpClass()

    @classmethod
    def make_input(cls):
        items, model = cls.shared / "items.txt", cls.shared / "model"
        items.write_text("".join(f"{item}\n" for item in harness.item_ids(cls.reference)))
        harness.freshet("model", "init", "--items", items, "--dim", 32, "--seed", 7, "--context", "tab",
                        "--output", model)
        return cls.reference, model

    def test_a_worker_killed_again_and_again_loses_and_repeats_nothing_of_the_real_log(self):
        feed = self.feed(rate=EVENTS / (8 * KILLS + 10))
        self.kill_workers(KILLS)
        self.finish(feed)
        self.drain([self.worker()])
        self.check(self.config)


if __name__ == "__main__":
    unittest.main(verbosity=2)
