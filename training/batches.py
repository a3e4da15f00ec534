"""From examples to the batches that a model reads: rows of its item table, masks, ages, wide buckets.

R rows of a batch, N_b = length_max of behaviour b (or the longest in the batch), V ids in the examples.
"""
from __future__ import annotations

import numpy as np
import torch

from examples import Examples
from hashing import hash_context, hash_ids
from model_config import ModelConfig, UserError
from wide_deep import Batch, Sequence
from wide_features import context_field, wide_buckets


class Batches:
    def __init__(self, examples: Examples, config: ModelConfig, item_ids: list[str], device="cpu",
                 dtype=torch.float32):
        self.examples, self.config, self.device, self.dtype = examples, config, device, dtype
        place = {item: row for row, item in enumerate(item_ids)}
        self.row_of = np.array([place.get(item, -1) for item in examples.items], np.int64)  # [V], -1: unknown
        for behaviour in config.behaviours:
            if config.variant != "none" and behaviour.name not in examples.sequences:
                raise UserError(f"the examples have no sequence {behaviour.name}: they have "
                                f"{', '.join(examples.sequences) or 'none'}")
        self.wide = self.all_wide_buckets() if config.crosses else None  # int64 [all rows, F]

    def known(self, rows: np.ndarray) -> np.ndarray:
        """Those rows whose candidate the model knows: others cannot be scored."""
        return rows[self.row_of[self.examples.item[rows]] >= 0]

    def positions(self, behaviour: str, rows: np.ndarray):
        """Where the clicks of each row stand -> place int64 [R, N], there bool [R, N]"""
        clicks = self.examples.sequences[behaviour]
        starts, ends = clicks.starts[rows, None], clicks.starts[rows + 1, None]
        longest = max(1, int((ends - starts).max(initial=0)))
        place = starts + np.arange(longest)  # [R, N]
        there = place < ends
        return np.where(there, place, 0), there

    def sequence(self, behaviour: str, rows: np.ndarray) -> Sequence:
        clicks = self.examples.sequences.get(behaviour)
        if clicks is None or not len(clicks.items):
            empty = torch.zeros(len(rows), 1, device=self.device)
            return Sequence(empty.long(), empty.bool(), empty.to(self.dtype))
        place, there = self.positions(behaviour, rows)
        items = self.row_of[clicks.items[place]]
        visible = there & (items >= 0)
        age_days = (self.examples.ts[rows, None] - clicks.ts[place]) / 86_400_000.0
        return Sequence(self.tensor(np.where(visible, items, 0)), self.tensor(visible),
                        self.tensor(np.where(visible, age_days, 0.0), self.dtype))

    def batch(self, rows: np.ndarray) -> Batch:
        """rows int64 [R], of known candidates"""
        return Batch(
            item=self.tensor(self.row_of[self.examples.item[rows]]),
            sequences=[self.sequence(behaviour.name, rows) for behaviour in self.config.behaviours],
            wide=None if self.wide is None else self.tensor(self.wide[rows].astype(np.int64)),
            label=self.tensor(self.examples.label[rows], self.dtype))

    def tensor(self, values: np.ndarray, dtype=None) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device, dtype)

    def recent(self):
        """The newest known clicks of the primary behaviour -> hashes uint64 [all rows, recent], present bool"""
        config, examples = self.config, self.examples
        hashes = np.zeros((len(examples), config.recent_clicks), np.uint64)
        present = np.zeros(hashes.shape, bool)
        clicks = examples.sequences.get(config.behaviours[0].name)
        if clicks is None or not config.recent_clicks:
            return hashes, present
        of_item = hash_ids(examples.items)  # [V]
        known = self.row_of[clicks.items] >= 0  # [T]
        row = np.repeat(np.arange(len(examples)), np.diff(clicks.starts))[known]
        items = clicks.items[known]
        begin = np.concatenate([[0], np.cumsum(known)])[clicks.starts[:-1]]  # [all rows]
        nth = np.arange(len(row)) - begin[row]  # the click is the nth known one of its row
        newest = nth < config.recent_clicks
        hashes[row[newest], nth[newest]] = of_item[items[newest]]
        present[row[newest], nth[newest]] = True
        return hashes, present

    def all_wide_buckets(self) -> np.ndarray:
        config, examples = self.config, self.examples
        context = {}
        for field in sorted({context_field(cross) for cross in config.crosses} - {None}):
            if field not in examples.context:
                raise UserError(f'the examples have no context field "{field}": they have '
                                f"{', '.join(examples.context) or 'none'}")
            values = examples.context[field]
            index = values.index
            context[field] = (hash_context(field, values.values)[np.maximum(index, 0)], index >= 0)
        buckets = wide_buckets(config.crosses, config.buckets, hash_ids(examples.items)[examples.item],
                               hash_ids(examples.users)[examples.user], context, *self.recent())
        return buckets.astype(np.int32)
