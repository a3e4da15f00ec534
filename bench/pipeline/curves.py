#!/usr/bin/env python3
"""The cost of a click over the number of users and over the length of their sequences: JSON, a table, SVGs.

    bench/pipeline/curves.py --out build/curves            # every point: some 30 minutes, 16 GB below TMPDIR and of memory
    bench/pipeline/curves.py --out build/curves --quick    # without 1 M and 10 M users, and N = 4,096

Beside the two curves stand 10 M users with a budget that holds the hot ones, and the disk of 1 M users that were each
written six times. Runs bench_pipeline once for each point, in a process of its own; what stands behind -- goes to it.
OUT/pipeline.json holds all points with the machine and the commit; OUT/*.svg are drawn from it. --from draws and
prints an earlier pipeline.json again. The binary is that of FRESHET_BUILD or build/release.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import plots

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from machine import machine  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FRESHET_BUILD", ROOT / "build/release"))
USERS = (10_000, 100_000, 1_000_000, 10_000_000)
LENGTHS = (50, 256, 1_024, 4_096)
HOT_SET_MB = 12_288  # a budget that holds nine in ten of the clicks' users where there are 10 M of them
ALLOWANCE_MB = 64  # beside memory_budget_mb, the model apart


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--from", dest="earlier", type=pathlib.Path, help="a pipeline.json, in place of a run")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--budget-mb", type=int, default=512)
    own, separator, options = sys.argv[1:], "--", []
    if separator in own:
        own, options = own[:own.index(separator)], own[own.index(separator) + 1:]
    arguments = parser.parse_args(own)
    arguments.options = options  # of bench_pipeline
    return arguments


def points(arguments):
    """(curve, users, N, budget in MiB, further options of bench_pipeline)"""
    first, n = USERS[0], LENGTHS[0]
    for users in USERS[:2] if arguments.quick else USERS:
        yield "users", users, n, arguments.budget_mb, []
    for length in LENGTHS[1:3] if arguments.quick else LENGTHS[1:]:
        yield "length", first, length, max(arguments.budget_mb, budget_of_all(first, length)), []
    if not arguments.quick:
        yield "hot set", USERS[-1], n, HOT_SET_MB, ["--warm-events", "5000000"]
        yield "rewritten", 1_000_000, n, arguments.budget_mb, ["--rewrites", "5", "--candidates", "0"]


def budget_of_all(users, length):
    """So much that all users are hot (docs/sizing.md)."""
    return int(1.2 * users * (1_200 + 60 * length) * 16 / 7 / 2**20)


def measure(arguments, users, length, budget_mb, options):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([BUILD / "bench/pipeline/bench_pipeline", "--users", str(users), "--length", str(length),
                        "--rounds", str(arguments.rounds), "--budget-mb", str(budget_mb), "--json", out.name,
                        *options, *arguments.options], check=True)
        return json.loads(pathlib.Path(out.name).read_text())


def run(arguments):
    found = {"machine": machine(), "points": []}
    begin = time.monotonic()
    for curve, *point in points(arguments):
        found["points"].append({"curve": curve, **measure(arguments, *point)})
        print(f"({time.monotonic() - begin:.0f} s)", flush=True)
    return found


def summary(found):
    """Each point's wholes beside its first one's, its memory beside the budget, and its disk."""
    yield (f"{'curve':9} {'users':>10} {'N':>5}  {'C':>5} {'us':>8}  parts  to the first  resident of budget + "
           f"{ALLOWANCE_MB} MiB  disk, bytes a user")
    first = {}
    for point in found["points"]:
        for name, whole in point["wholes"].items():
            base = first.setdefault(name, whole["ns"])
            yield (f"{point['curve']:9} {point['users']:10} {point['length']:5}  {name.split()[-1]:>5} "
                   f"{whole['ns'] / 1e3:8.2f}  {whole['parts_ns'] / whole['ns']:5.2f}  {whole['ns'] / base:12.2f}  "
                   f"{point['resident_mb']:.0f} of {point['budget_mb'] + ALLOWANCE_MB:.0f}  "
                   f"{point['store_mb'] * 2**20 / point['users']:.0f}")


def series(chosen, x, wholes):
    return {f"C = {name.split()[-1]}": [(p[x], p["wholes"][name]["ns"] / 1e3) for p in chosen] for name in wholes}


def draw(found, out):
    names = [name for name in found["points"][0]["wholes"] if name.split()[-1] != "1000"]
    by_users = [p for p in found["points"] if p["curve"] == "users"]
    by_length = by_users[:1] + [p for p in found["points"] if p["curve"] == "length"]
    hot = by_users[:1] + [p for p in found["points"] if p["curve"] == "hot set"]
    hot_set = {f"{name}, hot": values for name, values in series(hot, "users", names).items()} if hot[1:] else {}
    drawn = {
        "cost_by_users.svg": plots.curve("CPU for a click, N = 50", "users", "us", series(by_users, "users", names) | hot_set),
        "cost_by_length.svg": plots.curve("CPU for a click, 10 k users", "N", "us", series(by_length, "length", names)),
        "memory_by_users.svg": plots.curve(
            "Memory", "users", "MiB",
            {"resident": [(p["users"], p["resident_mb"]) for p in by_users],
             "allowed": [(p["users"], p["budget_mb"] + ALLOWANCE_MB) for p in by_users]})}
    for name, svg in drawn.items():
        (out / name).write_text(svg)


def main():
    arguments = parse()
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = json.loads(arguments.earlier.read_text()) if arguments.earlier else run(arguments)
    (arguments.out / "pipeline.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found["machine"]))
    print("\n".join(summary(found)))
    draw(found, arguments.out)


if __name__ == "__main__":
    sys.exit(main())
