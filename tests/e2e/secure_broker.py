"""A broker with TLS, logins and rights of the test's own; see scripts/kafka start --secure."""

import json
import pathlib
import tempfile
import unittest

import harness
import kafka_acls

PASSWORD = "s3cret-of-the-worker"
EVENTS = 200
AT_LEAST_ONCE = "delivery: at_least_once\nchangelog: off\n"
EXACTLY_ONCE = "delivery: exactly_once\nchangelog: on\n"


class SecureBroker:
    """Addresses by listener, certificates, users and rights. Ends with this process."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        said = self.start()
        self.plain, self.sasl_ssl, self.ssl = said["bootstrap"], said["sasl_ssl"], said["ssl"]
        self.expired, self.tls = said["expired"], pathlib.Path(said["tls"])

    def start(self):
        """What scripts/kafka says; a stopped broker comes back at its addresses with its data."""
        return harness.start_listeners(self.dir, "--secure")

    def stop(self):
        harness.stop_broker(self.dir)

    def add_user(self, user, password):
        harness.kafka_tool(self.dir, "configs", "--alter", "--entity-type", "users",
                           "--entity-name", user, "--add-config", f"SCRAM-SHA-512=[password={password}]")

    def grant(self, principal, operation, *resource):
        """`resource` as Kafka's tool has it: "--topic", "clicks"."""
        kafka_acls.grant(self.plain, principal, operation, *resource)

    def revoke(self, principal, operation, *resource):
        kafka_acls.revoke(self.plain, principal, operation, *resource)

    def login(self, user, password, ca="ca.pem"):
        """kafka.client options of a SCRAM user."""
        return {"security.protocol": "sasl_ssl", "sasl.mechanisms": "SCRAM-SHA-512",
                "sasl.username": user, "sasl.password": password,
                "ssl.ca.location": str(self.tls / ca)}

    def certificate(self):
        """kafka.client options of mutual TLS, as User:CN=worker."""
        return {"security.protocol": "ssl", "ssl.ca.location": str(self.tls / "ca.pem"),
                "ssl.certificate.location": str(self.tls / "client.pem"),
                "ssl.key.location": str(self.tls / "client.key")}


class SecureBrokerTestCase(unittest.TestCase):
    """A secure broker with topics, a log of clicks, an operator who may do all and a worker with RIGHTS."""

    APPLICATION = ""
    RIGHTS = ()  # (operation, *resource)
    DELIVERY = AT_LEAST_ONCE  # the worker's

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
        for right in cls.RIGHTS:
            cls.broker.grant("User:worker", *right)
        login, address = cls.broker.login, cls.broker.sasl_ssl
        cls.operator = cls.config("operator", address, login("operator", PASSWORD))
        cls.worker = cls.config("worker", address, login("worker", PASSWORD), cls.DELIVERY)
        harness.freshet("create-topics", "-c", cls.operator, "--partitions", 2)
        cls.log = cls.dir / "log.jsonl"
        cls.log.write_text("".join(
            json.dumps({"user_id": f"u{i % 7}", "item_id": str(i % 9), "type": "click",
                        "ts": 1_602_633_600_000 + i}) + "\n" for i in range(EVENTS)))

    @classmethod
    def config(cls, name, bootstrap, client, delivery=AT_LEAST_ONCE):
        path = cls.dir / f"{name}.yaml"
        options = json.dumps({"session.timeout.ms": "6000", **client})  # JSON is YAML
        path.write_text(f"application_id: {cls.APPLICATION}\n"
                        f"kafka: {{bootstrap: '{bootstrap}', client: {options}}}\n"
                        f"{delivery}"
                        f"model: {{path: {cls.dir / 'model'}}}\nstate: {{path: {cls.dir / name}}}\n"
                        "http: {listen: off}\n")
        return path

    def produce(self):
        harness.freshet("produce", "-c", self.operator, "--input", self.log)

    def outputs(self):
        return harness.read_topic(self.operator, "scores", self.dir / "scores.dump")

    def check(self, config, code):
        """The findings of `freshet check --connect`, which ends with `code`."""
        done = harness.freshet("check", "-c", config, "--connect", "--json", "--timeout-s", 10,
                               check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assert_keeps_secrets(done.stdout + done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["ok"], code == 0)
        return found["findings"]

    def assert_keeps_secrets(self, text):
        self.assertNotIn(PASSWORD, text)

    def assert_found(self, findings, level, *words):
        texts = [f"{f['where']}: {f['message']}; {f['remedy']}" for f in findings
                 if f["level"] == level]
        self.assertTrue(any(all(word in text for word in words) for text in texts),
                        f"no {level} with {words} in {findings}")

    def run_to_its_end(self, config, code, *words):
        worker = harness.Worker(config, self.dir / "ended.log")
        self.addCleanup(worker.process.kill)
        self.assertEqual(worker.process.wait(timeout=60), code, worker.text())
        for word in words:
            self.assertIn(word, worker.text())
        self.assert_keeps_secrets(worker.text())
