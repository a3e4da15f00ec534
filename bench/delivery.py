#!/usr/bin/env python3
"""What exactly once costs, and what a broker costs: the same backlog drained with each delivery and replayed, in turn.

    bench/delivery.py                                  # 1,000,000 clicks, 100 candidates each, 3 rounds
    bench/delivery.py --events 200000 --rounds 1       # a first look

Both deliveries have a changelog. Each drain is a new application on an empty state; the time runs from its first
to its last score that a reader of committed records sees, and every click must have one. Prints events a second
of each drain, the medians' ratio, and how long commits took; and the worker's CPU for an event (user and system, its process
alone) beside that of `freshet replay` on the same clicks from a file, start and end of the process left out. The
binary is FRESHET_BINARY or build/release/freshet.
"""

import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request

import kafka_bench
from kafka_bench import PARTITIONS, cpu_s, harness


def parse():
    parser = kafka_bench.options(__doc__, events=1_000_000, users=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    kafka_bench.add_sets(parser)
    kafka_bench.add_ahead(parser)
    return parser.parse_args()


def replay_cpu_us(config, clicks, half):
    """CPU of a replay for an event: what all the clicks take more than the first half of them."""
    def seconds(log):
        process = subprocess.Popen([os.environ["FRESHET_BINARY"], "replay", "-c", config, "--input", log, "--output",
                                    os.devnull, "--dead-letters", os.devnull], stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"replay of {log} ended with status {status}")
        return usage.ru_utime + usage.ru_stime
    events = sum(1 for _ in open(clicks)) - sum(1 for _ in open(half))
    return (seconds(clicks) - seconds(half)) / events * 1e6


def first_half(clicks, events):
    half = clicks.with_name("half.jsonl")
    with open(clicks) as log, open(half, "w") as out:
        out.writelines(line for _, line in zip(range(events // 2), log))
    return half


class Drain:
    """One application that reads the whole input."""

    def __init__(self, folder, bootstrap, delivery, number):
        self.name = f"{delivery.replace('_', '-')}-{number}"
        self.bootstrap = bootstrap
        self.config = folder / f"{self.name}.yaml"
        self.log = folder / f"{self.name}.log"
        self.config.write_text(f"""
application_id: {self.name}
kafka: {{bootstrap: "{bootstrap}", output: "{self.name}", dead_letter: "{self.name}-dead-letter"}}
model: {{path: "{folder}/model"}}
state: {{path: "{folder}/{self.name}"}}
candidates: {{source: catalogue, publish: 10}}
delivery: {delivery}
changelog: on
http: {{listen: "127.0.0.1:0"}}
""")
        harness.freshet("create-topics", "-c", self.config, "--partitions", PARTITIONS)

    def scores(self):
        return sum(harness.end_offsets(self.bootstrap, self.name, PARTITIONS, committed=True))

    def run(self, events, sets):
        """Events a second, us of CPU for one, and the commits' median and maximum as histogram bounds in seconds."""
        worker = harness.Worker(self.config, self.log, *sets)
        try:
            harness.wait_until("the first score", lambda: self.scores() > 0, every_s=0.002)
            pid = worker.process.pid
            begin, seen, cpu = time.monotonic(), self.scores(), cpu_s(pid)
            harness.wait_until("every score", lambda: self.scores() >= events, limit_s=900, every_s=0.01)
            seconds, cpu = time.monotonic() - begin, cpu_s(pid) - cpu
            commits = self.commits(worker)
        finally:
            code = worker.stop()
        published = re.search(r"^scores out: (\d+)", worker.text(), re.M)
        if code != 0 or published is None or int(published[1]) != events:
            sys.exit(f"{self.name} ended with {code}:\n{worker.text()}")
        return (events - seen) / seconds, cpu / (events - seen) * 1e6, commits

    def commits(self, worker):
        origin = re.search(r"http (http://\S+)", worker.text())[1]
        with urllib.request.urlopen(origin + "/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        buckets = [(float(bound), int(float(count))) for bound, count in re.findall(
            r'freshet_commit_duration_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} (\S+)', metrics)]
        total = buckets[-1][1]
        median = next(bound for bound, count in buckets if count * 2 >= total)
        highest = next(bound for bound, count in buckets if count == total)
        return median, highest


def measure(arguments):
    """us of CPU and events a second of each round, by what ran."""
    found = {"replay": [], "at_least_once": [], "exactly_once": []}
    speeds = {"at_least_once": [], "exactly_once": []}
    with kafka_bench.broker("delivery", arguments.items, ahead=arguments.ahead) as (folder, bootstrap):
        drains = {delivery: [Drain(folder, bootstrap, delivery, i) for i in range(arguments.rounds)]
                  for delivery in speeds}
        clicks = kafka_bench.write_clicks(folder / "clicks.jsonl", arguments)
        half = first_half(clicks, arguments.events)
        harness.freshet("produce", "-c", drains["exactly_once"][0].config, "--input", clicks)
        for i in range(arguments.rounds):
            for delivery in speeds:
                speed, cpu_us, (median, highest) = drains[delivery][i].run(arguments.events, kafka_bench.sets_of(arguments))
                speeds[delivery].append(speed)
                found[delivery].append(cpu_us)
                print(f"{delivery}: {speed:,.0f} events/s, {cpu_us:.2f} us of CPU each, commits: half within "
                      f"{median * 1e3:g} ms, all within {highest * 1e3:g} ms", flush=True)
            found["replay"].append(replay_cpu_us(drains["exactly_once"][0].config, clicks, half))
            print(f"replay: {found['replay'][-1]:.2f} us of CPU each", flush=True)
    return {"cpu_us": found, "events_per_s": speeds}


def report(found):
    speed = {delivery: statistics.median(rounds) for delivery, rounds in found["events_per_s"].items()}
    cpu = {what: statistics.median(rounds) for what, rounds in found["cpu_us"].items()}
    print(f"exactly_once / at_least_once: {speed['exactly_once'] / speed['at_least_once']:.2f}")
    for delivery in speed:
        print(f"CPU of {delivery} / replay from a file: {cpu[delivery] / cpu['replay']:.2f}")


def main():
    report(measure(parse()))


if __name__ == "__main__":
    sys.exit(main())
