"""What makes examples leak: rows that know their own label, or rows that stand in two days at once.

Each refusal names the line and what to do. A model that learned from such rows looks better than it is,
so there is no switch that lets them through.
"""
from __future__ import annotations

from datetime import datetime, timezone

import numpy as np

from model_config import UserError

# A context value that is shared by this many rows on average says something about them as a group.
ROWS_PER_VALUE = 10


def check_rows(path, examples):
    """Raises UserError for the first row that leaks."""
    if not len(examples):
        raise UserError(f"{path}: no row has a label: label rows with what came of them, then export again")
    check_sequences(path, examples)
    check_repeats(path, examples)
    check_context(path, examples)


def check_sequences(path, examples):
    for name, clicks in examples.sequences.items():
        row = np.repeat(np.arange(len(examples)), np.diff(clicks.starts))  # [T]
        leaking = np.flatnonzero(clicks.ts >= examples.ts[row])
        if len(leaking):
            click, at = leaking[0], row[leaking[0]]
            raise UserError(
                f"{path}:{examples.line[at]}: {name} holds item {examples.items[clicks.items[click]]} at "
                f"{clicks.ts[click]}, not before the row's own time {examples.ts[at]}: a row may see only what "
                "came before it; export the examples with `freshet replay --export-examples`")
        rising = np.flatnonzero((np.diff(clicks.ts) > 0) & (row[1:] == row[:-1]))
        if len(rising):
            raise UserError(f"{path}:{examples.line[row[rising[0]]]}: {name} is not newest first: "
                            "export the examples again")


def check_repeats(path, examples):
    order = np.lexsort((examples.line, examples.item, examples.user, examples.ts))
    same = np.ones(len(order) - 1, bool)
    for key in (examples.ts, examples.user, examples.item):
        same &= key[order[1:]] == key[order[:-1]]
    repeats = np.flatnonzero(same)
    if len(repeats):
        first, second = order[repeats[0]], order[repeats[0] + 1]
        raise UserError(
            f"{path}:{examples.line[second]}: user {examples.users[examples.user[second]]}, item "
            f"{examples.items[examples.item[second]]} and time {examples.ts[second]} stand in line "
            f"{examples.line[first]}, too: each may stand there once, or learning and judging share rows")


def check_context(path, examples):
    for name, context in examples.context.items():
        if name == "label":
            raise UserError(f'{path}: the context field "label" is the label: take it off events.context')
        known = context.index >= 0
        shown = np.bincount(context.index[known], minlength=len(context.values))
        clicked = np.bincount(context.index[known], examples.label[known], minlength=len(context.values))
        tells = np.all((clicked == 0) | (clicked == shown)) and 0 < clicked.sum() < shown.sum()
        if tells and shown.sum() >= ROWS_PER_VALUE * len(context.values):
            raise UserError(f'{path}: the context field "{name}" tells the label of every row (each of its '
                            f"{len(context.values)} values has one label only): take it off events.context")


def day_of(ts: np.ndarray, utc_offset_hours: float) -> np.ndarray:
    """Days since the epoch, of midnights at that offset from UTC."""
    return (ts + int(utc_offset_hours * 3_600_000)) // 86_400_000


def parse_day(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()) // 86_400
    except ValueError as error:
        raise UserError(f'"{text}" is no day: write it as 2022-05-01') from error


def day_text(day: int) -> str:
    return datetime.fromtimestamp(int(day) * 86_400, timezone.utc).strftime("%Y-%m-%d")


def split_days(examples, train_until: str | None, judge_from: str | None, utc_offset_hours: float):
    """Row numbers of (learning, choosing the epoch, judging), by day.

    The epoch is chosen on the last training day; the days from judge_from on are only judged.
    """
    days = day_of(examples.ts, utc_offset_hours)
    last = parse_day(train_until) if train_until else int(days.max())
    first_judged = parse_day(judge_from) if judge_from else last + 1
    if first_judged <= last:
        raise UserError(f"--judge-from {judge_from} is not after --train-until {day_text(last)}: a day that is "
                        "learned from cannot judge; name a later day")
    learn, choose = np.flatnonzero(days < last), np.flatnonzero(days == last)
    judge = np.flatnonzero(days >= first_judged)
    if not len(choose) or not len(learn):
        raise UserError(f"the examples are of {day_text(days.min())} to {day_text(days.max())}; --train-until "
                        f"{day_text(last)} leaves {len(learn)} rows to learn from and {len(choose)} on the last "
                        "training day, on which the epoch is chosen: name a day with rows before it")
    for rows, what in ((choose, f"the last training day, {day_text(last)},"), (learn, "the days before the last")):
        if examples.label[rows].min() == examples.label[rows].max():
            raise UserError(f"{what} has rows of one label only, so nothing can be learned or chosen there: "
                            "name another --train-until")
    return learn, choose, judge
