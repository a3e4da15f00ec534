"""User-clustered bootstrap of AUC: how far a figure, or a difference of two, would move with other users.

Rows of one user stand or fall together, and models are compared on the same resampled users. Where a kind was
trained with several seeds, each replicate also draws that many of its seeds with replacement, so an interval
has the training's chance in it, too. R rows, M models, B replicates.
"""
from __future__ import annotations

import numpy as np

COVERAGE = 0.95


class RankedRows:
    """One model's rows in the order of their scores, ready for many weighted AUCs."""

    def __init__(self, label: np.ndarray, score: np.ndarray):
        """label, score [R]"""
        self.order = np.argsort(score, kind="stable")
        ranked = score[self.order]
        self.positive = label[self.order] > 0.5
        new = np.concatenate([[True], ranked[1:] != ranked[:-1]])
        self.begin = np.flatnonzero(new)  # of each group of equal scores

    def auc(self, weight: np.ndarray) -> float:
        """weight [R], in the rows' own order: how often each row counts. NaN without both labels."""
        weight = weight[self.order]
        clicked = np.add.reduceat(np.where(self.positive, weight, 0.0), self.begin)  # of each group
        other = np.add.reduceat(np.where(self.positive, 0.0, weight), self.begin)
        pairs = clicked.sum() * other.sum()
        if not pairs:
            return float("nan")
        below = np.cumsum(other) - other
        return float((clicked * (below + 0.5 * other)).sum() / pairs)


def resampled_aucs(label, scores, user, replicates: int, seed: int, say=lambda done: None) -> np.ndarray:
    """AUCs of M models on the rows as they are and on B resamplings of the users -> [M, 1 + B]

    label [R]; scores: M arrays [R]; user int [R]
    """
    _, place = np.unique(user, return_inverse=True)
    users = place.max() + 1
    ranked = [RankedRows(label, score) for score in scores]
    draw = np.random.default_rng(seed)
    found = np.empty((len(ranked), 1 + replicates))
    for replicate in range(1 + replicates):
        count = np.ones(users) if not replicate else np.bincount(draw.integers(0, users, users), minlength=users)
        weight = count[place].astype(float)
        found[:, replicate] = [rows.auc(weight) for rows in ranked]
        say(replicate)
    return found


def mean_over_seeds(aucs: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """aucs [S, 1 + B] of one kind's seeds -> their mean [1 + B]; of each replicate over seeds drawn anew"""
    seeds, columns = aucs.shape
    chosen = draw.integers(0, seeds, (seeds, columns))
    chosen[:, 0] = np.arange(seeds)
    return aucs[chosen, np.arange(columns)].mean(axis=0)


def interval(replicated: np.ndarray) -> tuple[float, float]:
    """[B] -> the bounds between which the middle COVERAGE of them is"""
    outside = 50 * (1 - COVERAGE)
    low, high = np.nanpercentile(replicated, [outside, 100 - outside])
    return float(low), float(high)
