#!/usr/bin/env python3
"""What exactly once costs: the same backlog on a real broker, drained with each delivery in turn.

    bench/delivery.py                                  # 1,000,000 clicks, 100 candidates each, 3 rounds
    bench/delivery.py --events 200000 --rounds 1       # a first look

Both deliveries have a changelog. Each drain is a new application on an empty state; the time runs from its first
to its last score that a reader of committed records sees, and every click must have one. Prints events a second
of each drain, the medians' ratio, and how long commits took. The binary is FRESHET_BINARY or
build/release/freshet.
"""

import re
import statistics
import sys
import time
import urllib.request

import kafka_bench
from kafka_bench import PARTITIONS, harness


def parse():
    parser = kafka_bench.options(__doc__, events=1_000_000, users=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


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

    def run(self, events):
        """Events a second, and the commits' median and maximum as histogram bounds in seconds."""
        worker = harness.Worker(self.config, self.log)
        try:
            harness.wait_until("the first score", lambda: self.scores() > 0, every_s=0.002)
            begin, seen = time.monotonic(), self.scores()
            harness.wait_until("every score", lambda: self.scores() >= events, limit_s=900, every_s=0.01)
            seconds = time.monotonic() - begin
            commits = self.commits(worker)
        finally:
            code = worker.stop()
        published = re.search(r"^scores out: (\d+)", worker.text(), re.M)
        if code != 0 or published is None or int(published[1]) != events:
            sys.exit(f"{self.name} ended with {code}:\n{worker.text()}")
        return (events - seen) / seconds, commits

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


def main():
    arguments = parse()
    with kafka_bench.broker("delivery", arguments.items) as (folder, bootstrap):
        deliveries = ("at_least_once", "exactly_once")
        drains = {delivery: [Drain(folder, bootstrap, delivery, i) for i in range(arguments.rounds)]
                  for delivery in deliveries}
        clicks = kafka_bench.write_clicks(folder / "clicks.jsonl", arguments)
        harness.freshet("produce", "-c", drains["exactly_once"][0].config, "--input", clicks)
        speeds = {delivery: [] for delivery in deliveries}
        for i in range(arguments.rounds):
            for delivery in deliveries:
                speed, (median, highest) = drains[delivery][i].run(arguments.events)
                speeds[delivery].append(speed)
                print(f"{delivery}: {speed:,.0f} events/s, commits: half within {median * 1e3:g} ms, "
                      f"all within {highest * 1e3:g} ms", flush=True)
        ratio = statistics.median(speeds["exactly_once"]) / statistics.median(speeds["at_least_once"])
        print(f"exactly_once / at_least_once: {ratio:.2f}")


if __name__ == "__main__":
    sys.exit(main())
