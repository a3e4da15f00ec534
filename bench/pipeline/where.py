#!/usr/bin/env python3
"""Where the time of a replay from memory goes, step by step: samples of `perf` by who called whom.

    bench/pipeline/where.py                                             # build/release, no candidates
    bench/pipeline/where.py --build build/other --events 5000000

Needs Linux's perf, and kernel.perf_event_paranoid of 2 or less; counts CPU time, so a guest without hardware counters
will do. The bench's own making of clicks is left out. A step is the outermost function of STEPS on the stack; where
the stack was cut short, the innermost function of HINTS tells.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

# The first that is on the stack decides.
STEPS = [
    ("making clicks", r"ClickSource::|Point::Point|Point::fill_store|check_replay"),
    ("decode", r"EventDecoder::decode"),
    ("look ahead", r"EventsAhead::look_ahead|PartitionState::look_ahead"),
    ("flags", r"EventScorer::judge_flags"),
    ("insert: sequence and view", r"HotUser::insert"),
    ("sums moved", r"HotUser::refresh|UserView::refresh"),
    ("scores", r"ModelScorer::"),
    ("encode", r"Task::encode|encode_score_event"),
    ("commit: users looked through", r"PartitionState::collect"),
    ("commit: users encoded", r"fill_slice|take_slice|prepare_commit"),
    ("commit: store", r"post_commit|rocksdb::"),
    ("the task itself", r"Task::|PartitionState::|EventScorer::|HotUserCache|ReplayMemory::"),
]
HINTS = [
    ("decode", r"simdjson|DocumentWalker|EventReader|event_time_of|number_kind_of|is_valid_utf8|memchr"),
    ("insert: sequence and view", r"Sequence::|ClickRun::|Model::row_of"),
    ("sums moved", r"TraditionalPool|PoolBodies|ExpBodies|Pool::slide|add_rounded"),
    ("encode", r"append_number|append_json|to_chars"),
    ("commit: store", r"rocksdb|LZ4|crc32"),
]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--events", type=int, default=3_000_000)
    return parser.parse_args()


def samples(arguments, folder):
    data = folder / "perf.data"
    bench = arguments.build / "bench/pipeline/bench_pipeline"
    subprocess.run(["perf", "record", "-o", data, "-e", "cpu-clock", "-F", "500", "--call-graph", "dwarf,4096",
                    bench, "--candidates", "0", "--warm-events", str(arguments.events), "--rounds", "1",
                    "--round-ms", "1"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    script = ["perf", "script", "-i", data, "--no-inline", "-F", "ip,sym"]
    text = subprocess.run(script, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for sample in text.split("\n\n"):
        stack = [re.sub(r"^\s*[0-9a-f]+ ", "", line) for line in sample.splitlines() if line.strip()]
        if stack:
            yield stack


def step_of(stack):
    for name, pattern in STEPS:
        if any(re.search(pattern, function) for function in stack):
            return name
    for function in stack:
        for name, pattern in HINTS:
            if re.search(pattern, function):
                return name
    return "not told"


def main():
    arguments = parse()
    counted = collections.Counter()
    inside = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory(prefix="freshet-where-") as folder:
        for stack in samples(arguments, pathlib.Path(folder)):
            step = step_of(stack)
            counted[step] += 1
            inside[step][stack[0].split("<")[0].split("(")[0].strip()] += 1
    del counted["making clicks"]
    total = sum(counted.values())
    if total == 0:
        sys.exit("perf gave no samples: is the kernel.perf_event_paranoid setting above 1?")
    print("| step | % | most of it in |\n|---|---|---|")
    for step, count in counted.most_common():
        most = ", ".join(f"`{name.split('::')[-1]}` {100 * part / total:.1f}"
                         for name, part in inside[step].most_common(3))
        print(f"| {step} | {100 * count / total:.1f} | {most} |")


if __name__ == "__main__":
    main()
