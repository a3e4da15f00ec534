"""kill -9 at named places and at random times: committed outputs are an uninterrupted replay's. Delivered at least once,
they may be repeated.

FRESHET_KILLS sets how many random kills there are, FRESHET_SEED repeats a run.
"""

import os
import shutil
import signal
import time
import unittest

import harness
from exactly_once_world import ExactlyOnceTestCase, was_killed

KILLS = int(os.environ.get("FRESHET_KILLS", 30))
# place -> passes before the process dies, and the longest delay after that, in us. What is read again is what the death
# before left unsaved, so in_reread does not follow in_flush, whose worker saves all with each commit.
PLACES = {"after_poll": (20, 0), "after_send": (700, 0), "in_rebalance": (1, 0), "before_offsets": (12, 0),
          "in_commit": (12, 4_000), "before_batch": (12, 0), "in_batch": (12, 300),
          "in_reread": (5, 0), "in_flush": (1, 2_000), "in_restore": (1, 0)}


class NamedPlaces(ExactlyOnceTestCase):
    EVENTS = 60_000
    TYPES = ("click",)  # each changes its user

    def test_a_worker_killed_at_each_named_place_loses_and_repeats_nothing(self):
        feed = self.feed(rate=500)  # it must outlast the deaths, on a slow machine too
        for place, (passes, delay_us) in PLACES.items():
            with self.subTest(place):
                if place == "in_restore":
                    self.forget_state()
                # The store soon has a table to write where every commit saves all that has changed.
                options = ("--set", "checkpoint.interval_ms=1") if place == "in_flush" else ()
                worker = self.worker(crash_at=f"{place}:{self.random.randint(1, passes)}:"
                                              f"{self.random.randint(0, delay_us)}", options=options)
                if place == "in_rebalance":
                    self.wait_for_outputs(self.ends(False) + 100, worker)
                    worker.process.send_signal(signal.SIGTERM)
                self.assertTrue(was_killed(worker), worker.text())
        self.finish(feed)
        self.drain([self.worker()])
        self.check(self.config)

    def forget_state(self):
        """All but the worker's identity: its partitions come back at once, their state does not."""
        for path in (self.dir / "a").iterdir():
            if path.name != "instance":
                shutil.rmtree(path) if path.is_dir() else path.unlink()


class AtLeastOnce(ExactlyOnceTestCase):
    EVENTS = 30_000
    TYPES = ("click",)
    DELIVERY = "at_least_once"
    PLACES = ("after_send", "before_offsets", "in_commit", "before_batch", "in_batch")
    KILLS = 3

    def test_a_worker_killed_while_a_transaction_goes_on_beside_it_loses_nothing(self):
        feed = self.feed(rate=400)  # as above
        for place in self.PLACES:
            with self.subTest(place):
                passes, delay_us = PLACES[place]
                worker = self.worker(crash_at=f"{place}:{self.random.randint(1, passes)}:"
                                              f"{self.random.randint(0, delay_us)}")
                self.assertTrue(was_killed(worker), worker.text())
        for _ in range(self.KILLS):
            worker = self.worker()
            self.wait_for_outputs(self.ends(False) + 50, worker)
            time.sleep(self.random.uniform(0, 0.2))  # the moment of the kill is the fault
            worker.kill()
        self.finish(feed)
        self.drain([self.worker()])
        self.check(self.config)


class RandomTimes(ExactlyOnceTestCase):
    EVENTS = 200_000
    SHADOW = True
    CONFIG = "commit: {interval_ms: 1000}"  # most of the time a transaction is open

    def test_a_worker_killed_again_and_again_under_load_loses_and_repeats_nothing(self):
        feed = self.feed(rate=self.EVENTS / (8 * KILLS + 10))
        self.assertGreaterEqual(self.kill_workers(KILLS), 0.8 * KILLS)
        self.finish(feed)
        self.drain([self.worker()])
        self.check(self.config)


if __name__ == "__main__":
    unittest.main(verbosity=2)
