"""What a model costs where it is served: processor time of `freshet replay` on clicks made for it.

    ns per click       what each of 36,000 more clicks with one candidate takes beyond what it takes with a random model
                       of the same widths without sequences: state of the attention, u, and the layer that folds it
    ns per candidate   of 4,000 clicks, what 500 candidates take beyond one
    bytes per user     of exact sums, as `freshet model info` says

Each is the least of REPEATS runs, in user and system time of that process, which other work on the machine moves
little; where it moved one by more than the cost, there is none to tell. Users have LENGTH clicks at most, drawn from all of
the model's items.
"""
from __future__ import annotations

import json
import random
import re
import resource
import subprocess
from pathlib import Path

import yaml

from model_config import ModelConfig, UserError

LENGTH = 50
USERS = 100
CLICKS, CANDIDATE_CLICKS, CANDIDATES = 40_000, 4_000, 500
REPEATS = 3


def run_freshet(freshet: Path, *arguments) -> str:
    """stdout and stderr of a command, or a UserError with what it said."""
    done = subprocess.run([str(freshet), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"freshet {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout + done.stderr


def nanoseconds(seconds: float | None) -> float | None:
    """None, too, where a difference of two runs came out negative: what there is of it is noise."""
    return 1e9 * seconds if seconds is not None and seconds >= 0 else None


def write_clicks(path: Path, count: int, behaviours: list[str], items: list[str]):
    draw = random.Random(count)
    with path.open("w") as file:
        for number in range(count):
            file.write(json.dumps({
                "event_id": f"e{number}", "user_id": f"u{number % USERS}", "item_id": draw.choice(items),
                "ts": 1_700_000_000_000 + 1000 * number,
                "type": behaviours[number // USERS % len(behaviours)]}) + "\n")


def write_config(path: Path, behaviours: list[str], context: list[str], pool: Path):
    path.write_text(yaml.safe_dump({
        "kafka": {"input": "clicks", "output": "scores", "dead_letter": "dead"},
        "input": {"key": "trust"}, "events": {"context": context},
        "behaviours": [{"name": name, "types": [name], "length_max": LENGTH} for name in behaviours],
        "candidates": {"source": "pool", "pool_path": str(pool), "publish": 1}}))


def seconds_of(freshet: Path, config: Path, model: Path, log: Path) -> float:
    """Processor time of one replay, the least of several."""
    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run_freshet(freshet, "replay", "-c", config, "--model", model, "--input", log, "--output", "/dev/null",
                    "--dead-letters", "/dev/null")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return min(once() for _ in range(REPEATS))


class Timing:
    """Clicks and configurations in `folder`, made once for the items and behaviours of the compared models."""

    def __init__(self, freshet: Path, folder: Path, items: Path, behaviours: list[str], context: list[str]):
        self.freshet, self.folder, self.items, self.behaviours = freshet, folder, items, behaviours
        self.baselines: dict[tuple[int, int, int], float] = {}
        folder.mkdir(parents=True, exist_ok=True)
        ids = items.read_text().split("\n")[:-1]
        self.candidates = min(CANDIDATES, len(ids))
        for count in (CLICKS, CANDIDATE_CLICKS):
            write_clicks(self.log(count), count, behaviours, ids)
        for pool in (1, self.candidates):
            (folder / f"pool{pool}.txt").write_text("".join(f"{item}\n" for item in ids[:pool]))
            write_config(self.config(pool), behaviours, context, folder / f"pool{pool}.txt")

    def log(self, clicks: int) -> Path:
        return self.folder / f"clicks{clicks}.jsonl"

    def config(self, pool: int) -> Path:
        return self.folder / f"pool{pool}.yaml"

    def seconds(self, model: Path, clicks: int, pool: int) -> float:
        return seconds_of(self.freshet, self.config(pool), model, self.log(clicks))

    def without_sequences(self, config: ModelConfig) -> float:
        """Seconds that the further clicks take with a model of the same widths that reads no sequence."""
        widths = (config.embedding_dim, *config.layers)
        if widths not in self.baselines:
            none = self.folder / "-".join(["none", *map(str, widths)])
            if not none.is_dir():
                dim, hidden1, hidden2 = widths
                run_freshet(self.freshet, "model", "init", "--variant", "none", "--items", self.items, "--dim", dim,
                            "--hidden1", hidden1, "--hidden2", hidden2, "--behaviours", self.behaviours[0],
                            "--output", none)
            self.baselines[widths] = self.seconds(none, CLICKS, 1) - self.seconds(none, CANDIDATE_CLICKS, 1)
        return self.baselines[widths]

    def of(self, model: Path, config: ModelConfig) -> dict:
        """{"ns_per_click", "ns_per_candidate", "busy", "bytes_per_user", "sums"}; busy: a cost was lost in the noise"""
        # Slopes: what a process takes to start and to load the model cancels.
        few = self.seconds(model, CANDIDATE_CLICKS, 1)
        click = None
        if config.variant != "none":  # it is what the others are compared with
            further = self.seconds(model, CLICKS, 1) - few - self.without_sequences(config)
            click = further / (CLICKS - CANDIDATE_CLICKS)
        candidate = None
        if self.candidates > 1:
            more = self.seconds(model, CANDIDATE_CLICKS, self.candidates) - few
            candidate = more / (CANDIDATE_CLICKS * (self.candidates - 1))
        info = run_freshet(self.freshet, "model", "info", model, "--length-max", LENGTH)
        stored = re.search(r"^bytes a user: (\d+)", info, re.MULTILINE)
        return {"ns_per_click": nanoseconds(click), "ns_per_candidate": nanoseconds(candidate),
                "busy": (click or 0) < 0 or (candidate or 0) < 0,
                "bytes_per_user": int(stored.group(1)) if stored else 0,
                "sums": sorted(set(re.findall(r"\bint(?:64|128) sums", info)))}
