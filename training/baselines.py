"""What models are held against: smoothed rates of the training days, and a generated log's own probabilities."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from examples import Examples, open_bytes
from model_config import UserError

PSEUDO_ROWS = 5  # of the mean rate, added to each item's, user's and context value's own rows


def smoothed_rates(examples: Examples, learn: np.ndarray) -> np.ndarray:
    """Sum of the log odds of the item's, the user's and each context value's rate in rows `learn` -> [all rows]"""
    label = examples.label[learn]
    mean = label.mean()
    total = np.zeros(len(examples))
    for column in (examples.item, examples.user, *(context.index for context in examples.context.values())):
        size = column.max() + 2  # -1, a context that a row has not, is the last one
        shown = np.bincount(column[learn] % size, minlength=size)
        clicked = np.bincount(column[learn] % size, label, minlength=size)
        rate = (clicked + PSEUDO_ROWS * mean) / (shown + PSEUDO_ROWS)
        total += np.log(rate / (1 - rate))[column % size]
    return total


def truths_of(log: Path, name: str):
    """(user, item, ts), number of each event of the log that has a number `name`; lines that are no event have none."""
    marker = json.dumps(name).encode()
    with open_bytes(log) as lines:
        for line in lines:
            if marker not in line:
                continue
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue  # the worker refuses it, too, so there is no row of it
            if isinstance(event, dict) and isinstance(event.get(name), (int, float)) and isinstance(event.get("ts"), int):
                yield (str(event.get("user_id")), str(event.get("item_id")), event["ts"]), event[name]


def planted_truth(log: Path, name: str, examples: Examples, say=lambda text: None) -> np.ndarray:
    """The log's field `name` of each row, the first where an impression stands there twice -> [all rows], NaN where there is none"""
    truth: dict[tuple[str, str, int], float] = {}
    for key, value in truths_of(log, name):
        truth.setdefault(key, value)
    keys = zip(examples.user, examples.item, examples.ts.tolist())
    found = np.array([truth.get((examples.users[user], examples.items[item], ts), np.nan) for user, item, ts in keys])
    without = int(np.isnan(found).sum())
    if without == len(found):
        raise UserError(f"{log}: no row has {name}: --truth is for logs of `freshet generate --truth`, with its field names "
                        "and times as they are")
    if without:
        say(f"truth: {without} of {len(found)} rows have no {name}, as those of requests: they are not compared")
    return found
