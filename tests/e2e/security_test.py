"""TLS, logins and rights on a real broker: what works, and what is said where it does not."""

import os
import signal
import time
import unittest

import harness
from secure_broker import EVENTS, PASSWORD, SecureBrokerTestCase
from slow_listener import SlowListener

WRONG_PASSWORD = "s3cret-that-is-wrong"
# The rights that docs/security.md lists for a worker; DescribeConfigs beside them is wished for.
RIGHTS = (("READ", "--topic", "clicks"), ("WRITE", "--topic", "scores"),
          ("WRITE", "--topic", "clicks-dead-letter"), ("READ", "--group", "secure"))
LEAVE_MAX_S = 12


class SecurityTest(SecureBrokerTestCase):
    APPLICATION = "secure"
    RIGHTS = RIGHTS

    def assert_keeps_secrets(self, text):
        super().assert_keeps_secrets(text)
        self.assertNotIn(WRONG_PASSWORD, text)

    def test_every_command_works_over_tls_with_a_login_and_the_fewest_rights(self):
        self.produce()
        findings = self.check(self.worker, 0)
        for topic in ("clicks", "scores", "clicks-dead-letter"):
            self.assert_found(findings, "warning", f"topic {topic}", "grant DescribeConfigs")
        worker = harness.Worker(self.worker, self.dir / "worker.log")
        self.addCleanup(worker.process.kill)
        harness.wait_until("all scores", lambda: len(self.outputs()) >= EVENTS)
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assertIn("until then a record that is larger", worker.text())
        self.assert_keeps_secrets(worker.text())

        for topic in ("clicks", "scores", "clicks-dead-letter"):
            self.broker.grant("User:worker", "DescribeConfigs", "--topic", topic)
        findings = self.check(self.worker, 0)
        self.assertFalse([f for f in findings if f["level"] == "warning"], findings)
        self.assert_found(findings, "advice", "LogAppendTime")
        for topic in ("clicks", "scores", "clicks-dead-letter"):
            self.broker.revoke("User:worker", "DescribeConfigs", "--topic", topic)

    def test_each_right_is_needed_and_named_where_it_is_missing(self):
        names = {"READ": "Read", "WRITE": "Write"}
        for operation, kind, resource in RIGHTS:
            with self.subTest(right=f"{operation} {kind} {resource}"):
                self.broker.revoke("User:worker", operation, kind, resource)
                where = f"{kind.removeprefix('--')} {resource}"
                # Who may neither read nor write a topic may not describe it either.
                right = names[operation] if kind == "--group" else "Describe"
                self.assert_found(self.check(self.worker, 78), "error", where, right)
                self.run_to_its_end(self.worker, 78, resource, "AUTHORIZATION_FAILED",
                                    "grant the worker's principal")
                if kind == "--topic":
                    self.broker.grant("User:worker", "DESCRIBE", kind, resource)
                    self.assert_found(self.check(self.worker, 78), "error", where,
                                      f"the right {names[operation]} is missing")
                    self.broker.revoke("User:worker", "DESCRIBE", kind, resource)
                self.broker.grant("User:worker", operation, kind, resource)
        self.check(self.worker, 0)

    def test_what_is_refused_is_named_with_its_remedy(self):
        login = self.broker.login
        tls, plain = self.broker.sasl_ssl, self.broker.plain
        port = tls.split(":")[1]
        no_login = {"security.protocol": "sasl_plaintext", "sasl.mechanisms": "SCRAM-SHA-512",
                    "sasl.username": "worker", "sasl.password": PASSWORD}
        no_certificate = {"security.protocol": "ssl",
                          "ssl.ca.location": str(self.broker.tls / "ca.pem")}
        # name, address, options, exit code of a command that only reads, words of the check
        cases = (
            ("wrong password", tls, login("worker", WRONG_PASSWORD), 78, "sasl.password"),
            ("unknown user", tls, login("nobody", PASSWORD), 78, "sasl.username"),
            ("other authority", tls, login("worker", PASSWORD, "other-ca.pem"), 78, "ssl.ca.location"),
            ("expired", self.broker.expired, login("worker", PASSWORD), 78, "expired"),
            ("wrong name", f"localhost:{port}",
             {**login("worker", PASSWORD), "broker.address.family": "v4"}, 78, "must hold the address"),
            ("TLS on plaintext", plain, login("worker", PASSWORD), 78, "does not speak TLS"),
            ("login on plaintext", plain, no_login, 78, "asks for no login"),
            ("plaintext on TLS", tls, {}, 1, "does not speak plaintext"),
            ("no certificate", self.broker.ssl, no_certificate, 1, "ssl.certificate.location"),
        )
        for name, address, client, code, words in cases:
            with self.subTest(case=name):
                config = self.config("refused", address, client)
                self.assert_found(self.check(config, 78), "error", f"kafka.bootstrap {address}", words)
                begin = time.monotonic()
                done = harness.freshet("dump", "-c", config, "--output", "-", check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertLess(time.monotonic() - begin, 60)
                self.assert_keeps_secrets(done.stderr)

    def test_a_refusal_that_takes_longer_than_the_question_is_named_too(self):
        slow = SlowListener(self.broker.sasl_ssl, delay_s=6)  # a question waits for 5 s
        self.addCleanup(slow.close)
        config = self.config("slow", slow.address, self.broker.login("worker", PASSWORD, "other-ca.pem"))
        done = harness.freshet("dump", "-c", config, "--output", "-", check=False)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn("certificate verify failed", done.stderr)

    def test_a_worker_with_a_refused_login_or_certificate_ends_before_it_joins(self):
        for name, client in (("password", self.broker.login("worker", WRONG_PASSWORD)),
                             ("authority", self.broker.login("worker", PASSWORD, "other-ca.pem"))):
            with self.subTest(case=name):
                config = self.config("refused", self.broker.sasl_ssl, client)
                self.run_to_its_end(config, 78, "check the security options under kafka.client")

    def test_mutual_tls_names_the_client_by_its_certificate(self):
        config = self.config("mutual", self.broker.ssl, self.broker.certificate())
        self.assert_found(self.check(config, 78), "error", "topic clicks", "Describe")
        for right in RIGHTS:
            self.broker.grant("User:CN=worker", *right)
        self.check(config, 0)

    def test_a_worker_under_tls_outlives_a_broker_that_was_stopped(self):
        worker = harness.Worker(self.worker, self.dir / "outage.log")
        self.addCleanup(worker.process.kill)
        harness.wait_until("assigned", lambda: "partition 1: " in worker.text())
        before = len(self.outputs())
        self.broker.stop()
        harness.wait_until("the outage is noticed", lambda: "Connection refused" in worker.text())
        self.broker.start()
        self.produce()
        harness.wait_until("all scores", lambda: len(self.outputs()) >= before + EVENTS)
        self.assertEqual(worker.stop(), 0, worker.text())

    def test_a_worker_whose_broker_froze_under_tls_leaves_in_time(self):
        pid = int((self.broker.dir / "broker.pid").read_text())
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        config = self.config("worker", self.broker.sasl_ssl, self.broker.login("worker", PASSWORD))
        worker = harness.Worker(config, self.dir / "frozen.log")
        self.addCleanup(worker.process.kill)
        harness.wait_until("assigned", lambda: "partition 1: " in worker.text())
        os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        worker.stop(limit_s=60)
        self.assertLess(time.monotonic() - begin, LEAVE_MAX_S, worker.text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
