"""How well logits rank and fit labels. R rows."""
from __future__ import annotations

import numpy as np


def auc(label: np.ndarray, score: np.ndarray) -> float:
    """The chance that a clicked row is above one that is not, ties counting half; NaN with one label only."""
    positive = label > 0.5
    clicked, other = int(positive.sum()), int((~positive).sum())
    if not clicked or not other:
        return float("nan")
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - (count - 1) / 2)[place]  # [R], from 1, the mean of tied ranks
    return float((rank[positive].sum() - clicked * (clicked + 1) / 2) / (clicked * other))


def log_loss(label: np.ndarray, logit: np.ndarray) -> float:
    """Mean negative log likelihood of the labels, in nats."""
    return float(np.mean(np.logaddexp(0.0, logit) - label * logit))
