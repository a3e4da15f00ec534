"""The deep side: fusion [U+T; U-T; U*T], two dense layers with ReLU, one logit.

scorer/candidates/candidate_scorer.h serves it, folded for each user. P representations of d = embedding_dim.
"""
from __future__ import annotations

import torch
from torch import nn


class DeepTower(nn.Module):
    def __init__(self, representations: int, dim: int, layers: tuple[int, int], dropout: float = 0.0):
        super().__init__()
        h1, h2 = layers
        self.hidden1 = nn.Linear(3 * representations * dim, h1)  # weight [h1, 3 P d]
        self.hidden2 = nn.Linear(h1, h2)  # weight [h2, h1]
        self.output = nn.Linear(h2, 1)  # weight [1, h2]; its bias is the model's bias
        self.dropout = nn.Dropout(dropout)

    def forward(self, u: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """u [R, P d], t [R, P d] -> deep [R], without the bias"""
        fused = torch.cat([u + t, u - t, u * t], dim=1)  # [R, 3 P d]
        z1 = self.dropout(torch.relu(self.hidden1(self.dropout(fused))))  # [R, h1]
        z2 = self.dropout(torch.relu(self.hidden2(z1)))  # [R, h2]
        return z2 @ self.output.weight[0]
