"""Variant 1, traditional attention: a weight for each click from the click alone.

h = act(W1 x + b1), s = W2 h + b2, alpha = softmax of s over positions (or over channels),
u = sum_i alpha_i * x_i. scorer/pooling/traditional_pool.h serves it. S = 1 (scalar) or d (per channel).
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import embedding

from attention_math import activate, masked_softmax, uniform_, weighted_rows


class TraditionalAttention(nn.Module):
    def __init__(self, dim: int, options: dict):
        super().__init__()
        hidden = options["hidden"]
        scores = dim if options["weight"] == "per_channel" else 1
        self.activation = options["activation"]
        self.over_channels = options["softmax"] == "channels"
        self.w1 = uniform_(torch.empty(hidden, dim), dim)  # [H, d]
        self.b1 = nn.Parameter(torch.zeros(hidden))  # [H]
        self.w2 = uniform_(torch.empty(scores, hidden), hidden)  # [S, H]
        self.b2 = nn.Parameter(torch.zeros(scores))  # [S]
        self.recency_per_day = nn.Parameter(torch.tensor(float(options["recency_per_day"])),
                                            requires_grad=not self.over_channels)

    def per_item(self, x: torch.Tensor) -> torch.Tensor:
        """The scores that depend on the item alone: x [m, d] -> s [m, S]"""
        return activate(self.activation, x @ self.w1.T + self.b1) @ self.w2.T + self.b2

    def user(self, x, scores, items, visible, age_days, target=None):
        """x [m, d], scores [m, S], items int64 [R, N] (rows of both), visible bool [R, N], age_days [R, N] -> u [R, d]"""
        if self.over_channels:
            # A click's weights depend on its item alone, so each item is weighted once.
            return weighted_rows(visible.to(x.dtype), items, torch.softmax(scores, dim=1) * x)
        scores = embedding(items, scores) - self.recency_per_day * age_days.unsqueeze(2)  # [R, N, S]
        alpha = masked_softmax(scores, visible.unsqueeze(2), dim=1)  # [R, N, S]
        if alpha.shape[2] == 1:
            return weighted_rows(alpha.squeeze(2), items, x)
        return (alpha * embedding(items, x)).sum(dim=1)

    def target(self, f, present):
        """The candidate's fields f [R, F, d], present bool [R, F] -> T [R, d]

        Always over the fields, channel by channel: a single field is its own vector.
        """
        alpha = masked_softmax(self.per_item(f), present.unsqueeze(2), dim=1)  # [R, F, S]
        return (alpha * f).sum(dim=1)
