"""Which items a model has rows for, and what they are made of: items.txt, or JSON Lines with fields.

A JSON line has item_id and any other fields: {"item_id":"v1","author":"a7","tag":"music"}. n items.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from examples import Examples, open_text
from model_config import ITEM_FIELD, UserError
from wide_deep import FieldValues


@dataclass
class Catalogue:
    ids: list[str]  # [n]
    fields: dict[str, list[str | None]] = field(default_factory=dict)  # name -> [n], None where it lacks one

    def values(self, names: list[str]) -> FieldValues | None:
        """Rows of one table for the values of these fields, the item itself left out."""
        names = [name for name in names if name != ITEM_FIELD]
        if not names:
            return None
        place: dict[tuple[str, str], int] = {}
        table = np.full((len(self.ids), len(names)), -1, np.int64)  # [n, K]
        for column, name in enumerate(names):
            if name not in self.fields:
                raise UserError(f"the items have no field {name}: they have {', '.join(self.fields) or 'none'}; "
                                "--items names a JSON Lines file with item_id and fields")
            for row, value in enumerate(self.fields[name]):
                if value is not None:
                    table[row, column] = place.setdefault((name, value), len(place))
        return FieldValues(torch.from_numpy(table), max(1, len(place)))


def check_id(path: Path, number: int, item: object) -> str:
    if not isinstance(item, str) or not 1 <= len(item.encode()) <= 128 or "\n" in item or "\r" in item:
        raise UserError(f"{path}:{number}: an item id is a text of 1 to 128 bytes without line feeds, not {item!r}")
    return item


def read_catalogue(path: Path) -> Catalogue:
    if not path.is_file():
        raise UserError(f"{path} is not there: --items names a file of item ids, one a line, or JSON Lines")
    ids: list[str] = []
    rows: list[dict] = []
    with open_text(path) as file:
        for number, text in enumerate(file, 1):
            text = text.rstrip("\n")
            row = {"item_id": text}
            if text.startswith("{"):
                try:
                    row = json.loads(text)
                except ValueError as error:
                    raise UserError(f"{path}:{number}: {error}: write one JSON object a line") from error
            ids.append(check_id(path, number, row.get("item_id")))
            rows.append(row)
    if not ids:
        raise UserError(f"{path} has no item: write one id a line")
    if len(set(ids)) != len(ids):
        seen: set[str] = set()
        twice = next(i for i in ids if i in seen or seen.add(i))
        raise UserError(f"{path}: item {twice} stands there twice: keep one line of it")
    names = dict.fromkeys(name for row in rows for name in row if name != "item_id")
    return Catalogue(ids, {name: [None if row.get(name) is None else str(row[name]) for row in rows]
                           for name in names})


def seen_items(examples: Examples, rows: np.ndarray) -> Catalogue:
    """Without a file: the candidates and clicks of the given rows, sorted by their bytes."""
    seen = np.zeros(len(examples.items), bool)
    seen[examples.item[rows]] = True
    wanted = np.zeros(len(examples), bool)
    wanted[rows] = True
    for clicks in examples.sequences.values():
        seen[clicks.items[np.repeat(wanted, np.diff(clicks.starts))]] = True
    ids = [examples.items[place] for place in np.flatnonzero(seen)]
    return Catalogue(sorted(ids, key=str.encode))
