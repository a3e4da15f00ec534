"""Variant 9, merged: traditional attention and activated bilinear self-attention, side by side."""
from __future__ import annotations

import torch
from torch import nn

from self_attention import SelfAttention
from traditional_attention import TraditionalAttention


class MergedAttention(nn.Module):
    def __init__(self, dim: int, options: dict):
        super().__init__()
        self.traditional = TraditionalAttention(dim, options["traditional"])
        self.self = SelfAttention("self_bilinear_activated", dim, options["self"], False)
        self.scores = self.traditional.w2.shape[0]  # S

    def per_item(self, x):
        """x [m, d] -> [m, S + 2 H]"""
        return torch.cat([self.traditional.per_item(x), self.self.per_item(x)], dim=1)

    def user(self, x, keys, items, visible, age_days, target=None):
        """keys [m, S + 2 H], the rest as both layers take it -> [R, 2 d]: the traditional representation, then the self-attention's"""
        scores, qk = keys[:, :self.scores], keys[:, self.scores:]
        return torch.cat([self.traditional.user(x, scores, items, visible, age_days),
                          self.self.user(x, qk, items, visible, age_days)], dim=1)

    def target(self, f, present):
        """-> [R, 2 d], in the same order"""
        return torch.cat([self.traditional.target(f, present), self.self.target(f, present)], dim=1)
