"""A broker, a generated log, workers that die, and the oracle of exactly once.

The oracle: every source offset of the input has one output or one dead letter among what is
committed, with the bytes of an uninterrupted `replay` of the topic's dump; within each output
partition a source partition's offsets ascend; each list that was read meanwhile is a prefix of the
last one; the state's digests are the replay's.
"""

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import unittest

import harness

PARTITIONS = 4
TOPICS = ("scores", "clicks-dead-letter")


class ExactlyOnceTestCase(unittest.TestCase):
    EVENTS = 20_000
    TYPES = ("impression", "click")
    CONFIG = ""

    def setUp(self):
        self.seed = int(os.environ.get("FRESHET_SEED", random.randrange(2**32)))
        print(f"{self.id()}: FRESHET_SEED={self.seed}", flush=True)
        self.random = random.Random(self.seed)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.addCleanup(harness.stop_broker, self.dir / "kafka")
        self.bootstrap = harness.start_broker(self.dir / "kafka")
        self.log = self.dir / "log.jsonl"
        harness.freshet("generate", "--output", self.log, "--events", self.EVENTS, "--users", 500,
                        "--late", 0.05, "--duplicates", 0.02, "--bad", 0.005, "--seed", self.seed,
                        "--model", self.dir / "model", "--types", ",".join(self.TYPES))
        self.config = self.configure("a")
        harness.freshet("create-topics", "-c", self.config, "--partitions", PARTITIONS)
        self.observed = {topic: [] for topic in TOPICS}
        self.workers = 0

    def configure(self, name):
        """The configuration of a worker with a state folder of that name."""
        path = self.dir / f"{name}.yaml"
        path.write_text(f"""
application_id: eo
kafka:
  bootstrap: {self.bootstrap}
  client: {{session.timeout.ms: 6000, heartbeat.interval.ms: 500}}
events: {{context: [tab]}}
behaviours: [{{name: click, types: [click], length_max: 50, age_max: 7d}}]
candidates: {{source: catalogue, publish: 3}}
model: {{path: {self.dir / "model"}}}
state: {{path: {self.dir / name}, memory_budget_mb: 16}}
checkpoint: {{interval_ms: 1000}}
delivery: exactly_once
changelog: on
http: {{listen: off}}
{self.CONFIG}
""")
        return path

    def feed(self, rate):
        """Produces the log in the background."""
        feed = subprocess.Popen([harness.BINARY, "produce", "-c", str(self.config), "--input",
                                 str(self.log), "--rate", str(rate)], stderr=subprocess.DEVNULL)
        self.addCleanup(feed.kill)
        return feed

    def worker(self, config=None, crash_at=None, options=()):
        self.workers += 1
        worker = harness.Worker(config or self.config, self.dir / f"worker-{self.workers}.log", *options,
                                environment={"FRESHET_CRASH_AT": crash_at} if crash_at else None)
        self.addCleanup(worker.process.kill)
        return worker

    def ends(self, committed):
        """How many offsets the outputs have, or of them those that are decided."""
        return sum(sum(harness.end_offsets(self.bootstrap, topic, PARTITIONS, committed))
                   for topic in TOPICS)

    def has_open_transaction(self):
        return self.ends(True) < self.ends(False)

    def wait_for_outputs(self, more_than, worker):
        """Until the outputs' logs have grown past `more_than`; the worker must live meanwhile."""
        def grown():
            self.assertIsNone(worker.process.poll(), worker.text())
            return self.ends(False) > more_than
        harness.wait_until("outputs", grown, limit_s=60, every_s=0.005)

    def observe(self):
        """What a reader of committed records sees now; the oracle holds it against the end."""
        for topic in TOPICS:
            self.observed[topic].append(self.read(topic))

    def read(self, topic):
        """[partition] -> its committed records, in order, as dump lines without their offset."""
        path = self.dir / f"{topic}.dump"
        harness.freshet("dump", "-c", self.config, "--topic", topic, "--output", path)
        records = [[] for _ in range(PARTITIONS)]
        with open(path) as lines:
            next(lines)
            for line in lines:
                record = json.loads(line)
                records[record["partition"]].append(record)
        return records

    def drain(self, feed, workers):
        """Waits for the feed, then until the workers have committed everything, and stops them."""
        self.assertEqual(feed.wait(timeout=300), 0)
        harness.freshet("dump", "-c", self.config, "--output", self.dir / "input.dump")
        with open(self.dir / "input.dump") as lines:
            inputs = sum(1 for _ in lines) - 1

        def all_there():
            for worker in workers:
                self.assertIsNone(worker.process.poll(), worker.text())
            return sum(len(p) for topic in TOPICS for p in self.read(topic)) >= inputs
        harness.wait_until("an output for every input", all_there, limit_s=120, every_s=1)
        for worker in workers:
            self.assertEqual(worker.stop(limit_s=12), 0, worker.text())

    def check(self, *configs):
        """The oracle, above. `configs` name the states that are left, each with its partitions."""
        replay = harness.freshet(
            "replay", "-c", self.config, "--input", self.dir / "input.dump", "--output",
            self.dir / "replayed.jsonl", "--dead-letters", self.dir / "replayed.dead", "--state",
            self.dir / "replayed-state")
        expected = {}
        for line in (self.dir / "replayed.jsonl").read_text().splitlines():
            source = json.loads(line)["source"]
            expected[source["partition"], source["offset"]] = line
        for line in (self.dir / "replayed.dead").read_text().splitlines():
            letter = json.loads(line)
            expected[letter["partition"], letter["offset"]] = plain(letter)

        found = collections.defaultdict(list)
        for topic in TOPICS:
            last = self.read(topic)
            for earlier in self.observed[topic]:
                for before, after in zip(earlier, last):
                    self.assertEqual(before, after[:len(before)], f"a reader saw another {topic}")
            for records in last:
                ascending = collections.defaultdict(lambda: -1)
                for record in records:
                    (partition, offset), output = source_of(topic, record)
                    self.assertGreater(offset, ascending[partition], f"{topic} out of order")
                    ascending[partition] = offset
                    found[partition, offset].append(output)
        repeated = [source for source, outputs in found.items() if len(outputs) > 1]
        self.assertEqual(repeated, [], f"published twice; seed {self.seed}")
        self.assertEqual(found.keys(), expected.keys(), f"seed {self.seed}")
        for source, outputs in found.items():
            self.assertEqual(outputs[0], expected[source], f"{source}, seed {self.seed}")

        digests = {}
        for config in configs:
            verified = harness.freshet("state", "verify", "-c", config)
            digests.update(harness.state_digests(verified.stdout))
        self.assertEqual(digests, harness.state_digests(replay.stderr), f"seed {self.seed}")


def source_of(topic, record):
    """(source partition, offset) of an output record, and what the oracle compares of it."""
    if topic == "scores":
        source = json.loads(record["value"])["source"]
        return (source["partition"], source["offset"]), record["value"]
    letter = {h["name"].removeprefix("freshet."): h["value"] for h in record["headers"]
              if h["name"].startswith("freshet.")}
    letter |= {k: v for k, v in record.items() if k.startswith(("key", "value"))}
    return (int(letter["partition"]), int(letter["offset"])), plain(letter)


def plain(letter):
    """A dead letter with its fields as texts, those that are missing left out."""
    return {name: str(value) for name, value in letter.items() if value is not None}


def was_killed(worker):
    """Whether the worker died at its place; one that never came there ends here, too."""
    try:
        return worker.process.wait(timeout=60) == -signal.SIGKILL
    except subprocess.TimeoutExpired:
        worker.kill()
        return False
