"""What models are held against: smoothed rates of the training days, and a generated log's own probabilities."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from examples import Examples, open_text
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


def planted_truth(log: Path, name: str, examples: Examples) -> np.ndarray:
    """The log's field `name` of each row, the first where an impression stands there twice -> [all rows]"""
    truth: dict[tuple[str, str, int], float] = {}
    with open_text(log) as lines:
        for line in lines:
            if f'"{name}"' in line:
                event = json.loads(line)
                user, item, ts = (event.get(field) for field in ("user_id", "item_id", "ts"))
                if name in event:
                    truth.setdefault((str(user), str(item), ts), event[name])
    keys = zip(examples.user, examples.item, examples.ts.tolist())
    found = np.array([truth.get((examples.users[user], examples.items[item], ts), np.nan) for user, item, ts in keys])
    if np.isnan(found).any():
        raise UserError(f"{log}: {int(np.isnan(found).sum())} of {len(found)} rows have no {name}: "
                        "--truth is for logs of `freshet generate --truth`, with its field names and times as they are")
    return found
