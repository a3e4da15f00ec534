"""The rights that transactions and the changelog need, on a real broker: each is needed, and named
where it is missing."""

import json
import pathlib
import tempfile
import unittest

import harness
from secure_broker import SecureBroker

PASSWORD = "s3cret-of-the-worker"
EVENTS = 200
CHANGELOG = "exact-sequences-changelog"
IDS = ("--transactional-id", "exact-", "--resource-pattern-type", "prefixed")
# What docs/security.md lists for a worker with exactly-once delivery and a changelog.
RIGHTS = (("READ", "--topic", "clicks"), ("WRITE", "--topic", "scores"),
          ("WRITE", "--topic", "clicks-dead-letter"), ("READ", "--group", "exact"),
          ("READ", "--topic", CHANGELOG), ("WRITE", "--topic", CHANGELOG),
          ("CREATE", "--topic", CHANGELOG), ("WRITE", *IDS))


class SecurityTransactionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.broker = SecureBroker(cls.dir / "kafka")
        cls.addClassCleanup(cls.broker.stop)
        harness.freshet("model", "init", "--item-count", 9, "--dim", 4, "--output", cls.dir / "model")
        cls.broker.add_user("worker", PASSWORD)
        cls.broker.add_user("operator", PASSWORD)
        cls.broker.grant("User:operator", "ALL", "--topic", "*")
        for right in RIGHTS:
            cls.broker.grant("User:worker", *right)
        cls.operator = cls.config("operator", "off", "at_least_once")
        cls.worker = cls.config("worker", "on", "exactly_once")
        harness.freshet("create-topics", "-c", cls.operator, "--partitions", 2)
        cls.log = cls.dir / "log.jsonl"
        cls.log.write_text("".join(
            json.dumps({"user_id": f"u{i % 7}", "item_id": str(i % 9), "type": "click",
                        "ts": 1_602_633_600_000 + i}) + "\n" for i in range(EVENTS)))
        cls.produce()

    @classmethod
    def produce(cls):
        harness.freshet("produce", "-c", cls.operator, "--input", cls.log)

    @classmethod
    def config(cls, name, changelog, delivery):
        path = cls.dir / f"{name}.yaml"
        options = json.dumps({"session.timeout.ms": "6000",  # JSON is YAML
                              **cls.broker.login(name, PASSWORD)})
        path.write_text("application_id: exact\n"
                        f"kafka: {{bootstrap: '{cls.broker.sasl_ssl}', client: {options}}}\n"
                        f"changelog: {changelog}\ndelivery: {delivery}\n"
                        f"model: {{path: {cls.dir / 'model'}}}\nstate: {{path: {cls.dir / name}}}\n"
                        "http: {listen: off}\n")
        return path

    def check(self, code):
        done = harness.freshet("check", "-c", self.worker, "--connect", "--json", "--timeout-s", 10,
                               check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return [f"{f['level']} {f['where']}: {f['message']}; {f['remedy']}"
                for f in json.loads(done.stdout)["findings"]]

    def assert_found(self, findings, *words):
        self.assertTrue(any(all(word in line for word in words) for line in findings),
                        f"no {words} in {findings}")

    def run_to_its_end(self, *words):
        worker = harness.Worker(self.worker, self.dir / "ended.log")
        self.addCleanup(worker.process.kill)
        self.assertEqual(worker.process.wait(timeout=60), 78, worker.text())
        for word in words:
            self.assertIn(word, worker.text())

    def test_1_a_missing_changelog_that_may_not_be_made_is_named(self):
        self.assert_found(self.check(0), "ok", CHANGELOG, "the first worker creates it, which it may")
        self.broker.revoke("User:worker", "CREATE", "--topic", CHANGELOG)
        self.assert_found(self.check(78), "error", CHANGELOG, "Create")
        self.run_to_its_end(CHANGELOG, "freshet create-topics", "grant the worker's principal Create")
        self.broker.grant("User:worker", "CREATE", "--topic", CHANGELOG)

    def test_2_the_fewest_rights_suffice(self):
        worker = harness.Worker(self.worker, self.dir / "worker.log")
        self.addCleanup(worker.process.kill)
        outputs = lambda: harness.freshet("dump", "-c", self.operator, "--topic", "scores",
                                          "--output", "-").stdout.splitlines()[1:]
        harness.wait_until("all scores", lambda: len(outputs()) >= EVENTS)
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assertIn(f"topic {CHANGELOG}: created with 2 partitions", worker.text())
        # Made once, the topic needs no right to be made.
        self.broker.revoke("User:worker", "CREATE", "--topic", CHANGELOG)
        findings = self.check(0)
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
                self.assert_found(self.check(78), "error", named,
                                  f"the right {operation.title()} is missing")
                self.produce()  # that there is something to commit
                self.run_to_its_end("grant the worker's principal")
                self.broker.grant("User:worker", operation, kind, resource, *pattern)
        self.check(0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
