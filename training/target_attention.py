"""Target attention: each candidate asks the clicks anew. The comparison that costs O(C N d).

alpha = softmax_j(score(x_j, t) - lambda * age_j), u = sum_j alpha_j x_j, with t the candidate's T: its row, or
the mean of its fields.
additive v'tanh(Wk x + Wq t); dot x't; scaled_dot x't / sqrt(d); bilinear (Wk x)'(Wq t).
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import embedding

from attention_math import masked_softmax, uniform_, weighted_rows, weighted_sum


class TargetAttention(nn.Module):
    def __init__(self, dim: int, options: dict):
        super().__init__()
        self.score = options["score"]
        if self.score in ("additive", "bilinear"):
            hidden = options["hidden"]
            self.wq = uniform_(torch.empty(hidden, dim), dim)  # [H, d]
            self.wk = uniform_(torch.empty(hidden, dim), dim)  # [H, d]
        if self.score == "additive":
            self.v = uniform_(torch.empty(hidden), hidden)  # [H]
        self.recency_per_day = nn.Parameter(torch.tensor(float(options["recency_per_day"])))

    def per_item(self, x):
        """The clicks' side: x [m, d] -> [m, H], or x itself for the dots"""
        return x @ self.wk.T if self.score in ("additive", "bilinear") else x

    def score_of(self, keys, target):
        """keys [R, N, H or d], target [R, d] -> e [R, N]"""
        if self.score == "additive":
            return torch.tanh(keys + (target @ self.wq.T).unsqueeze(1)) @ self.v
        query = target @ self.wq.T if self.score == "bilinear" else target
        e = torch.bmm(keys, query.unsqueeze(2)).squeeze(2)
        return e / target.shape[1] ** 0.5 if self.score == "scaled_dot" else e

    def user(self, x, keys, items, visible, age_days, target):
        """x [m, d], keys [m, H or d], items int64 [R, N] (rows of both), visible bool [R, N], age_days [R, N],
        target [R, d] -> u [R, d]
        """
        e = self.score_of(embedding(items, keys), target)
        alpha = masked_softmax(e - self.recency_per_day * age_days, visible, dim=1)
        return weighted_rows(alpha, items, x)

    def target(self, f, present):
        """The mean of the candidate's fields: f [R, F, d], present bool [R, F] -> T [R, d]"""
        return mean_of_fields(f, present)


class NoAttention(nn.Module):
    """Variant none: the model without sequences. u = 0."""

    def per_item(self, x):
        """x [m, d] -> x"""
        return x

    def user(self, x, keys, items, visible, age_days, target):
        """-> u [R, d] of zeros"""
        return torch.zeros_like(target)

    def target(self, f, present):
        """f [R, F, d], present bool [R, F] -> T [R, d]"""
        return mean_of_fields(f, present)


def mean_of_fields(f: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    weights = present.to(f.dtype)  # [R, F]
    return weighted_sum(weights / weights.sum(dim=1, keepdim=True).clamp(min=1), f)
