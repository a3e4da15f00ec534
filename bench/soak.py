#!/usr/bin/env python3
"""Memory of a worker at full load: a backlog on a real broker, a worker that drains it, its RSS each second.

    bench/soak.py                                     # the promise: 10 minutes, 1 M users, 256 MiB
    bench/soak.py --minutes 1 --events 3000000        # a first look
    bench/soak.py --budget-mb 64 --threads 2

All events are in the topic before the worker starts, so its queues are full from the first second to the
last. Half of the events belong to users drawn evenly, half to users drawn by Zipf's law. Fails where the
worker's largest RSS is above memory_budget_mb + 64 MiB + the model, where it ends by itself, or where the
backlog was over before the time (give more --events). The binary is FRESHET_BINARY or build/release/freshet.
"""

import bisect
import itertools
import os
import pathlib
import random
import re
import sys
import tempfile
import time

import kafka_bench
from kafka_bench import FIRST_TS, harness

ALLOWANCE_MB = 64
CHUNK = 1_000_000


def parse():
    parser = kafka_bench.options(__doc__, events=24_000_000, users=1_000_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--budget-mb", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=pathlib.Path, help="a file for what was measured each second")
    parser.add_argument("--dir", type=pathlib.Path, help="kept, and its backlog used again")
    return parser.parse_args()


class Users:
    """Draws users: half of the draws even, half by Zipf's law with exponent 1."""

    def __init__(self, count, rng):
        self.names = [f"user-{i:07}" for i in range(count)]
        self.heads = list(itertools.accumulate(1.0 / (i + 1) for i in range(min(count, 100_000))))
        self.rng = rng

    def draw(self, count):
        even = self.rng.choices(self.names, k=count - count // 2)
        last = self.heads[-1]
        zipf = [self.names[bisect.bisect_left(self.heads, self.rng.random() * last)]
                for _ in range(count // 2)]
        drawn = even + zipf
        self.rng.shuffle(drawn)
        return drawn


def produce_backlog(arguments, config, folder):
    rng = random.Random(arguments.seed)
    users = Users(arguments.users, rng)
    items = [str(i) for i in range(arguments.items)]
    path = folder / "chunk.jsonl"
    begin = time.monotonic()
    for first in range(0, arguments.events, CHUNK):
        count = min(CHUNK, arguments.events - first)
        with open(path, "w") as chunk:
            chunk.writelines(
                f'{{"event_id":"e{first + i}","user_id":"{user}","item_id":"{item}",'
                f'"ts":{FIRST_TS + first + i},"type":"click"}}\n'
                for i, (user, item) in enumerate(zip(users.draw(count), rng.choices(items, k=count))))
        harness.freshet("produce", "-c", config, "--input", path)
        print(f"backlog: {first + count:,} events, {time.monotonic() - begin:.0f} s", file=sys.stderr)
    path.unlink(missing_ok=True)


def memory_mb(pid):
    """VmRSS and its anonymous part, VmHWM, threads; None where the process has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    fields = dict(re.findall(r"^(VmRSS|VmHWM|RssAnon|Threads):\s+(\d+)", text, re.M))
    if "VmRSS" not in fields:
        return None
    return {name: int(value) / 1024 if name != "Threads" else int(value)
            for name, value in fields.items()}


def watch(worker, seconds, samples):
    """The samples of each second until the time is over or the worker has ended."""
    begin = time.monotonic()
    seen = []
    while time.monotonic() - begin < seconds and worker.process.poll() is None:
        time.sleep(1)  # the sampling interval
        sample = memory_mb(worker.process.pid)
        if sample is None:
            break
        seen.append(sample)
        if samples:
            print(f"{time.monotonic() - begin:.0f}", *(f"{v:.1f}" for v in sample.values()),
                  file=samples, flush=True)
        if len(seen) % 30 == 0:
            print(f"{len(seen)} s: RSS {sample['VmRSS']:.0f} MiB", file=sys.stderr)
    return seen


def main():
    arguments = parse()
    with kafka_bench.broker("soak", arguments.items, arguments.dir, arguments.dim) as (folder, bootstrap), \
            tempfile.TemporaryDirectory(prefix="state-", dir=folder) as state:
        config = folder / "config.yaml"
        is_new = not config.exists()
        config.write_text(f"""
application_id: soak-{os.getpid()}
kafka: {{bootstrap: "{bootstrap}"}}
model: {{path: "{folder}/model"}}
state: {{path: "{state}", memory_budget_mb: {arguments.budget_mb}}}
threads: {arguments.threads}
http: {{listen: "127.0.0.1:0"}}
""")
        if is_new:
            harness.freshet("create-topics", "-c", config, "--partitions", arguments.partitions)
            produce_backlog(arguments, config, folder)
        return measure(arguments, config, folder)


def measure(arguments, config, folder):
    model_mb = sum(f.stat().st_size for f in (folder / "model").iterdir()) / 2**20
    worker = harness.Worker(config, folder / "worker.log")
    samples = open(arguments.samples, "w") if arguments.samples else None
    seen = watch(worker, arguments.minutes * 60, samples)
    ended_early = worker.process.poll() is not None
    code = worker.stop() if not ended_early else worker.process.returncode
    text = worker.text()
    records = re.search(r"^records in: (\d+)", text, re.M)
    speed = re.search(r"\((\d+) records a second\)", text)
    consumed = int(records[1]) if records else 0
    high = max((sample["VmHWM"] for sample in seen), default=0.0)
    bound = arguments.budget_mb + ALLOWANCE_MB + model_mb
    print(f"seconds: {len(seen)}\nusers: {arguments.users}\nthreads: {arguments.threads}\n"
          f"records in: {consumed}\nrecords a second: {speed[1] if speed else 0}\n"
          f"model: {model_mb:.1f} MiB\nlargest RSS: {high:.1f} MiB\n"
          f"bound: {bound:.1f} MiB (budget {arguments.budget_mb} + {ALLOWANCE_MB} + model)")
    if ended_early or code != 0:
        print(f"failed: the worker ended with {code}:\n{text[-2000:]}", file=sys.stderr)
        return 1
    if consumed >= arguments.events:
        print("failed: the backlog was over before the time; give more --events", file=sys.stderr)
        return 1
    if high > bound:
        print(f"failed: {high - bound:.1f} MiB above the bound", file=sys.stderr)
        return 1
    print("within the bound")
    return 0


if __name__ == "__main__":
    sys.exit(main())
