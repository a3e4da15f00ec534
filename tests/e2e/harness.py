"""What the end-to-end tests share: the binary, a broker, models, configurations, dumps."""

import collections
import gzip
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FRESHET_BINARY", str(ROOT / "build/release/freshet"))
PARTITIONS = 4


def reference_data(name):
    """The path of a file of the reference log; skips the test, saying so, where there is none."""
    folder = os.environ.get("FRESHET_DATA")
    if not folder:
        raise unittest.SkipTest("FRESHET_DATA names no folder with the reference log")
    path = pathlib.Path(folder) / name
    if not path.exists():
        raise unittest.SkipTest(f"{path} does not exist")
    return path


def freshet(*arguments, check=True):
    """Runs the binary to its end; its stderr is in the failure's text."""
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"freshet {arguments} ended with {done.returncode}:\n{done.stderr}")
    return done


def start_broker(directory):
    """A broker of the test's own, which dies with this process; returns its address."""
    return start_listeners(directory)["bootstrap"]


def kill_broker(directory):
    """Kills the broker that runs there with SIGKILL, and waits until it is gone: only then does another start."""
    pid = int((pathlib.Path(directory) / "broker.pid").read_text())
    os.kill(pid, signal.SIGKILL)

    def gone():
        try:
            return not pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()  # a process that ends has none
        except (FileNotFoundError, ProcessLookupError):
            return True
    wait_until("the killed broker is gone", gone, every_s=0.01)


def start_listeners(directory, *options):
    """The same with options of scripts/kafka start; returns what it prints, name -> address."""
    done = subprocess.run(
        [ROOT / "scripts/kafka", "start", "--dir", directory, "--owner", str(os.getpid()), *options],
        stdout=subprocess.PIPE, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def stop_broker(directory):
    subprocess.run([ROOT / "scripts/kafka", "stop", "--dir", directory], check=True)


def end_offsets(bootstrap, topic, partitions, committed):
    """[partition] -> the end of the topic's log; of what is decided, where `committed`.

    Kafka's ListOffsets request, version 2, of one broker that leads every partition.
    """
    asked = b"".join(struct.pack(">iq", p, -1) for p in range(partitions))
    answer = ask_broker(bootstrap, 2, 2, struct.pack(">ibi", -1, 1 if committed else 0, 1)
                        + kafka_text(topic) + struct.pack(">i", partitions) + asked)
    # throttle time, one topic: name, its partitions
    entries = answer[4 + 4 + 2 + len(topic) + 4:]
    ends = {}
    for partition, error, _, offset in struct.iter_unpack(">ihqq", entries):
        if error != 0:
            raise AssertionError(f"ListOffsets of {topic}-{partition}: error {error}")
        ends[partition] = offset
    return [ends[p] for p in range(partitions)]


def committed_positions(bootstrap, group, topic, partitions):
    """partition -> (position, metadata) of a group. Kafka's OffsetFetch, version 1."""
    asked = b"".join(struct.pack(">i", p) for p in range(partitions))
    answer = ask_broker(bootstrap, 9, 1, kafka_text(group) + struct.pack(">i", 1) + kafka_text(topic)
                        + struct.pack(">i", partitions) + asked)
    positions, at = {}, 4 + 2 + len(topic) + 4  # behind one topic: its name, its partitions
    for _ in range(partitions):
        partition, position, length = struct.unpack_from(">iqh", answer, at)
        at += 14 + length + 2
        positions[partition] = position, answer[at - length - 2:at - 2].decode()
    return positions


def commit_positions(bootstrap, group, topic, positions):
    """Commits what committed_positions() gave, as nobody's member, once the group has no members.

    Kafka's OffsetCommit, version 2.
    """
    places = b"".join(struct.pack(">iq", partition, position) + kafka_text(metadata)
                      for partition, (position, metadata) in positions.items())
    unknown_member = 25

    def errors():
        answer = ask_broker(bootstrap, 8, 2, kafka_text(group) + struct.pack(">i", -1) + kafka_text("")
                            + struct.pack(">qi", -1, 1) + kafka_text(topic)
                            + struct.pack(">i", len(positions)) + places)
        return {error for _, error in struct.iter_unpack(">ih", answer[4 + 2 + len(topic) + 4:])}

    last = set()

    def is_taken():
        last.clear()
        last.update(errors())
        return unknown_member not in last

    wait_until(f"the group {group} has no members", is_taken)
    if last != {0}:
        raise AssertionError(f"OffsetCommit of {topic}: errors {last}")


def kafka_tool(directory, name, *arguments):
    """Kafka's own tool of that name (configs) against the running broker of the folder."""
    done = subprocess.run([ROOT / "scripts/kafka", name, "--dir", directory, *arguments],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{name} {arguments}: {done.stdout}{done.stderr}")


def ask_broker(bootstrap, key, version, body):
    """The answer to one of Kafka's requests, behind its correlation id."""
    request = struct.pack(">hhih", key, version, 1, -1) + body
    host, port = bootstrap.split(":")
    with socket.create_connection((host, int(port))) as connection, \
            connection.makefile("rb") as answers:
        connection.sendall(struct.pack(">i", len(request)) + request)
        return answers.read(struct.unpack(">i", answers.read(4))[0])[4:]


def kafka_text(word):
    return struct.pack(">h", len(word)) + word.encode()


def add_partitions(bootstrap, topic, count):
    """Gives a topic `count` partitions in all, by Kafka's CreatePartitions request, version 0."""
    answer = ask_broker(bootstrap, 37, 0, struct.pack(">i", 1) + kafka_text(topic)
                        + struct.pack(">ii", count, -1) + struct.pack(">i?", 30_000, False))
    # throttle time, one result: its topic, then the error's code
    (error,) = struct.unpack_from(">h", answer, 8 + 2 + len(topic))
    if error != 0:
        raise AssertionError(f"CreatePartitions of {topic}: error {error}")


def delete_topic(bootstrap, topic):
    """Deletes a topic, by Kafka's DeleteTopics request, version 1, and waits until it is gone."""
    answer = ask_broker(bootstrap, 20, 1,
                        struct.pack(">i", 1) + kafka_text(topic) + struct.pack(">i", 30_000))
    (error,) = struct.unpack_from(">h", answer, 8 + 2 + len(topic))
    if error != 0:
        raise AssertionError(f"DeleteTopics of {topic}: error {error}")

    def is_gone():
        try:
            end_offsets(bootstrap, topic, 1, committed=False)
        except AssertionError:
            return True
        return False

    wait_until(f"{topic} is gone", is_gone)


def delete_group(bootstrap, group):
    """Deletes a group once it has no members, by Kafka's DeleteGroups request, version 0."""
    not_empty = 68
    last = []

    def is_decided():
        answer = ask_broker(bootstrap, 42, 0, struct.pack(">i", 1) + kafka_text(group))
        # throttle time, one result: its group, then the error's code
        last[:] = struct.unpack_from(">h", answer, 8 + 2 + len(group))
        return last[0] != not_empty

    wait_until(f"the group {group} has no members", is_decided)
    if last[0] != 0:
        raise AssertionError(f"DeleteGroups of {group}: error {last[0]}")


def delete_records(bootstrap, topic, begins):
    """As retention does: partitions begin at these offsets. Kafka's DeleteRecords, version 0."""
    places = b"".join(struct.pack(">iq", partition, begin) for partition, begin in begins.items())
    answer = ask_broker(bootstrap, 21, 0, struct.pack(">i", 1) + kafka_text(topic)
                        + struct.pack(">i", len(begins)) + places + struct.pack(">i", 30_000))
    # throttle time, one topic: its name, its partitions
    for partition, _, error in struct.iter_unpack(">iqh", answer[4 + 4 + 2 + len(topic) + 4:]):
        if error != 0:
            raise AssertionError(f"DeleteRecords of {topic}-{partition}: error {error}")


def write_config(path, *, model, state, bootstrap="127.0.0.1:9", application="e2e",
                 session_ms=6000, http="{listen: off}", extra=""):
    """Impressions scored on the clicks before them: what the reference log needs."""
    path.write_text(f"""
application_id: {application}
kafka:
  bootstrap: {bootstrap}
  input: impressions
  output: scores
  dead_letter: impressions-dead-letter
  client: {{session.timeout.ms: {session_ms}, heartbeat.interval.ms: 500}}
events: {{context: [tab]}}
behaviours: [{{name: click, types: [click], length_max: 50, age_max: 7d}}]
candidates: {{source: event}}
model: {{path: {model}}}
state: {{path: {state}}}
checkpoint: {{interval_ms: 1000}}
http: {http}
{extra}
""")
    return path


def item_ids(log):
    """The distinct items of a gzipped JSON Lines file, in order of appearance."""
    with gzip.open(log, "rt") as lines:
        return list(dict.fromkeys(json.loads(line)["item_id"] for line in lines))


def outputs_by_source(lines):
    """Score lines grouped by their source (partition, offset): one line, or its repeats."""
    grouped = collections.defaultdict(list)
    for line in lines:
        source = json.loads(line)["source"]
        grouped[source["partition"], source["offset"]].append(line)
    return grouped


def read_topic(config, topic, path):
    """The values of a topic, in order, by way of `freshet dump`."""
    freshet("dump", "-c", config, "--topic", topic, "--output", path)
    with open(path) as dump:
        next(dump)
        return [json.loads(line)["value"] for line in dump]


def state_digests(text):
    """partition -> (stream time, logical digest) of what `state verify` or `replay` printed."""
    digests = {}
    for line in text.splitlines():
        if line.startswith("partition ") and ", logical " in line:
            name, _, rest = line.partition(":")
            stream_time = rest.split("stream time ")[1].split(",")[0]
            digests[int(name.split()[1])] = (stream_time, rest.split("logical ")[1])
    return digests


class Worker:
    """One `freshet run` process, its log in a file."""

    def __init__(self, config, log, *options, environment=None):
        self.log = pathlib.Path(log)
        with open(log, "wb") as out:
            self.process = subprocess.Popen([BINARY, "run", "-c", str(config), *map(str, options)],
                                            stderr=out, env={**os.environ, **(environment or {})})

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, limit_s=30):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=limit_s)

    def text(self):
        return self.log.read_text(errors="replace")


def wait_until(what, condition, limit_s=180, every_s=0.2):
    """Polls `condition` until it is true; fails after `limit_s`, naming `what`."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(every_s)


def write_impressions(path, begin, count, users):
    """Impressions of item-0 to item-49, a millisecond apart; every other one is a click, too."""
    with open(path, "w") as log:
        for i in range(begin, begin + count):
            log.write(json.dumps({"type": "impression", "user_id": f"u{i * 7919 % users}",
                                  "item_id": f"item-{i % 50}", "ts": 1_602_633_600_000 + i,
                                  "label": i % 2, "tab": i % 3}) + "\n")
    return path


class BrokerTestCase(unittest.TestCase):
    """A folder, a broker of the test's own with the topics, a model of item-0 to item-49."""

    CONFIG = {}  # what write_config is given beside these

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.kafka = self.dir / "kafka"
        self.addCleanup(stop_broker, self.kafka)
        self.bootstrap = start_broker(self.kafka)
        items = self.dir / "items.txt"
        items.write_text("".join(f"item-{i}\n" for i in range(50)))
        freshet("model", "init", "--items", items, "--dim", 8, "--seed", 7, "--context", "tab",
                "--output", self.dir / "model")
        self.configure()
        freshet("create-topics", "-c", self.config, "--partitions", PARTITIONS)

    def configure(self, **more):
        self.config = write_config(
            self.dir / "config.yaml", model=self.dir / "model", state=self.dir / "state",
            bootstrap=self.bootstrap, **(self.CONFIG | more))

    def worker(self, log):
        worker = Worker(self.config, self.dir / log)
        self.addCleanup(worker.process.kill)
        return worker

    def produce(self, log):
        freshet("produce", "-c", self.config, "--input", log)

    def outputs(self):
        return outputs_by_source(read_topic(self.config, "scores", self.dir / "scores.dump"))

    def replayed(self, *logs):
        """What a replay of the logs, one after the other, puts out."""
        together = self.dir / "together.jsonl"
        together.write_text("".join(log.read_text() for log in logs))
        output = self.dir / "replayed.jsonl"
        freshet("replay", "-c", self.config, "--input", together, "--partitions", PARTITIONS,
                "--output", output)
        return outputs_by_source(output.read_text().splitlines())

    def assert_published_once(self, streamed, expected):
        """Every output is there with a replay's bytes, and none is there twice."""
        self.assertEqual(streamed.keys(), expected.keys())
        for source, lines in streamed.items():
            self.assertEqual(lines, expected[source], source)
