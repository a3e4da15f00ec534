"""How spread the weights of an attention layer are: entropy over the visible clicks, 1 where all weigh the same,
0 where one has all. What saturates learns slowly: the argument for dividing dot products by sqrt(d), whose variance
grows with d for vectors of a fixed spread.
"""
from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import embedding

from attention_math import masked_softmax
from self_attention import SelfAttention
from target_attention import TargetAttention


def layer_weights(attention, x, rows, sequence, target):
    """Weights before any pooling: [R, K, N], K rows of attention for each example; None for other kinds."""
    if isinstance(attention, SelfAttention):
        layer = attention.user_layer
        q, k = embedding(rows, attention.per_item(x)).chunk(2, dim=2)
        penalty = attention.recency_per_day * sequence.age_days
        return masked_softmax(layer.scores(q, k) - penalty.unsqueeze(1), sequence.visible.unsqueeze(1), dim=2)
    if isinstance(attention, TargetAttention):
        keys = embedding(rows, attention.per_item(x))
        penalty = attention.recency_per_day * sequence.age_days
        return masked_softmax(attention.score_of(keys, target) - penalty, sequence.visible, dim=1).unsqueeze(1)
    return None


@torch.no_grad()
def mean_entropy(model, batches, rows: np.ndarray) -> float | None:
    """Mean over rows of at least two visible clicks, over the behaviours: in units of the log of their number."""
    model.eval()
    batch = batches.batch(rows)
    x, item, clicks = model.local_rows(batch)
    f, present = model.target.fields(batch.item, embedding(item, x))
    found = []
    for attention, sequence, places in zip(model.attention, batch.sequences, clicks):
        weights = layer_weights(attention, x, places, sequence, attention.target(f, present))
        if weights is None:
            return None
        known = sequence.visible.sum(dim=1)  # [R]
        entropy = -(weights * weights.clamp(min=1e-30).log()).sum(dim=2)  # [R, K]
        asking = sequence.visible if weights.shape[1] > 1 else torch.ones_like(sequence.visible[:, :1])
        counted = asking & (known >= 2).unsqueeze(1)
        relative = entropy / known.clamp(min=2).to(entropy.dtype).log().unsqueeze(1)
        if counted.any():
            found.append(float(relative[counted].mean()))
    return float(np.mean(found)) if found else None
