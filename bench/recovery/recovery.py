#!/usr/bin/env python3
"""How soon a worker scores again: after kill -9 under load, and on an empty disk.

    bench/recovery/recovery.py                      # 1 M users of 50 clicks, 100 candidates a click
    bench/recovery/recovery.py --users 100000       # a first look

The changelog is filled with the users (fill_changelog), and then a worker with an empty state directory
restores them all. After that it drains an input at full speed, is killed, and starts again on its state: the
time runs from exec to the first score that a reader of committed records sees. Restored users and their digest
are held against the changelog's markers by the worker itself. Binaries are those of FRESHET_BUILD or
build/release.
"""

import datetime
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import kafka_bench  # noqa: E402
from kafka_bench import BUILD, PARTITIONS, harness  # noqa: E402


def parse():
    parser = kafka_bench.options(__doc__, events=2_000_000, users=1_000_000)
    parser.add_argument("--clicks", type=int, default=50, help="of each user, before")
    parser.add_argument("--budget-mb", type=int, default=512)
    return parser.parse_args()


def seconds_of(line):
    return datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00")).timestamp()


def wait_for_lines(worker, words, count):
    """The worker's first `count` log lines with these words."""
    def lines():
        return [line for line in worker.text().splitlines() if words in line]
    harness.wait_until(words, lambda: worker.process.poll() is not None or len(lines()) >= count,
                       limit_s=600, every_s=0.02)
    if worker.process.poll() is not None:
        sys.exit(f"the worker ended:\n{worker.text()}")
    return lines()


def start(config, folder, name):
    begin = time.time()
    return harness.Worker(config, folder / f"{name}.log"), begin


def committed_scores(bootstrap):
    return sum(harness.end_offsets(bootstrap, "scores", PARTITIONS, committed=True))


def wait_for_score(bootstrap, before):
    """When a reader of committed records saw the first new one."""
    while committed_scores(bootstrap) <= before:
        time.sleep(0.005)
    return time.time()


def measure_restore(arguments, config, folder):
    worker, begin = start(config, folder, "restore")
    first = seconds_of(wait_for_lines(worker, "reads ", 1)[0])
    restored = wait_for_lines(worker, "restored from the changelog", PARTITIONS)
    ready = seconds_of(wait_for_lines(worker, "goes on from position", PARTITIONS)[-1])
    slowest = max(float(re.search(r"in ([0-9.]+) s", line)[1]) for line in restored)
    print(f"restore: {arguments.users / slowest:,.0f} users/s ({slowest:.2f} s, {PARTITIONS} partitions at once)\n"
          f"  exec to log {first - begin:.2f} s, to ready {ready - begin:.2f} s")
    return worker


def measure_restart(bootstrap, worker, config, folder):
    seen = committed_scores(bootstrap)
    wait_for_score(bootstrap, seen + 10_000)  # it is at full speed
    worker.kill()
    # What the dead one has left open is aborted: its records, and a control record a partition.
    before = sum(harness.end_offsets(bootstrap, "scores", PARTITIONS, committed=False)) + PARTITIONS
    again, begin = start(config, folder, "again")
    score = wait_for_score(bootstrap, before)
    first = seconds_of(wait_for_lines(again, "reads ", 1)[0])
    starts = [seconds_of(line) for line in wait_for_lines(again, "publishes from", 1)]
    print(f"restart after kill -9: {score - begin:.2f} s from exec to the first committed score\n"
          f"  exec to log {first - begin:.2f} s, to the first task {starts[0] - begin:.2f} s")
    again.stop()


def main():
    arguments = parse()
    with kafka_bench.broker("recovery", arguments.items) as (folder, bootstrap):
        config = folder / "config.yaml"
        config.write_text(f"""
application_id: recovery
kafka: {{bootstrap: "{bootstrap}", client: {{session.timeout.ms: 6000}}}}
model: {{path: "{folder}/model"}}
state: {{path: "{folder}/state", memory_budget_mb: {arguments.budget_mb}}}
delivery: exactly_once
changelog: on
http: {{listen: off}}
""")
        harness.freshet("create-topics", "-c", config, "--partitions", PARTITIONS)
        subprocess.run([BUILD / "bench/recovery/fill_changelog", config, str(arguments.users),
                        str(arguments.clicks)], check=True)
        worker = measure_restore(arguments, config, folder)
        clicks = kafka_bench.write_clicks(folder / "clicks.jsonl", arguments)
        feed = threading.Thread(target=harness.freshet, args=("produce", "-c", config, "--input", clicks))
        feed.start()
        measure_restart(bootstrap, worker, config, folder)
        feed.join()


if __name__ == "__main__":
    sys.exit(main())
