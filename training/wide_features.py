"""The wide side: which buckets each row adds up, and the sum of their weights.

The crosses and their hashes are those of docs/formats.md, "Wide features"; scorer/candidates/wide_features.h
serves them. F = features of a row at most: one per cross, recent_clicks for "recent x item".
"""
from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import embedding

from hashing import mix64


def feature_count(crosses: list[str], recent_clicks: int) -> int:
    return sum(recent_clicks if cross == "recent x item" else 1 for cross in crosses)


def context_field(cross: str) -> str | None:
    if not cross.startswith("context:"):
        return None
    return cross[len("context:"):].removesuffix(" x item")


def wide_buckets(crosses: list[str], buckets: int, item: np.ndarray, user: np.ndarray,
                 context: dict[str, tuple[np.ndarray, np.ndarray]], recent: np.ndarray,
                 recent_present: np.ndarray) -> np.ndarray:
    """int64 [R, F], `buckets` where a feature is absent.

    item, user uint64 [R]; context: field -> (hashes uint64 [R], present bool [R]);
    recent uint64 [R, recent_clicks], newest first, with recent_present of the same shape.
    """
    columns = []
    for place, cross in enumerate(crosses):
        salt = np.uint64(mix64(place + 1))
        field = context_field(cross)
        if cross == "item":
            columns.append((mix64(salt ^ item), None))
        elif cross == "user":
            columns.append((mix64(salt ^ user), None))
        elif cross == "recent x item":
            for newest in range(recent.shape[1]):
                columns.append((mix64(mix64(salt ^ recent[:, newest]) ^ item), recent_present[:, newest]))
        else:
            hashes, present = context[field]
            left = mix64(salt ^ hashes)
            columns.append((mix64(left ^ item) if cross.endswith(" x item") else left, present))
    table = np.empty((len(item), len(columns)), np.int64)  # [R, F]
    for index, (hashes, present) in enumerate(columns):
        table[:, index] = (hashes % np.uint64(buckets)).astype(np.int64)
        if present is not None:
            table[~present, index] = buckets
    return table


class WideFeatures(nn.Module):
    """wide = the sum of the row's bucket weights."""

    def __init__(self, buckets: int):
        super().__init__()
        self.buckets = buckets
        self.weight = nn.Parameter(torch.zeros(buckets))  # [buckets]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """features int64 [R, F] of wide_buckets -> [R]"""
        nothing = self.weight.new_zeros(1)
        padded = torch.cat([self.weight, nothing]).unsqueeze(1)  # [buckets + 1, 1]
        return embedding(features, padded).sum(dim=(1, 2))
