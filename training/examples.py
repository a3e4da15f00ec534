"""Examples (docs/formats.md, "Examples"), of an export or of a topic's dump, plain or gzip, into compact arrays.

Reading a large file takes a minute, so the arrays are kept beside it as FILE.<hash>.npz, named after the
file's content: a changed file is read anew. R rows with a label, T clicks of a behaviour in all rows.
"""
from __future__ import annotations

import array
import gzip
import hashlib
import io
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from example_checks import check_rows
from model_config import UserError

DUMP_STARTS_WITH = '{"freshet_dump":'
BROKEN_ROW = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
# Of the kept arrays; a dump's went up when rows of unlabelled events were left out.
CACHE_FORMAT = {"export": 2, "dump": 3}


@dataclass
class Clicks:
    """One behaviour's visible clicks of all rows; row r has those in [starts[r], starts[r + 1]), newest first."""
    starts: np.ndarray  # int64 [R + 1]
    items: np.ndarray  # int32 [T], places in Examples.items
    ts: np.ndarray  # int64 [T], ms since the epoch


@dataclass
class Context:
    values: list[str]
    index: np.ndarray  # int32 [R], place in values; -1 where the row has none


@dataclass
class Examples:
    items: list[str]  # the ids that occur, candidates and clicks
    users: list[str]
    line: np.ndarray  # int64 [R], of the file, from 1
    user: np.ndarray  # int32 [R], place in users
    item: np.ndarray  # int32 [R], place in items
    ts: np.ndarray  # int64 [R], ms since the epoch
    label: np.ndarray  # float32 [R], 0 or 1
    logit: np.ndarray  # float64 [R], as served; NaN where the row has none
    context: dict[str, Context] = field(default_factory=dict)
    sequences: dict[str, Clicks] = field(default_factory=dict)
    unlabelled: int = 0  # rows left out because their label never came
    repeated: int = 0  # rows of a dump left out because their (user, item, ts) was there before
    torn: int = 0  # labelled rows of a dump left out because another row of their event has no label

    def __len__(self) -> int:
        return len(self.ts)


class Ids:
    """Texts in the order of their first appearance."""

    def __init__(self):
        self.place: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.place.setdefault(text, len(self.place))


def open_bytes(path: Path):
    """Plain or gzip."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else path.open("rb")


def open_text(path: Path):
    return io.TextIOWrapper(open_bytes(path), encoding="utf-8")


def file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def kind_of(path: Path) -> str:
    try:
        with open_bytes(path) as file:
            return "dump" if file.read(len(DUMP_STARTS_WITH)) == DUMP_STARTS_WITH.encode() else "export"
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return "export"  # whoever reads on says what is wrong


def load_examples(path: Path, say=lambda text: None) -> Examples:
    """The examples of a file, checked for leaks; UserError with place and remedy."""
    if path.is_dir():
        raise UserError(f"{path} is a folder: name a file that `freshet replay --export-examples` or `freshet dump` wrote")
    if not path.is_file():
        raise UserError(f"{path} is not there: `freshet replay --export-examples {path}` writes one, and "
                        "`freshet dump` of examples.topic")
    cache = path.with_name(f"{path.name}.{file_hash(path)[:16]}.npz")
    if cache.is_file():
        try:
            examples = read_cache(cache, kind_of(path))
            say(f"examples: {len(examples)} rows, from {cache.name}")
            return examples
        except (OSError, ValueError, KeyError, EOFError) as error:
            say(f"examples: {cache.name} cannot be used ({error}); reading {path.name}")
    examples = parse(path)
    check_rows(path, examples)
    try:
        write_cache(cache, examples, kind_of(path))
    except OSError as error:
        say(f"examples: {cache.name} cannot be kept ({error.strerror}); the next run reads the file again")
    left_out = f", {examples.unlabelled} without a label left out" if examples.unlabelled else ""
    left_out += f", {examples.torn} with a label left out as other rows of their event have none" if examples.torn else ""
    left_out += f", {examples.repeated} repeated left out" if examples.repeated else ""
    say(f"examples: {len(examples)} rows{left_out}, {len(examples.users)} users, {len(examples.items)} items")
    return examples


def told(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def dumped_row(path: Path, number: int, record: str, head: str) -> dict:
    """The example in line `number` of a dump, whose first line is `head`."""
    place = f"{path}:{number}"
    try:
        value = json.loads(record)["value"]
        row = json.loads(value) if value is not None else None
    except BROKEN_ROW as error:
        raise UserError(f"{place}: {told(error)}: dump the topic again") from error
    if value is None:
        raise UserError(f"{place}: a record without a value is no example: take the line out of the dump")
    if not isinstance(row, dict) or "label" not in row or "sequences" not in row:
        raise UserError(f"{place}: the record is no example; the dump is of topic {json.loads(head).get('topic')}: give "
                        "`freshet dump --topic` the name that examples.topic has")
    return row


def event_of(row: dict) -> str:
    return json.dumps(row.get("source"), sort_keys=True)


def unlabelled_events(path: Path) -> set[str]:
    """Of a dump, the events that have a row without a label: requests, or impressions that say nothing of clicks.

    Of their rows only those have a label whose click came first, a 1. Alone they would teach that all such rows are clicked.
    """
    found = set()
    with open_text(path) as file:
        head = next(file)
        for number, text in enumerate(file, 2):
            if "null" in text:
                row = dumped_row(path, number, text, head)
                if row["label"] is None:
                    found.add(event_of(row))
    return found


def parse(path: Path) -> Examples:
    items, users = Ids(), Ids()
    line, user, item, ts = (array.array("q") for _ in range(4))
    label, logit = array.array("f"), array.array("d")
    context: dict[str, tuple[Ids, array.array]] = {}
    sequences: dict[str, tuple[array.array, array.array, array.array]] = {}
    unlabelled = repeated = torn = 0
    dump = kind_of(path) == "dump"  # whose rows are as they were made: the first of user, item and time counts
    seen: set[tuple[str, str, int]] = set()
    try:
        unlabelled_there = unlabelled_events(path) if dump else set()
        with open_text(path) as file:
            head = next(file) if dump else ""
            for number, text in enumerate(file, 2 if dump else 1):
                try:
                    row = dumped_row(path, number, text, head) if dump else json.loads(text)
                    if row["label"] is None:
                        unlabelled += 1
                        continue
                    if dump:
                        if event_of(row) in unlabelled_there:
                            torn += 1
                            continue
                        key = row["user_id"], row["item_id"], row["ts"]
                        if key in seen:
                            repeated += 1
                            continue
                        seen.add(key)
                    if row["label"] not in (0, 1):
                        raise ValueError(f"label is {row['label']}, not 0, 1 or null")
                    before = len(ts)
                    line.append(number)
                    user.append(users.of(row["user_id"]))
                    item.append(items.of(row["item_id"]))
                    label.append(row["label"])
                    logit.append(row["logit"] if row.get("logit") is not None else np.nan)
                    for name, value in (row.get("context") or {}).items():
                        if value is None:
                            continue
                        values, places = context.setdefault(name, (Ids(), array.array("i")))
                        places.extend([-1] * (before - len(places)))
                        places.append(values.of(str(value)))
                    for name, clicks in row["sequences"].items():
                        starts, ids, times = sequences.setdefault(
                            name, (array.array("q"), array.array("i"), array.array("q")))
                        if len(clicks["items"]) != len(clicks["ts"]):
                            raise ValueError(f"sequence {name} has {len(clicks['items'])} items "
                                             f"and {len(clicks['ts'])} times")
                        starts.extend([len(ids)] * (before + 1 - len(starts)))
                        ids.extend([items.of(i) for i in clicks["items"]])
                        times.extend(clicks["ts"])
                    ts.append(row["ts"])
                except BROKEN_ROW as error:
                    raise UserError(f"{path}:{number}: {told(error)}: export the examples again") from error
    except (EOFError, gzip.BadGzipFile, zlib.error, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}: export the examples again") from error
    rows = len(ts)
    for _, places in context.values():
        places.extend([-1] * (rows - len(places)))
    for starts, ids, _ in sequences.values():
        starts.extend([len(ids)] * (rows + 1 - len(starts)))
    return Examples(
        items=list(items.place), users=list(users.place), line=np.array(line, np.int64),
        user=np.array(user, np.int32), item=np.array(item, np.int32), ts=np.array(ts, np.int64),
        label=np.array(label, np.float32), logit=np.array(logit, np.float64),
        context={name: Context(list(values.place), np.array(places, np.int32))
                 for name, (values, places) in context.items()},
        sequences={name: Clicks(np.array(starts, np.int64), np.array(ids, np.int32), np.array(times, np.int64))
                   for name, (starts, ids, times) in sequences.items()},
        unlabelled=unlabelled, repeated=repeated, torn=torn)


def write_cache(path: Path, examples: Examples, kind: str):
    texts = {"format": CACHE_FORMAT[kind], "items": examples.items, "users": examples.users,
             "context": {name: c.values for name, c in examples.context.items()},
             "sequences": list(examples.sequences), "unlabelled": examples.unlabelled,
             "repeated": examples.repeated, "torn": examples.torn}
    arrays = {name: getattr(examples, name) for name in ("line", "user", "item", "ts", "label", "logit")}
    for name, context in examples.context.items():
        arrays[f"context.{name}"] = context.index
    for name, clicks in examples.sequences.items():
        for part in ("starts", "items", "ts"):
            arrays[f"sequences.{name}.{part}"] = getattr(clicks, part)
    scratch = path.with_suffix(".partial")
    with scratch.open("wb") as file:
        np.savez(file, texts=np.frombuffer(json.dumps(texts).encode(), np.uint8), **arrays)
    scratch.rename(path)


def read_cache(path: Path, kind: str) -> Examples:
    with np.load(path) as stored:
        texts = json.loads(stored["texts"].tobytes())
        if texts["format"] != CACHE_FORMAT[kind]:
            raise ValueError(f"format {texts['format']}")
        return Examples(
            items=texts["items"], users=texts["users"], unlabelled=texts["unlabelled"], repeated=texts["repeated"],
            torn=texts.get("torn", 0),
            **{name: stored[name] for name in ("line", "user", "item", "ts", "label", "logit")},
            context={name: Context(values, stored[f"context.{name}"])
                     for name, values in texts["context"].items()},
            sequences={name: Clicks(*(stored[f"sequences.{name}.{part}"] for part in ("starts", "items", "ts")))
                       for name in texts["sequences"]})
