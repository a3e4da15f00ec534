#!/usr/bin/env python3
"""How long a click waits for its score on a real broker, whatever the worker does: open-loop latency.

    bench/latency.py                                   # both deliveries at 25, 50, 75 and 90 % of saturation: 4 minutes
    bench/latency.py --quick                           # a first look: one minute
    bench/latency.py --set kafka.client.linger.ms=1    # the worker with another option; may be given again

For each delivery a new application with a changelog, and a worker. First saturation: scores a second while 20,000 clicks
always wait. Then at each share of it clicks come at times drawn beforehand (Poisson), and a latency counts from the
time at which its click was due, so a late sender hides no queueing. It ends when a reader of committed records has the
score; sender and reader are one process with one clock (bench/latency, C++). Every click must have exactly one
score. The broker has the heap of Kafka's own start script. Broker, worker, sender and reader share this machine's cores: saturation is that of all of them together.
Commits are those that the worker's log tells of the same load. Fails where a bar at 50 % is missed. Binaries are those
of FRESHET_BUILD or build/release.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import commits
import kafka_bench
from kafka_bench import BUILD, harness
from machine import machine

DELIVERIES = ("at_least_once", "exactly_once")
# The heap that Kafka's own start script gives a broker. In the tests' 128 MiB it collects garbage every second, and clients wait
# for each of these pauses of 5 to 10 ms.
os.environ.setdefault("FRESHET_KAFKA_JVM", "-Xms1g -Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto")
BAR_SHARE = 0.5
AT_LEAST_ONCE_P99_MS = 10
EXACTLY_ONCE_COMMITS = 3  # medians beside the interval


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=20, help="of each load")
    parser.add_argument("--backlog", type=int, default=300_000, help="clicks that saturation is measured with")
    parser.add_argument("--shares", default="0.25,0.5,0.75,0.9")
    parser.add_argument("--deliveries", default=",".join(DELIVERIES))
    parser.add_argument("--interval-ms", type=int, default=100, help="commit.interval_ms")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--partitions", type=int, default=1, help="each adds requests, and so load, at the same rate")
    parser.add_argument("--items", type=int, default=100, help="candidates of each click")
    parser.add_argument("--seed", type=int, default=1)
    kafka_bench.add_sets(parser)
    parser.add_argument("--json", type=pathlib.Path)
    kafka_bench.add_ahead(parser)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.backlog = min(arguments.seconds, 5), min(arguments.backlog, 60_000)
    return arguments


class Usage:
    """CPU of processes and of the machine since the last look."""

    def __init__(self, pids):
        self.pids = pids
        self.seen = self.now()

    def now(self):
        tick = os.sysconf("SC_CLK_TCK")
        used = {name: kafka_bench.cpu_s(pid) for name, pid in self.pids.items()}
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
        idle = fields[3] + fields[4]
        return used | {"all": (sum(fields[:8]) - idle) / tick, "time": sum(fields[:8]) / tick / os.cpu_count()}

    def cores(self):
        """By name, how many cores it had; `others` is what belongs to none of them."""
        before, self.seen = self.seen, self.now()
        seconds = self.seen["time"] - before["time"]
        used = {name: (self.seen[name] - before[name]) / seconds for name in [*self.pids, "all"]}
        used["others"] = used.pop("all") - sum(used[name] for name in self.pids)
        return {name: round(max(0, cores), 2) for name, cores in used.items()}


def configure(arguments, folder, bootstrap, delivery):
    name = delivery.replace("_", "-")
    config = folder / f"{name}.yaml"
    config.write_text(f"""
application_id: {name}
kafka: {{bootstrap: "{bootstrap}", input: {name}-clicks, output: {name}-scores, dead_letter: {name}-dead-letter}}
model: {{path: "{folder}/model"}}
state: {{path: "{folder}/{name}"}}
commit: {{interval_ms: {arguments.interval_ms}}}
delivery: {delivery}
changelog: on
http: {{listen: off}}
log: {{level: debug}}
""")
    harness.freshet("create-topics", "-c", config, "--partitions", arguments.partitions)
    return config


def measure(arguments, folder, bootstrap, delivery):
    """What click_latency says of saturation and of each load, with the worker's commits and everybody's CPU beside it."""
    config = configure(arguments, folder, bootstrap, delivery)
    worker = harness.Worker(config, folder / f"{delivery}.log", *kafka_bench.sets_of(arguments))
    load = subprocess.Popen([BUILD / "bench/latency/click_latency", config, "--seconds", str(arguments.seconds), "--backlog",
                             str(arguments.backlog), "--shares", arguments.shares, "--users", str(arguments.users),
                             "--items", str(arguments.items), "--seed", str(arguments.seed)],
                            stdout=subprocess.PIPE, text=True)
    broker = int((folder / "kafka/broker.pid").read_text())
    usage = Usage({"worker": worker.process.pid, "broker": broker, "load": load.pid})
    found, told = [], 0
    try:
        for line in load.stdout:
            done = commits.commits_of(worker)
            found.append(json.loads(line) | {"commits": commit_times(done[told:]), "cores": usage.cores()})
            told = len(done)
            print_row(delivery, found[-1])
        if load.wait() != 0:
            sys.exit(f"{delivery}: the load failed; the worker says:\n{worker.text()[-2000:]}")
    finally:
        load.kill()
        worker.kill() if worker.process.poll() is None else None
    return found


def commit_times(done):
    """ms that the worker stood still for: the median commit, the medians of the parts, and the slowest with its own; and
    the median of what went on beside it."""
    times = [commit.ms for commit in done] or [0]
    parts = {part: statistics.median([commit.parts[part] for commit in done] or [0]) for part in commits.PARTS}
    beside = statistics.median([commit.beside for commit in done] or [0])
    slowest = max(done, key=lambda commit: commit.ms, default=None)
    return {"count": len(done), "median_ms": statistics.median(times), "parts_ms": parts, "max_ms": max(times),
            "beside_ms": beside, "max_parts_ms": slowest.parts if slowest else {}}


def print_row(delivery, row):
    cores = ", ".join(f"{name} {used}" for name, used in row["cores"].items())
    if "saturation_per_s" in row:
        print(f"{delivery}: at most {row['saturation_per_s']:,.0f} clicks/s (cores: {cores})", flush=True)
        return
    print(f"{delivery} {row['share']:.0%}: {row['clicks_per_s']:,.0f} clicks/s, p50 {row['p50_ms']:.1f}, p99 {row['p99_ms']:.1f}, "
          f"p999 {row['p999_ms']:.1f}, max {row['max_ms']:.1f} ms; commits: median {row['commits']['median_ms']:.1f}, "
          f"max {row['commits']['max_ms']:.1f} ms, beside them {row['commits']['beside_ms']:.1f}; sent late p99 {row['late_p99_ms']:.1f} ms (cores: {cores})", flush=True)


def bar_ms(arguments, delivery, row):
    if delivery == "at_least_once":
        return AT_LEAST_ONCE_P99_MS
    return arguments.interval_ms + EXACTLY_ONCE_COMMITS * row["commits"]["median_ms"]


def verdicts(arguments, found):
    """(text, whether it is met) of each bar."""
    for delivery, rows in found.items():
        for row in rows:
            if row.get("share") == BAR_SHARE:
                bar = bar_ms(arguments, delivery, row)
                yield f"{delivery} at {BAR_SHARE:.0%}: p99 {row['p99_ms']:.1f} of {bar:.1f} ms", row["p99_ms"] <= bar


def main():
    arguments = parse()
    where, found = machine(), {}
    with kafka_bench.broker("latency", arguments.items, ahead=arguments.ahead) as (folder, bootstrap):
        for delivery in arguments.deliveries.split(","):
            found[delivery] = measure(arguments, folder, bootstrap, delivery)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": where, "set": arguments.set, **found}, indent=1) + "\n")
    missed = 0
    for text, met in verdicts(arguments, found):
        print(f"{text}: {'met' if met else 'missed'}")
        missed += not met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
