"""The items' vectors: a row of each item's own, plus the vectors of what it is made of (author, tag, ...).

What is exported as item.embedding is the sum, so composed rows cost nothing where they are served, and
an item that was never seen still has its author's and its tag's vector.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import embedding


class ItemTable(nn.Module):
    """n items, d = embedding_dim, m field values, K composed fields."""

    def __init__(self, items: int, dim: int, values: torch.Tensor | None, rows: int,
                 largest: float = 0.0, smallest: float = 0.0):
        """values int64 [n, K]: a field's row in the table, -1 where the item has none; None: nothing composed.

        largest and smallest bound each row's largest |x|; 0: free. The ratio of the two decides whether
        the exact sums of the served model fit 64 bits (docs/formats.md, "Representation").
        """
        super().__init__()
        bound = 0.2 * dim ** -0.5  # small: what is never learned from should say little
        self.own = nn.Parameter(torch.empty(items, dim).uniform_(-bound, bound))  # [n, d]
        self.register_buffer("values", values, persistent=False)
        self.largest, self.smallest = largest, smallest
        if values is not None:
            self.composed = nn.Parameter(torch.empty(rows, dim).uniform_(-bound, bound))  # [m, d]

    def forward(self, which: torch.Tensor | None = None) -> torch.Tensor:
        """Rows `which` int64 [k], or all of them -> x [k, d]"""
        x = self.own if which is None else embedding(which, self.own)
        if self.values is not None:
            values = self.values if which is None else self.values[which]  # [k, K]
            parts = embedding(values.clamp(min=0), self.composed) * (values >= 0).unsqueeze(2)  # [k, K, d]
            x = x + parts.sum(dim=1)
        if self.largest or self.smallest:
            peak = x.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-30)  # [k, 1]
            wanted = peak.clamp(min=self.smallest or None, max=self.largest or None)
            x = x * (wanted / peak)
        return x
