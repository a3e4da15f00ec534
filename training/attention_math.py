"""What the attention layers share. R rows of a batch, N positions of a sequence, newest first."""
from __future__ import annotations

import torch
from torch.nn.functional import embedding_bag


def activate(name: str, x: torch.Tensor) -> torch.Tensor:
    return {"none": lambda v: v, "relu": torch.relu, "tanh": torch.tanh}[name](x)


HIDDEN = 1e30  # taken from a score, it leaves a weight of exactly 0


def masked_softmax(scores: torch.Tensor, visible: torch.Tensor, dim: int) -> torch.Tensor:
    """Softmax over the visible positions of `dim`; zeros everywhere where none is visible."""
    return torch.softmax(scores.masked_fill(~visible, -HIDDEN), dim=dim) * visible


def pool_rows(alpha: torch.Tensor, visible: torch.Tensor, pool: str) -> torch.Tensor:
    """Weights of x_j after pooling the rows of self-attention.

    alpha [R, N, N] (row i attends to j), visible bool [R, N] -> [R, N]
    """
    rows = visible.to(alpha.dtype)  # [R, N]
    if pool == "last":
        # The newest known click is the first visible position.
        rows = rows * (visible.long().cumsum(dim=1) == 1).to(alpha.dtype)
    elif pool == "mean":
        rows = rows / rows.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.einsum("ri,rij->rj", rows, alpha)


def weighted_sum(weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """weights [R, N], x [R, N, d] -> [R, d]"""
    return torch.bmm(weights.unsqueeze(1), x).squeeze(1)


def weighted_rows(weights: torch.Tensor, items: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The same of rows of a table, which are never copied out of it.

    weights [R, N], items int64 [R, N], x [m, d] -> [R, d]
    """
    return embedding_bag(items, x, per_sample_weights=weights, mode="sum")


def uniform_(parameter: torch.Tensor, columns: int) -> torch.nn.Parameter:
    """A matrix drawn as `freshet model init` bounds it: 1 / sqrt(columns)."""
    bound = columns ** -0.5
    return torch.nn.Parameter(parameter.uniform_(-bound, bound))
