"""The candidate as a short sequence of its fields' vectors: its item's row, its author, its tag, ...

Without target_fields the sequence is the item's row alone. Field values share one table, whose rows
target_fields.txt names for each item.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import embedding


class TargetSide(nn.Module):
    """n items, m field values, K fields besides the item, F = fields of the sequence."""

    def __init__(self, dim: int, with_item: bool, values: torch.Tensor | None, rows: int):
        """values int64 [n, K]: a field's row in the table, -1 where the item has none; None: no fields"""
        super().__init__()
        self.with_item = with_item
        self.register_buffer("values", values, persistent=False)
        if values is not None:
            self.embedding = nn.Parameter(torch.empty(rows, dim).uniform_(-dim ** -0.5, dim ** -0.5))  # [m, d]

    def fields(self, item: torch.Tensor, x: torch.Tensor):
        """item int64 [R], its row x [R, d] -> f [R, F, d], present bool [R, F]"""
        one = torch.ones(len(item), 1, dtype=torch.bool, device=x.device)
        if self.values is None:
            return x.unsqueeze(1), one
        rows = self.values[item]  # [R, K]
        f = embedding(rows.clamp(min=0), self.embedding)  # [R, K, d]
        present = rows >= 0
        if self.with_item:
            f, present = torch.cat([x.unsqueeze(1), f], dim=1), torch.cat([one, present], dim=1)
        return f * present.unsqueeze(2), present
