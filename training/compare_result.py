"""From each model's logits and training record to what is told of a comparison. A pure function of them."""
from __future__ import annotations

import numpy as np

from bootstrap import interval, mean_over_seeds, resampled_aucs
from compare_kinds import pairs_of
from model_config import UserError

PARTS = ("deep_auc", "auc")  # in the order of the logits' rows


def figure(replicated: np.ndarray) -> dict:
    """[1 + B] -> value and interval"""
    low, high = interval(replicated[1:])
    return {"value": float(replicated[0]), "low": low, "high": high}


def reached(training: dict, target: float):
    """Steps and processor seconds until a look's log loss was at most the target; None where it never was."""
    return next(((look["step"], look["cpu_seconds"]) for look in training["looks"] if look["log_loss"] <= target), None)


def mean_or_none(values):
    values = list(values)
    return float(np.mean(values)) if values and None not in values else None


def loss_target(trainings: dict) -> float | None:
    """The least validation loss that every run came to, so that each has steps to it."""
    best = [min(look["log_loss"] for look in training["looks"]) for runs in trainings.values() for training in runs
            if training["looks"]]
    return max(best) if best else None


def compare(kinds, logits, trainings, beside, label, user, replicates, say=lambda done: None) -> dict:
    """logits: kind -> [seed] of [2, R], deep and total; trainings: kind -> [seed] of training.json; beside: name ->
    scores [R] of what is no model; label, user [R]. Rows that one of them has no score of are left out of all.
    """
    everywhere = np.isfinite(np.array([run for runs in logits.values() for run in runs])).all(axis=(0, 1))
    everywhere &= np.isfinite(np.array(list(beside.values())).reshape(len(beside), len(label))).all(axis=0)
    if not everywhere.any():
        raise UserError("no judged row has a score of every model and of what they are held against: name other days, or leave "
                        "--truth out")
    label, user = label[everywhere], user[everywhere]
    scores = [run[part][everywhere] for runs in logits.values() for run in runs for part in range(2)]
    scores += [other[everywhere] for other in beside.values()]
    aucs = resampled_aucs(label, scores, user, replicates, seed=1, say=say)  # [2 x runs + beside, 1 + B]
    pooled, place, draw = {}, 0, np.random.default_rng(2)
    for kind in kinds:
        runs = len(logits[kind.name])
        of_kind = aucs[place:place + 2 * runs].reshape(runs, 2, -1)
        pooled[kind.name] = {part: mean_over_seeds(of_kind[:, row], draw) for row, part in enumerate(PARTS)}
        place += 2 * runs
    others = dict(zip(beside, aucs[place:]))
    target = loss_target(trainings)
    rows = []
    for kind in kinds:
        runs = trainings[kind.name]
        times = [reached(run, target) if target is not None else None for run in runs]
        rows.append({"kind": kind.name, "number": kind.number, "seeds": len(runs),
                     **{part: figure(pooled[kind.name][part]) for part in PARTS},
                     "over": {name: figure(pooled[kind.name]["auc"] - other) for name, other in others.items()},
                     "epoch": float(np.mean([run["best_epoch"] for run in runs])),
                     "parameters": runs[0]["parameters"],
                     "steps": mean_or_none(time and time[0] for time in times),
                     "seconds": mean_or_none(time and time[1] for time in times)})
    pairs = [{"a": pair.a, "b": pair.b, "what": pair.what, "published_overall": pair.overall,
              "published_deep": pair.deep,
              **{part: figure(pooled[pair.a][part] - pooled[pair.b][part]) for part in PARTS}}
             for pair in pairs_of(kinds)]
    return {"format": 1, "rows": len(label), "users": len(np.unique(user)), "clicked": int(label.sum()),
            "replicates": replicates, "loss_target": target, "kinds": rows, "pairs": pairs,
            "beside": [{"name": name, "auc": figure(other)} for name, other in others.items()]}
