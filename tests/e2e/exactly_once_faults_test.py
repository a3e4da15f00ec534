"""Exactly once while brokers die, transactions time out, commits lose their answers and workers are stopped.

FRESHET_SEED repeats a run.
"""

import os
import signal
import time
import unittest

import harness
from exactly_once_world import ExactlyOnceTestCase
from kafka_proxy import REPLY, REQUEST, SILENCE, KafkaProxy

STOP_MAX_S = 10  # what a stop may take: docs/architecture.md


class Faults(ExactlyOnceTestCase):
    EVENTS = 100_000  # the feed ends with the faults
    # A transaction that is not decided in 6 s is aborted; the session outlasts it.
    CLIENT = ("{session.timeout.ms: 20000, heartbeat.interval.ms: 500, transaction.timeout.ms: 6000, "
              "reconnect.backoff.max.ms: 500}")
    CONFIG = "commit: {interval_ms: 300}"

    @classmethod
    def setUpClass(cls):
        cls.proxy = KafkaProxy()
        cls.addClassCleanup(cls.proxy.close)
        cls.BROKER = ("--proxied", str(cls.proxy.port))
        super().setUpClass()
        cls.proxy.forward_to(cls.listeners["proxied"])

    def wait_for_open_transaction(self):
        harness.wait_until("an open transaction", self.has_open_transaction, every_s=0.002)

    def go_on(self, worker):
        """Until more is committed."""
        self.wait_for_outputs(self.ends(True) + 200, worker, committed=True)

    def test_a_broker_that_is_killed_and_comes_back_loses_and_repeats_nothing(self):
        feed = self.feed(rate=2_000)
        worker = self.worker()
        for _ in range(2):
            self.go_on(worker)
            self.wait_for_open_transaction()
            harness.kill_broker(self.kafka)
            harness.start_broker(self.kafka)
            harness.wait_until("the topics are there again", self.can_read)
        self.go_on(worker)
        self.end(feed)
        self.drain([worker])
        self.check(self.config)

    def can_read(self):
        try:
            return self.ends(True) > 0
        except (AssertionError, OSError):  # no leader yet
            return False

    def test_a_transaction_that_times_out_while_its_worker_is_paused_is_done_again(self):
        feed = self.feed(rate=2_000)
        worker = self.worker()
        self.go_on(worker)
        self.pause_in_a_transaction(worker)
        harness.wait_until("the brokers abort it", lambda: not self.has_open_transaction())
        os.kill(worker.process.pid, signal.SIGCONT)
        harness.wait_until("it notices", lambda: "starting over" in worker.text(), limit_s=60)
        self.go_on(worker)
        self.end(feed)
        self.drain([worker])
        self.check(self.config)

    def pause_in_a_transaction(self, worker):
        """Stops the worker where what it has sent stays undecided."""
        while True:
            self.wait_for_open_transaction()
            os.kill(worker.process.pid, signal.SIGSTOP)
            time.sleep(0.2)  # a commit that was on its way is over by then
            if self.has_open_transaction():
                return
            os.kill(worker.process.pid, signal.SIGCONT)

    def test_a_worker_that_is_stopped_under_load_ends_in_time_and_leaves_nothing_open(self):
        feed = self.feed(rate=2_000)
        longest_s = 0.0
        for i in range(4):
            worker = self.worker()
            if i > 0:  # else while it starts
                self.wait_for_outputs(self.ends(False) + 50, worker)
            time.sleep(self.random.uniform(0, 0.4))  # the moment of the stop is the fault
            begin = time.monotonic()
            self.assertEqual(worker.stop(limit_s=STOP_MAX_S), 0, worker.text())
            longest_s = max(longest_s, time.monotonic() - begin)
            # The brokers write a decided transaction's end a moment after their answer; one that was
            # left open stays so for transaction.timeout.ms.
            harness.wait_until("nothing is open", lambda: not self.has_open_transaction(), limit_s=4)
        print(f"the longest stop took {longest_s:.2f} s", flush=True)
        self.end(feed)
        self.drain([self.worker()])
        self.check(self.config)

    def test_commits_whose_request_or_answer_is_lost_happen_once(self):
        behind_proxy = self.configure("a", bootstrap=self.proxy.address)
        feed = self.feed(rate=2_000)
        worker = self.worker(behind_proxy)
        faults = [REQUEST, REPLY] * 4 + [SILENCE]
        self.random.shuffle(faults)
        for i, fault in enumerate(faults):
            self.go_on(worker)
            self.proxy.lose(fault)
            harness.wait_until(fault, lambda: len(self.proxy.lost) > i, limit_s=60, every_s=0.01)
        self.go_on(worker)
        self.end(feed)
        self.drain([worker])
        self.check(self.config)


if __name__ == "__main__":
    unittest.main(verbosity=2)
