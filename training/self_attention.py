"""Variants 2 to 5, self-attention: each click attends to all, and the rows are pooled to one vector.

e_ij = score(Wq x_i, Wk x_j) - lambda * age_j, alpha_i = softmax_j, y_i = sum_j alpha_ij x_j,
u = Wv pool_i(y_i); the bilinear kinds (4, 5) have no Wv. Wv stands behind the pooling: it is linear,
so the result is that of the layer with values Wv x_j, at a cost that does not grow with N.
"""
from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import embedding

from attention_math import HIDDEN, activate, pool_rows, uniform_, weighted_rows, weighted_sum


class SelfAttentionLayer(nn.Module):
    """One set of parameters. R rows, N positions, H = hidden."""

    def __init__(self, dim: int, hidden: int, score: str, activation: str, pool: str, values: bool,
                 queries: bool = True):
        super().__init__()
        self.score = score
        self.activation = activation
        self.pool = pool
        if queries:
            self.wq = uniform_(torch.empty(hidden, dim), dim)  # [H, d]
            self.wk = uniform_(torch.empty(hidden, dim), dim)  # [H, d]
            if score == "additive":
                self.v = uniform_(torch.empty(hidden), hidden)  # [H]
        if values:
            self.wv = uniform_(torch.empty(dim, dim), dim)  # [d, d]
        self.has_queries = queries
        self.has_values = values

    def per_item(self, x):
        """q and k, side by side: x [..., d] -> [..., 2 H]"""
        return torch.cat([activate(self.activation, x @ self.wq.T),
                          activate(self.activation, x @ self.wk.T)], dim=-1)

    def scores(self, q, k):
        """q, k [R, N, H] -> e [R, N, N]"""
        if self.score == "additive":
            return torch.tanh(q.unsqueeze(2) + k.unsqueeze(1)) @ self.v
        e = torch.bmm(q, k.transpose(1, 2))
        return e / q.shape[2] ** 0.5 if self.score == "scaled_dot" else e

    def weights(self, qk, visible, penalty):
        """The weight of each x_j after pooling: qk [R, N, 2 H], visible bool [R, N], penalty [R, N] -> [R, N]"""
        if not self.has_queries:
            return visible.to(penalty.dtype)  # a single vector has the weight 1
        q, k = qk.chunk(2, dim=2)  # [R, N, H] each
        # One subtraction of [R, N, N] for recency and mask. A row without a visible position to attend to is
        # not visible itself, so pool_rows leaves it out.
        e = self.scores(q, k) - penalty.masked_fill(~visible, HIDDEN).unsqueeze(1)  # [R, N, N]
        return pool_rows(torch.softmax(e, dim=2), visible, self.pool)

    def values(self, pooled):
        """[R, d] -> [R, d]"""
        return pooled @ self.wv.T if self.has_values else pooled


class SelfAttention(nn.Module):
    """The user's layer and the target's: two of them (self), or one for both (all others)."""

    def __init__(self, variant: str, dim: int, options: dict, target_fields: bool):
        super().__init__()
        bilinear = variant.startswith("self_bilinear")
        score = "dot" if bilinear else options["score"]
        activation = options.get("activation", "none")
        self.user_layer = SelfAttentionLayer(dim, options["hidden"], score, activation,
                                             options["pool"], values=not bilinear)
        self.target_layer = None
        if variant == "self":
            # Over a single vector the weights are 1, so only Wv is left to learn.
            self.target_layer = SelfAttentionLayer(dim, options["hidden"], score, activation,
                                                   options["pool"], values=True, queries=target_fields)
        self.recency_per_day = nn.Parameter(torch.tensor(float(options["recency_per_day"])))

    def per_item(self, x):
        """x [m, d] -> [m, 2 H]"""
        return self.user_layer.per_item(x)

    def user(self, x, qk, items, visible, age_days, target=None):
        """x [m, d], qk [m, 2 H], items int64 [R, N] (rows of both), visible bool [R, N], age_days [R, N] -> u [R, d]"""
        layer = self.user_layer
        weights = layer.weights(embedding(items, qk), visible, self.recency_per_day * age_days)
        return layer.values(weighted_rows(weights, items, x))

    def target(self, f, present):
        """The candidate's fields f [R, F, d], present bool [R, F] -> T [R, d]"""
        layer = self.target_layer or self.user_layer
        qk = layer.per_item(f) if layer.has_queries else None
        return layer.values(weighted_sum(layer.weights(qk, present, f.new_zeros(present.shape)), f))
