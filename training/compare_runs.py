"""The trainings and exports of a comparison: what is there already is kept, what is missing is made.

    OUT/examples.jsonl.gz   of the log, exported with a model that knows nothing
    OUT/models/KIND-SEED    a model folder each, with training.json; OUT/logs/KIND-SEED.log says how it was learned
    OUT/served/KIND-SEED.npz    the logits that the model gave where it is served, for each row of the examples
"""
from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from batches import Batches
from compare_timing import run_freshet
from compare_kinds import Kind
from examples import Examples
from model_config import UserError
from model_folder import read_model
from trainer import logits_of

TRAINER = Path(__file__).with_name("train.py")
TAIL = re.compile(rb'"logit":([^,]+),"deep":([^,]+),"wide":([^,]+),"source":[^\n]*\n$')


@dataclass
class Log:
    """What `freshet replay` needs to read a log as the worker would."""
    freshet: Path
    config: Path
    log: Path
    seeding: list[str]  # --seed-history and --seed-field

    @property
    def read_with(self) -> list:
        """Of replay and evaluate alike. Requests without a list are answered from the model's own ranking, so that each
        model would make other rows: here only those with candidates of their own count."""
        return ["-c", self.config, "--input", self.log, *self.seeding, "--set", "candidates.source=event"]


def behaviours_of(config: Path) -> list[str]:
    """The behaviours of a worker's configuration, the primary one first."""
    try:
        document = yaml.safe_load(config.read_text()) or {}
        return [b["name"] for b in document.get("behaviours", [{"name": "click"}])]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{config}: {error}: name a worker's configuration, as configs/worker.yaml") from error


@contextlib.contextmanager
def export_lines(log: Log, model: Path):
    """The lines of `freshet replay --export-examples` as they are written."""
    command = [str(log.freshet), "replay", *map(str, log.read_with), "--model", str(model), "--output", "/dev/null",
               "--dead-letters", "/dev/null", "--export-examples", "-"]
    with tempfile.TemporaryFile() as talk:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk) as run:
            yield run.stdout
            run.stdout.read()
        if run.returncode != 0:
            talk.seek(0)
            raise UserError(f"freshet replay ended with {run.returncode}: {talk.read().decode().strip()}")


def export_examples(log: Log, examples: Path, say):
    """The log's examples. What is shown or asked for is the event's own, so a model of any ranking gives these rows."""
    say(f"examples: exporting {log.log}")
    with tempfile.TemporaryDirectory(dir=examples.parent) as folder:
        nobody = Path(folder) / "items.txt"
        nobody.write_text("nobody\n")
        model = Path(folder) / "model"
        run_freshet(log.freshet, "model", "init", "--items", nobody, "--dim", 1, "--variant", "none", "--behaviours",
                    behaviours_of(log.config)[0], "--output", model)
        scratch = Path(folder) / examples.name
        said = run_freshet(log.freshet, "replay", *log.read_with, "--model", model, "--output", "/dev/null",
                           "--dead-letters", "/dev/null", "--export-examples", scratch)
        os.replace(scratch, examples)
    say(next((line for line in said.splitlines() if line.startswith("examples:")), "examples: exported"))


def train_missing(kind: Kind, seed: int, examples: Path, out: Path, options: list[str], say) -> Path:
    """The model folder of a kind and a seed; learned now where it is not there, going on where it was interrupted."""
    folder = out / "models" / f"{kind.name}-{seed}"
    if folder.is_dir():
        return folder
    (out / "served" / f"{folder.name}.npz").unlink(missing_ok=True)  # of a model that was here before
    talk = out / "logs" / f"{folder.name}.log"
    talk.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-B", str(TRAINER), "--examples", str(examples), "--seed", str(seed), "--out",
               str(folder), *options, *kind.options]
    with talk.open("w") as log:
        done = subprocess.run(command, stdout=log, stderr=log, check=False)
    if done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode != 0:
        last = talk.read_text().strip().splitlines()[-1:]
        raise UserError(f"{folder.name} was not learned: {last[0] if last else ''} ({talk} has the rest)")
    learned = training_of(folder)
    say(f"{folder.name}: AUC {learned['last_day_auc']:.4f} on the last training day, epoch {learned['best_epoch']}")
    return folder


def training_of(folder: Path) -> dict:
    return json.loads((folder / "training.json").read_text())


def served_logits(log: Log, model: Path, examples: Examples, cache: Path) -> np.ndarray:
    """Deep and total logit of each row of the examples as they were served -> [2, R], NaN where there is none"""
    if cache.is_file():
        found = np.load(cache)["logits"]
        if found.shape == (2, len(examples)):
            return found
    label_null = b'"label":null'
    rows = []
    with export_lines(log, model) as lines:
        for line in lines:
            if label_null in line:
                continue
            tail = TAIL.search(line)
            logit, deep = tail.group(1, 2) if tail else (b"null", b"null")
            rows.append([np.nan if part == b"null" else float(part) for part in (deep, logit)])
    if len(rows) != len(examples):
        raise UserError(f"{model} was served {len(rows)} labelled rows, the examples have {len(examples)}: they are of "
                        "another log or configuration; name another --out")
    found = np.array(rows).T
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez(cache, logits=found)
    return found


def learned_logits(model: Path, examples: Examples) -> np.ndarray:
    """The same by PyTorch in double, where there is no log to serve."""
    config, network, items = read_model(model)
    batches = Batches(examples, config, items, dtype=network.deep.output.weight.dtype)
    known = batches.known(np.arange(len(examples)))
    found = np.full((2, len(examples)), np.nan)
    deep, _, total = logits_of(network, batches, known)
    found[0, known], found[1, known] = deep, total
    return found
