#!/usr/bin/env python3
"""How long commits take while a million users are dirty: the median, the slowest, and where its time goes.

    bench/commits.py                                        # 1,000,000 dirty users
    bench/commits.py --dirty 100000 --users 150000 --events 1000000      # a first look
    bench/commits.py --length 4096 --users 400 --events 1700000 --items 1 --dirty 1 --interval-s 5    # long sequences

The input is there before the worker starts, and its clicks are of every user in turn. A worker with exactly-once
delivery and a changelog drains it at full speed; each commit saves as many users as it takes for none to wait longer
than `checkpoint.interval_ms`, so that soon so many users wait to be saved and every commit saves some. Each commit's time, from the first slice
to the last batch of the store, is the worker's own debug line. Of those with at least --dirty changed users it
prints quantiles, the slowest ones with their parts, and the ratio of the slowest to the median. Apart from them stands the
checkpoint's own pause: what the commit's slices cost the worker's thread beside the brokers' parts (`prepare` and
`store`), and the longest of the steps between two records that encode ahead and collect. The binary is FRESHET_BINARY
or build/release/freshet.
"""

import os
import re
import statistics
import sys

import kafka_bench
from kafka_bench import PARTITIONS, harness

PARTS = ("prepare", "flush", "transaction", "store")
LINE = re.compile(r"^(\S+) debug commit of \d+ partitions: (\S+) ms \(" + ", ".join(f"{p} (\\S+)" for p in PARTS)
                  + r"\)(?:, beside it (\S+) ms)?, longest step (\S+) ms, users saved (\d+), still changed (\d+)$", re.M)


def parse():
    parser = kafka_bench.options(__doc__, events=6_000_000, users=1_400_000)
    parser.add_argument("--dirty", type=int, default=1_000_000, help="commits with fewer are left out")
    parser.add_argument("--commits", type=int, default=300, help="how many of the others are enough")
    parser.add_argument("--interval-s", type=float, default=62, help="checkpoint.interval_ms in seconds")
    parser.add_argument("--budget-mb", type=int, default=16384)
    parser.add_argument("--length", type=int, default=50, help="clicks of a user that are visible")
    kafka_bench.add_ahead(parser)
    return parser.parse_args()


def configure(arguments, folder, bootstrap):
    config = folder / "config.yaml"
    config.write_text(f"""
application_id: commits
kafka: {{bootstrap: "{bootstrap}"}}
model: {{path: "{folder}/model"}}
state: {{path: "{folder}/state", memory_budget_mb: {arguments.budget_mb}}}
candidates: {{source: catalogue, publish: 3}}
behaviours: [{{name: click, types: [click], length_max: {arguments.length}, age_max: 3650d}}]
checkpoint: {{interval_ms: {int(arguments.interval_s * 1000)}}}
delivery: exactly_once
changelog: on
http: {{listen: off}}
log: {{level: debug}}
""")
    harness.freshet("create-topics", "-c", config, "--partitions", PARTITIONS)
    return config


class Commit:
    def __init__(self, line):
        self.at, self.ms = line[1], float(line[2])
        self.parts = {part: float(line[3 + i]) for i, part in enumerate(PARTS)}
        self.beside = float(line[3 + len(PARTS)] or 0)
        self.step = float(line[4 + len(PARTS)])
        self.saved, self.changed = int(line[5 + len(PARTS)]), int(line[6 + len(PARTS)])
        self.own = self.parts["prepare"] + self.parts["store"]

    def __str__(self):
        parts = ", ".join(f"{part} {ms:.1f}" for part, ms in self.parts.items())
        return f"{self.ms:.1f} ms at {self.at} ({parts}), {self.saved} users saved"


def commits_of(worker):
    return [Commit(line) for line in LINE.finditer(worker.text())]


def with_dirty_users(arguments, commits):
    return [commit for commit in commits if commit.changed >= arguments.dirty and commit.saved > 0]


def drain(arguments, bootstrap, config, folder):
    """Every commit of a worker until there are enough of them, or the input is over."""
    worker = harness.Worker(config, folder / "worker.log")
    if arguments.ahead:
        kafka_bench.put_ahead(worker.process.pid)
    try:
        wait_for_commits(arguments, bootstrap, worker)
    finally:
        worker.kill()
    return commits_of(worker)


def wait_for_commits(arguments, bootstrap, worker):
    def is_enough():
        if worker.process.poll() is not None:
            sys.exit(f"the worker ended:\n{worker.text()[-4000:]}")
        scores = sum(harness.end_offsets(bootstrap, "scores", PARTITIONS, committed=True))
        enough = len(with_dirty_users(arguments, commits_of(worker))) >= arguments.commits
        return enough or scores >= arguments.events
    harness.wait_until("enough commits", is_enough, limit_s=3600, every_s=2)


def print_quantiles(name, values):
    values = sorted(values)
    at = [(q, values[min(len(values) - 1, int(len(values) * share))])
          for q, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1))]
    print(f"{name}: " + ", ".join(f"{q} {ms:.2f} ms" for q, ms in at))


def report(arguments, commits):
    chosen = with_dirty_users(arguments, commits)
    print(f"commits: {len(commits)}, of them {len(chosen)} saved users while {arguments.dirty:,} were changed "
          f"(most: {max(commit.changed for commit in commits):,})")
    if not chosen:
        sys.exit("none of them; give more --events or --users")
    times = sorted(commit.ms for commit in chosen)
    median = statistics.median(times)
    print_quantiles("commit", times)
    for part in PARTS:
        print_quantiles(f"  {part}", [commit.parts[part] for commit in chosen])
    nobody = [commit.parts["transaction"] for commit in commits if commit.saved == 0]
    if nobody:
        print_quantiles("  transaction of commits that saved nobody", nobody)
    print_quantiles("the checkpoint's own pause in a commit", [commit.own for commit in chosen])
    print_quantiles("the longest step between two commits", [commit.step for commit in chosen])
    worst = max(max(commit.own, commit.step) for commit in chosen)
    print(f"longest pause of the worker's thread for checkpoints: {worst:.2f} ms, load average {os.getloadavg()[0]:.1f}")
    print(f"users saved by a commit: median {statistics.median(commit.saved for commit in chosen):.0f}, "
          f"most {max(commit.saved for commit in chosen)}")
    for commit in sorted(chosen, key=lambda commit: -commit.ms)[:5]:
        print(f"  slow: {commit}")
    slow = sum(commit.ms > 3 * median for commit in chosen)
    print(f"max / median: {times[-1] / median:.2f}; above three times the median: {slow} of {len(chosen)}")
    if len(chosen) < arguments.commits:
        sys.exit("too few of them to tell; give more --events or --users")


def main():
    arguments = parse()
    with kafka_bench.broker("commits", arguments.items, ahead=arguments.ahead) as (folder, bootstrap):
        config = configure(arguments, folder, bootstrap)
        clicks = kafka_bench.write_clicks(folder / "clicks.jsonl", arguments)
        harness.freshet("produce", "-c", config, "--input", clicks)
        clicks.unlink()
        report(arguments, drain(arguments, bootstrap, config, folder))


if __name__ == "__main__":
    sys.exit(main())
