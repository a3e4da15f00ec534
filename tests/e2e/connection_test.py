"""Brokers and topics that are not as a worker needs them: message and exit code of each.

Security has its own test (security_test.py).
"""

import json
import pathlib
import socket
import tempfile
import unittest

import harness

PARTITIONS = 2


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class ConnectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.kafka = cls.dir / "kafka"
        cls.addClassCleanup(harness.stop_broker, cls.kafka)
        cls.bootstrap = harness.start_broker(cls.kafka)
        harness.freshet("model", "init", "--item-count", 9, "--dim", 4, "--output", cls.dir / "model")
        cls.count = 0

    def setUp(self):
        ConnectionTest.count += 1
        self.name = f"app{self.count}"
        self.config = self.write_config(self.bootstrap)

    def write_config(self, bootstrap, name=None, extra=""):
        name = name or self.name
        path = self.dir / f"{name}.yaml"
        path.write_text(f"application_id: {self.name}\n"
                        f"kafka: {{bootstrap: '{bootstrap}', input: {self.name}-clicks, "
                        f"output: {self.name}-scores, dead_letter: {self.name}-dead, "
                        "client: {session.timeout.ms: 6000}}\n"
                        f"examples: {{topic: {self.name}-rows}}\n"
                        f"model: {{path: {self.dir / 'model'}}}\nstate: {{path: {self.dir / self.name}}}\n"
                        f"http: {{listen: off}}\n{extra}\n")
        return path

    def create_topics(self, partitions=PARTITIONS):
        harness.freshet("create-topics", "-c", self.config, "--partitions", partitions)

    def set_topic(self, topic, *settings):
        harness.kafka_tool(self.kafka, "configs", "--alter", "--entity-type", "topics",
                           "--entity-name", topic, "--add-config", ",".join(settings))

    def check(self, code, config=None, *more):
        done = harness.freshet("check", "-c", config or self.config, "--connect", "--json", *more,
                               check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)["findings"]

    def assert_found(self, findings, level, *words):
        texts = [f"{f['where']}: {f['message']}; {f['remedy']}" for f in findings
                 if f["level"] == level]
        self.assertTrue(any(all(word in text for word in words) for text in texts),
                        f"no {level} with {words} in {findings}")

    def run_to_its_end(self, code, *words):
        worker = harness.Worker(self.config, self.dir / f"{self.name}.log")
        self.addCleanup(worker.process.kill)
        self.assertEqual(worker.process.wait(timeout=60), code, worker.text())
        for word in words:
            self.assertIn(word, worker.text())

    def test_topics_that_are_missing_are_all_named_with_the_remedy(self):
        findings = self.check(78)
        for topic in ("clicks", "scores", "dead", "rows"):
            self.assert_found(findings, "error", f"topic {self.name}-{topic}", "create-topics")
        self.run_to_its_end(78, f"topic {self.name}-clicks", "create-topics")

    def test_a_start_without_the_topic_of_examples_is_refused_by_name(self):
        self.create_topics()
        self.config.write_text(self.config.read_text().replace("-rows", "-other"))
        self.run_to_its_end(78, f"topic {self.name}-other", "create-topics")

    def test_topics_that_are_in_order_leave_nothing_but_advice(self):
        self.create_topics()
        findings = self.check(0)
        self.assertEqual({f["level"] for f in findings}, {"ok", "advice"})
        self.assert_found(findings, "advice", "message.timestamp.type", "LogAppendTime")
        self.set_topic(f"{self.name}-clicks", "message.timestamp.type=LogAppendTime")
        self.assertEqual({f["level"] for f in self.check(0)}, {"ok"})

    def test_a_check_leaves_no_record_no_member_and_no_position(self):
        self.create_topics()
        self.check(0)
        for topic in ("clicks", "scores", "dead", "rows"):
            self.assertEqual(harness.read_topic(self.config, f"{self.name}-{topic}",
                                                self.dir / "check.dump"), [])
        self.assert_found(self.check(0), "ok", f"group {self.name}", "0 members")

    def test_an_input_that_is_compacted_is_refused(self):
        self.create_topics()
        self.set_topic(f"{self.name}-clicks", "cleanup.policy=compact")
        self.assert_found(self.check(78), "error", f"topic {self.name}-clicks", "compacted",
                          "cleanup.policy=delete")
        self.run_to_its_end(78, f"topic {self.name}-clicks", "compacted", "cleanup.policy=delete")

    def test_settings_that_would_stop_a_worker_later_are_told_before(self):
        self.create_topics()
        self.set_topic(f"{self.name}-dead", "max.message.bytes=1000")
        self.set_topic(f"{self.name}-clicks", "retention.ms=1000", "retention.bytes=1000000")
        findings = self.check(0)
        self.assert_found(findings, "warning", f"topic {self.name}-dead", "raise max.message.bytes")
        self.assert_found(findings, "advice", f"topic {self.name}-clicks", "retention.ms is 1000")
        self.assert_found(findings, "advice", f"topic {self.name}-clicks", "retention.bytes")

    def test_a_partition_count_that_changed_is_refused(self):
        self.create_topics()
        worker = harness.Worker(self.config, self.dir / "first.log")
        self.addCleanup(worker.process.kill)
        log = self.dir / "one.jsonl"
        log.write_text('{"user_id":"u","item_id":"1","ts":1602633600000,"type":"click"}\n')
        harness.freshet("produce", "-c", self.config, "--input", log)
        harness.wait_until("a score", lambda: len(harness.read_topic(
            self.config, f"{self.name}-scores", self.dir / "scores.dump")) == 1)
        self.assertEqual(worker.stop(), 0, worker.text())
        self.assert_found(self.check(0), "ok", "state ", "fits")

        harness.add_partitions(self.bootstrap, f"{self.name}-clicks", PARTITIONS + 1)
        words = (f"made of {PARTITIONS} partitions", f"has {PARTITIONS + 1} now", "move the state")
        self.assert_found(self.check(78), "error", "state ", *words)
        self.run_to_its_end(78, f"it has {PARTITIONS} partitions", f"has {PARTITIONS + 1}",
                            "another application_id")

    def test_each_address_has_its_own_reason(self):
        self.create_topics()
        refused = f"127.0.0.1:{closed_port()}"
        unknown = "no-such-host.invalid:9092"
        some = self.write_config(f"{refused}, {unknown},{self.bootstrap}", "some")
        findings = self.check(0, some)
        self.assert_found(findings, "warning", f"kafka.bootstrap {refused}", "nobody listens")
        self.assert_found(findings, "warning", f"kafka.bootstrap {unknown}", "does not resolve")
        self.assert_found(findings, "ok", f"kafka.bootstrap {self.bootstrap}", "answers")
        none = self.write_config(f"{refused},{unknown}", "none")
        findings = self.check(78, none)
        self.assert_found(findings, "error", f"kafka.bootstrap {refused}", "check the port")
        self.assert_found(findings, "error", f"kafka.bootstrap {unknown}", "DNS")

    def test_a_broker_that_answers_nothing_is_named_in_time(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            config = self.write_config(address, "silent")
            self.assert_found(self.check(78, config, "--timeout-s", "2"), "error",
                              f"kafka.bootstrap {address}", "no answer in time")

    def test_the_problems_of_file_model_and_cluster_are_told_at_once(self):
        self.config.write_text("thread: 3\n" + self.config.read_text())
        self.assert_found(self.check(78), "error", ":1:1", "thread")
        self.config.write_text(self.config.read_text().replace("thread: 3", "http: {port: 3}", 1)
                               .replace("http: {listen: off}\n", "")
                               .replace(str(self.dir / "model"), "nowhere"))
        findings = self.check(78)
        self.assert_found(findings, "error", ":1:", "http.port")
        self.assert_found(findings, "error", "nowhere")
        self.assert_found(findings, "error", f"topic {self.name}-clicks")

    def test_a_worker_that_starts_before_its_broker_waits_for_it(self):
        own = self.dir / "late-kafka"
        self.addCleanup(harness.stop_broker, own)
        bootstrap = harness.start_broker(own)
        self.config = self.write_config(bootstrap)
        self.create_topics()
        harness.stop_broker(own)
        worker = harness.Worker(self.config, self.dir / "early.log")
        self.addCleanup(worker.process.kill)
        harness.wait_until("it says what it waits for",
                           lambda: "check kafka.bootstrap and that the brokers run" in worker.text())
        self.assertIsNone(worker.process.poll(), worker.text())
        harness.start_broker(own)
        harness.wait_until("its partitions", lambda: "first start" in worker.text())
        self.assertEqual(worker.stop(), 0, worker.text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
