"""A broker, a generated log, workers that die, and the oracle of exactly once.

The oracle: every source offset of the input has one output or one dead letter among what is
committed, with the bytes of an uninterrupted `replay` of the topic's dump; within each output
partition a source partition's offsets ascend; each list that a reader saw meanwhile is a prefix of
the last one; the state's digests are the replay's. Where there is a shadow, its topic is held to the
same: one record for each offset that the replay's shadow has, with its bytes. So is a topic of examples,
by the rows of the replay's export; labels that are joined there are null, and what it leaves out as
repeated or late is there as well. Delivered at least once, outputs may be repeated, byte for byte, and the rest holds.
"""

import collections
import gzip
import itertools
import json
import operator
import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from committed_reader import CommittedReader

PARTITIONS = 4


class ExactlyOnceTestCase(unittest.TestCase):
    """One broker and one log for all tests of a class; each has topics and an application of its own."""

    EVENTS = 20_000
    TYPES = ("impression", "click")
    CANDIDATES = "{source: catalogue, publish: 3}"
    CLIENT = "{session.timeout.ms: 6000, heartbeat.interval.ms: 500}"
    CONFIG = ""
    DELIVERY = "exactly_once"  # at_least_once: outputs may be repeated, with equal bytes
    SHADOW = False  # whether a second model scores, for a topic of its own
    EXAMPLES = False  # whether training data is written
    BROKER = ()  # options of scripts/kafka start
    tests = 0

    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("FRESHET_SEED", random.randrange(2**32)))
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.shared = pathlib.Path(folder.name)
        cls.kafka = cls.shared / "kafka"
        cls.addClassCleanup(harness.stop_broker, cls.kafka)
        cls.listeners = harness.start_listeners(cls.kafka, *cls.BROKER)
        cls.bootstrap = cls.listeners["bootstrap"]
        cls.log, cls.model = cls.make_input()

    @classmethod
    def make_input(cls):
        """A log and a model of its items."""
        log, model = cls.shared / "log.jsonl", cls.shared / "model"
        harness.freshet("generate", "--output", log, "--events", cls.EVENTS, "--users", 500,
                        "--late", 0.05, "--duplicates", 0.02, "--bad", 0.005, "--seed", cls.seed,
                        "--model", model, "--types", ",".join(cls.TYPES))
        return log, model

    def setUp(self):
        print(f"{self.id()}: FRESHET_SEED={self.seed}", flush=True)
        self.random = random.Random(self.seed)
        type(self).tests += 1
        self.dir = self.shared / f"test-{self.tests}"
        self.dir.mkdir()
        self.topics = (f"scores-{self.tests}", f"dead-{self.tests}")
        self.shadow_topic = f"shadow-{self.tests}"
        self.examples_topic = f"examples-{self.tests}"
        self.config = self.configure("a")
        harness.freshet("create-topics", "-c", self.config, "--partitions", PARTITIONS)
        self.workers = 0
        watched = self.topics + (self.shadow_topic,) * self.SHADOW + (self.examples_topic,) * self.EXAMPLES
        self.reader = CommittedReader(watched, self.read_meanwhile)
        self.addCleanup(self.reader.stop)

    @classmethod
    def shadow_config(cls, topic):
        """The lines of a shadow, another kind of model over the same items; none without one."""
        if not cls.SHADOW:
            return ""
        path = cls.shared / "shadow-model"
        if not path.exists():
            harness.freshet("model", "init", "--output", path, "--items", cls.model / "items.txt", "--name", "next",
                            "--variant", "self", "--seed", 9)
        return f"shadow: {{path: {path}, output: {topic}}}"

    def configure(self, name, bootstrap=None):
        """The configuration of a worker with a state folder of that name."""
        path = self.dir / f"{name}.yaml"
        path.write_text(f"""
application_id: eo-{self.tests}
kafka:
  bootstrap: {bootstrap or self.bootstrap}
  input: clicks-{self.tests}
  output: {self.topics[0]}
  dead_letter: {self.topics[1]}
  client: {self.CLIENT}
events: {{context: [tab]}}
behaviours: [{{name: click, types: [click], length_max: 50, age_max: 7d}}]
candidates: {self.CANDIDATES}
model: {{path: {self.model}}}
state: {{path: {self.dir / name}, memory_budget_mb: 16}}
checkpoint: {{interval_ms: 1000}}
delivery: {self.DELIVERY}
changelog: on
http: {{listen: off}}
{self.shadow_config(self.shadow_topic)}
{f"examples: {{topic: {self.examples_topic}}}" if self.EXAMPLES else ""}
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
                   for topic in self.topics)

    def has_open_transaction(self):
        return self.ends(True) < self.ends(False)

    def wait_for_outputs(self, more_than, worker, committed=False):
        """Until the outputs' logs have grown past `more_than`; the worker must live meanwhile."""
        def grown():
            self.assertIsNone(worker.process.poll(), worker.text())
            return self.ends(committed) > more_than
        harness.wait_until("outputs", grown, limit_s=60, every_s=0.005)

    def kill_workers(self, count):
        """Kills workers under load, one after the other; returns how many had a transaction open."""
        in_transaction = 0
        for _ in range(count):
            worker = self.worker()
            self.wait_for_outputs(self.ends(False) + 50, worker)
            time.sleep(self.random.uniform(0, 0.4))  # the moment of the kill is the fault
            if self.random.random() < 0.9:
                harness.wait_until("a transaction", self.has_open_transaction, every_s=0.002)
            worker.kill()
            in_transaction += self.has_open_transaction()
        print(f"{in_transaction} of {count} kills met an open transaction", flush=True)
        return in_transaction

    def read_meanwhile(self, topic):
        """As `read`; none where the brokers do not answer."""
        try:
            return self.read(topic, name=f"{topic}.meanwhile")
        except AssertionError:
            return None

    def read(self, topic, name=None):
        """[partition] -> its committed records, in order, as lines of a dump."""
        path = self.dir / (name or f"{topic}.dump")
        harness.freshet("dump", "-c", self.config, "--topic", topic, "--output", path)
        records = [[] for _ in range(PARTITIONS)]
        with open(path) as lines:
            next(lines)
            for line in lines:
                records[int(line[len('{"partition":'):line.index(",")])].append(line)
        return records

    def end(self, feed):
        """The input is what the topic has by now."""
        feed.terminate()
        feed.wait(timeout=60)

    def finish(self, feed):
        """The rest of the log at once."""
        self.end(feed)
        there = sum(harness.end_offsets(self.bootstrap, f"clicks-{self.tests}", PARTITIONS, committed=True))
        rest = self.dir / "rest.jsonl"
        with (gzip.open if self.log.suffix == ".gz" else open)(self.log, "rb") as lines:
            rest.write_bytes(b"".join(itertools.islice(lines, there, None)))
        harness.freshet("produce", "-c", self.config, "--input", rest)

    def drain(self, workers):
        """Until the workers have committed all of the input; stops them."""
        harness.freshet("dump", "-c", self.config, "--output", self.dir / "input.dump")
        with open(self.dir / "input.dump") as lines:
            inputs = sum(1 for _ in lines) - 1

        def all_there():
            for worker in workers:
                self.assertIsNone(worker.process.poll(), worker.text())
            return self.outputs() >= inputs
        harness.wait_until("an output for every input", all_there, limit_s=120, every_s=1)
        for worker in workers:
            self.assertEqual(worker.stop(limit_s=12), 0, worker.text())

    def outputs(self):
        """How many inputs have an output that is committed."""
        records = [record for topic in self.topics for partition in self.read(topic) for record in partition]
        if self.DELIVERY == "exactly_once":
            return len(records)
        return len({source_of(json.loads(record))[0] for record in records})

    def replay_options(self):
        """What else the oracle's replay has to be told."""
        return ()

    def check(self, *configs):
        """The oracle, above. `configs` name the states that are left, each with its partitions."""
        replay = harness.freshet(
            "replay", "-c", self.config, "--input", self.dir / "input.dump", "--output",
            self.dir / "replayed.jsonl", "--dead-letters", self.dir / "replayed.dead", "--state",
            self.dir / "replayed-state", *self.replay_options(),
            *(("--shadow-output", self.dir / "replayed.shadow") if self.SHADOW else ()),
            *(("--export-examples", self.dir / "replayed.examples") if self.EXAMPLES else ()))
        expected = by_source(self.dir / "replayed.jsonl")
        for line in (self.dir / "replayed.dead").read_text().splitlines():
            letter = json.loads(line)
            expected[letter["partition"], letter["offset"]] = plain(letter)

        self.reader.stop()
        self.check_topics(self.topics, expected)
        if self.SHADOW:
            self.check_topics((self.shadow_topic,), by_source(self.dir / "replayed.shadow"))
        if self.EXAMPLES:
            left_out = re.search(r"left out: (\d+) repeated, (\d+) older", replay.stderr).groups()
            self.check_topics((self.examples_topic,), by_source(self.dir / "replayed.examples"), sum(map(int, left_out)),
                              lambda found, joined: found in (joined, unlabelled(joined)))
        self.assertGreater(self.reader.lists, 1, "nobody read during the faults")

        digests = {}
        for config in configs:
            verified = harness.freshet("state", "verify", "-c", config)
            digests.update(harness.state_digests(verified.stdout))
        self.assertEqual(digests, harness.state_digests(replay.stderr), f"seed {self.seed}")

    def check_topics(self, topics, expected, more=0, same=operator.eq):
        """Together they hold each of `expected`, source -> output, once, and so many others."""
        found = collections.defaultdict(list)
        for topic in topics:
            last = self.read(topic)
            self.assertIsNone(self.reader.check(topic, last), f"seed {self.seed}")
            for records in last:
                ascending = collections.defaultdict(lambda: -1)
                for record in records:
                    source, output = source_of(json.loads(record))
                    partition, offset, *_ = source
                    if self.DELIVERY == "exactly_once":
                        self.assertGreaterEqual(offset, ascending[partition], f"{topic} out of order")
                    ascending[partition] = offset
                    found[source].append(output)
        repeated = [source for source, outputs in found.items() if len(outputs) > 1]
        if self.DELIVERY == "exactly_once":
            self.assertEqual(repeated, [], f"published twice; seed {self.seed}")
        for source in repeated:
            self.assertEqual(len(set(map(repr, found[source]))), 1, f"{source} with other bytes; seed {self.seed}")
        self.assertEqual(expected.keys() - found.keys(), set(), f"seed {self.seed}")
        self.assertEqual(len(found.keys() - expected.keys()), more, f"seed {self.seed}")
        for source, output in expected.items():
            self.assertTrue(same(found[source][0], output), f"{found[source][0]} for {output}, seed {self.seed}")


def by_source(path):
    """source -> line, of a file of score events or examples."""
    return {source_of_value(line): line for line in path.read_text().splitlines()}


def source_of_value(value):
    """(source partition, offset) of a score event; of an example (source partition, offset, item)."""
    made = json.loads(value)
    source = made["source"]["partition"], made["source"]["offset"]
    return (*source, made["item_id"]) if "item_id" in made else source


def unlabelled(example):
    return re.sub('"label":[01]', '"label":null', example, count=1)


def source_of(record):
    """The source of an output record, and what the oracle compares of it."""
    if "headers" not in record:  # a score, or an example
        return source_of_value(record["value"]), record["value"]
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
