"""The rights that transactions and the changelog need, on a real broker: each is needed, and named
where it is missing."""

import unittest

import harness
from secure_broker import EVENTS, EXACTLY_ONCE, SecureBrokerTestCase

CHANGELOG = "exact-sequences-changelog"
IDS = ("--transactional-id", "exact-", "--resource-pattern-type", "prefixed")
# What docs/security.md lists for a worker with exactly-once delivery and a changelog.
RIGHTS = (("READ", "--topic", "clicks"), ("WRITE", "--topic", "scores"),
          ("WRITE", "--topic", "clicks-dead-letter"), ("READ", "--group", "exact"),
          ("READ", "--topic", CHANGELOG), ("WRITE", "--topic", CHANGELOG),
          ("CREATE", "--topic", CHANGELOG), ("WRITE", *IDS))


class SecurityTransactionsTest(SecureBrokerTestCase):
    APPLICATION = "exact"
    RIGHTS = RIGHTS
    DELIVERY = EXACTLY_ONCE

    def test_1_a_missing_changelog_that_may_not_be_made_is_named(self):
        self.assert_found(self.check(self.worker, 0), "ok", CHANGELOG,
                          "the first worker creates it, which it may")
        self.broker.revoke("User:worker", "CREATE", "--topic", CHANGELOG)
        self.assert_found(self.check(self.worker, 78), "error", CHANGELOG, "Create")
        self.run_to_its_end(self.worker, 78, CHANGELOG, "freshet create-topics",
                            "grant the worker's principal Create")
        self.broker.grant("User:worker", "CREATE", "--topic", CHANGELOG)

    def test_2_the_fewest_rights_suffice(self):
        self.produce()
        worker = harness.Worker(self.worker, self.dir / "worker.log")
        self.addCleanup(worker.process.kill)
        harness.wait_until("all scores", lambda: len(self.outputs()) >= EVENTS)
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assertIn(f"topic {CHANGELOG}: created with 2 partitions", worker.text())
        # Made once, the topic needs no right to be made.
        self.broker.revoke("User:worker", "CREATE", "--topic", CHANGELOG)
        findings = self.check(self.worker, 0)
        self.assert_found(findings, "ok", CHANGELOG, "the right Read is there")
        self.assert_found(findings, "ok", CHANGELOG, "the right Write is there")
        self.assert_found(findings, "ok", "transactional id exact-", "the right Write is there")

    def test_3_each_right_is_needed_and_named_where_it_is_missing(self):
        for operation, kind, resource, *pattern in RIGHTS[4:]:
            if operation == "CREATE":
                continue
            with self.subTest(right=f"{operation} {kind} {resource}"):
                self.broker.revoke("User:worker", operation, kind, resource, *pattern)
                named = "transactional id exact-" if kind == "--transactional-id" else CHANGELOG
                self.assert_found(self.check(self.worker, 78), "error", named,
                                  f"the right {operation.title()} is missing")
                self.produce()  # that there is something to commit
                self.run_to_its_end(self.worker, 78, "grant the worker's principal")
                self.broker.grant("User:worker", operation, kind, resource, *pattern)
        self.check(self.worker, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
