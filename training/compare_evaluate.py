"""The comparison's models judged by `freshet evaluate`, in one pass of the log, and held against our own figures.

    OUT/evaluation.json, .html      what it says of every run, first of the one that the kinds are compared with

It has no seeds: its intervals are of each model alone. Those of a kind, over users and seeds, are bootstrap.py's, of
the very logits; so both must agree on each run's own AUC, or the comparison is refused.
"""
from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from compare_runs import Log
from compare_timing import run_freshet
from metrics import auc
from model_config import UserError

METRICS = ("auc", "deep_auc", "gauc", "log_loss")
TOLERANCE = 1e-6


def judged_models(log: Log, folders: list[Path], span: list[str], out: Path) -> list[dict]:
    """Of each folder what `freshet evaluate --json` says, kept in OUT while the models are the same.

    span: --from, --until and --utc-offset
    """
    report = out / "evaluation.json"
    kept = out / "evaluation.of.json"
    of = json.dumps([[str(folder), (folder / "model.yaml").read_text()] for folder in folders] + [span])
    if not (report.is_file() and kept.is_file() and kept.read_text() == of):
        scratch = out / "evaluation.new.json"
        run_freshet(log.freshet, "evaluate", *log.read_with, *span, "--models", *folders, "--requests", "--delays", "none",
                    "--json", scratch, "--html", out / "evaluation.html")
        os.replace(scratch, report)
        kept.write_text(of)
    models = json.loads(report.read_text())["models"]
    return [model for model in models if model["kind"] == "model"]


def agree(name: str, judged: dict, label: np.ndarray, logits: np.ndarray):
    """label [R]; logits [2, R], deep and total, NaN where there is none. A UserError where rows or figures differ."""
    scored = np.isfinite(logits).all(axis=0)
    if judged["impressions"] != scored.sum():
        raise UserError(f"{name}: `freshet evaluate` judged {judged['impressions']} rows, of the examples {scored.sum()} are "
                        "scored on these days: both must be of one binary, one configuration and one log; name another --out")
    for metric, row in (("deep_auc", logits[0]), ("auc", logits[1])):
        ours, theirs = auc(label[scored], row[scored]), judged["metrics"][metric]["value"]
        if theirs is None or abs(ours - theirs) > TOLERANCE:
            raise UserError(f"{name}: {metric} is {ours:.8f} of the logits that `freshet replay` exported and {theirs} by "
                            "`freshet evaluate`: both must be of one binary, one configuration and one log")


def add_judgements(result: dict, judged: dict[str, list[dict]]):
    """judged: kind -> [seed]; into each kind's row the means over its seeds."""
    for row in result["kinds"]:
        runs = judged[row["kind"]]
        values = {name: [run["metrics"][name]["value"] for run in runs] for name in METRICS}
        row["evaluate"] = {name: float(np.mean(found)) if None not in found else None for name, found in values.items()}
