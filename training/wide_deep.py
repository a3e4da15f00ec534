"""The whole model: sequences -> representations; candidate -> target side; deep + wide + bias.

R rows of a batch, N_b positions of behaviour b's sequence, n items, d = embedding_dim, P representations.
"""
from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import embedding

from deep_tower import DeepTower
from item_table import ItemTable
from merged_attention import MergedAttention
from model_config import ITEM_FIELD, ModelConfig
from self_attention import SelfAttention
from target_attention import NoAttention, TargetAttention
from target_side import TargetSide
from traditional_attention import TraditionalAttention
from wide_features import WideFeatures


@dataclass
class Sequence:
    """One behaviour's visible clicks of each row, newest first; what is not a known click is not visible."""
    items: torch.Tensor  # int64 [R, N], rows of the item table
    visible: torch.Tensor  # bool [R, N]
    age_days: torch.Tensor  # [R, N], the row's time minus the click's


@dataclass
class Batch:
    item: torch.Tensor  # int64 [R], the candidate's row
    sequences: list[Sequence]  # one per behaviour
    wide: torch.Tensor | None  # int64 [R, F], of wide_features.wide_buckets
    label: torch.Tensor | None = None  # [R], 0 or 1


@dataclass
class FieldValues:
    """Which row of an embedding table each item's fields have."""
    values: torch.Tensor  # int64 [n, K], -1 where the item lacks the field
    rows: int  # m, of the table


@dataclass
class Logits:
    deep: torch.Tensor  # [R]
    wide: torch.Tensor  # [R]
    total: torch.Tensor  # [R], wide + deep + bias


def make_attention(config: ModelConfig, options: dict) -> nn.Module:
    dim = config.embedding_dim
    if config.variant == "traditional":
        return TraditionalAttention(dim, options)
    if config.variant == "merged":
        return MergedAttention(dim, options)
    if config.variant == "target":
        return TargetAttention(dim, options)
    if config.variant == "none":
        return NoAttention()
    return SelfAttention(config.variant, dim, options, bool(config.target_fields))


class WideDeep(nn.Module):
    def __init__(self, config: ModelConfig, items: int, composed: FieldValues | None = None,
                 target: FieldValues | None = None, dropout: float = 0.0,
                 largest: float = 0.0, smallest: float = 0.0):
        super().__init__()
        self.config = config
        dim = config.embedding_dim
        self.items = ItemTable(items, dim, composed and composed.values, composed.rows if composed else 0,
                               largest, smallest)
        self.target = TargetSide(dim, not config.target_fields or ITEM_FIELD in config.target_fields,
                                 target and target.values, target.rows if target else 0)
        self.attention = nn.ModuleList(make_attention(config, b.attention) for b in config.behaviours)
        self.deep = DeepTower(config.representations, dim, config.layers, dropout)
        self.wide = WideFeatures(config.buckets) if config.crosses else None

    def local_rows(self, batch: Batch):
        """The vectors that the batch needs, and where its candidates and clicks stand among them.

        -> x [m, d], candidate int64 [R], clicks: one int64 [R, N_b] per behaviour. All n rows while that
        is the smaller number, so that a large catalogue costs what the batch reads.
        """
        clicks = [sequence.items for sequence in batch.sequences]
        read = len(batch.item) + sum(c.numel() for c in clicks)
        if len(self.items.own) <= read:
            return self.items(), batch.item, clicks
        every = torch.cat([batch.item] + [c.flatten() for c in clicks])
        which, place = every.unique(return_inverse=True)
        places = place.split([len(batch.item)] + [c.numel() for c in clicks])
        return self.items(which), places[0], [p.view(c.shape) for p, c in zip(places[1:], clicks)]

    def representations(self, batch: Batch):
        """-> u [R, P d], t [R, P d]"""
        x, item, clicks = self.local_rows(batch)
        f, present = self.target.fields(batch.item, embedding(item, x))
        users, targets = [], []
        for attention, sequence, rows in zip(self.attention, batch.sequences, clicks):
            keys = attention.per_item(x)  # [m, ...], once for each item rather than for each click
            targets.append(attention.target(f, present))
            users.append(attention.user(x, keys, rows, sequence.visible, sequence.age_days, targets[-1]))
        return torch.cat(users, dim=1), torch.cat(targets, dim=1)

    def forward(self, batch: Batch) -> Logits:
        deep = self.deep(*self.representations(batch))
        wide = self.wide(batch.wide) if self.wide is not None else torch.zeros_like(deep)
        return Logits(deep, wide, wide + deep + self.deep.output.bias)

    @torch.no_grad()
    def keep_in_range(self):
        """A recency weight is never negative; called after each step of the optimizer."""
        for name, parameter in self.named_parameters():
            if name.endswith("recency_per_day"):
                parameter.clamp_(0.0, 1000.0)
