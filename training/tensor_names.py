"""Which parameter of the PyTorch model is which tensor of weights.safetensors (docs/formats.md)."""
from __future__ import annotations

import torch

from merged_attention import MergedAttention
from self_attention import SelfAttention
from target_attention import TargetAttention
from traditional_attention import TraditionalAttention
from wide_deep import WideDeep


def attention_tensors(name: str, attention) -> dict[str, torch.Tensor]:
    """The tensors of behaviour `name`, in the folder's order."""
    place = f"behaviour.{name}"
    if isinstance(attention, MergedAttention):
        return {**attention_tensors(name, attention.traditional), **attention_tensors(name, attention.self)}
    if isinstance(attention, TraditionalAttention):
        return {f"{place}.attention.{key}": getattr(attention, key) for key in ("w1", "b1", "w2", "b2")}
    if isinstance(attention, SelfAttention):
        layers = [("self", attention.user_layer), ("target", attention.target_layer)]
    elif isinstance(attention, TargetAttention):
        layers = [("target", attention)]
    else:
        layers = []
    return {f"{place}.{side}.{key}": getattr(layer, key)
            for side, layer in layers if layer is not None
            for key in ("wq", "wk", "wv", "v") if hasattr(layer, key)}


def all_tensors(model: WideDeep) -> dict[str, torch.Tensor]:
    """Name -> tensor. item.embedding is the composed, bounded table; all others are parameters."""
    tensors = {"item.embedding": model.items()}
    if model.target.values is not None:
        tensors["target.embedding"] = model.target.embedding
    for behaviour, attention in zip(model.config.behaviours, model.attention):
        tensors.update(attention_tensors(behaviour.name, attention))
    for place, layer in enumerate((model.deep.hidden1, model.deep.hidden2, model.deep.output)):
        tensors[f"deep.{place}.weight"] = layer.weight
        tensors[f"deep.{place}.bias"] = layer.bias
    if model.wide is not None:
        tensors["wide.weight"] = model.wide.weight
    return tensors


def recency_options(attention, options: dict) -> dict:
    """The attention options with the learned recency_per_day in them."""
    if isinstance(attention, MergedAttention):
        return {"traditional": recency_options(attention.traditional, options["traditional"]),
                "self": recency_options(attention.self, options["self"])}
    if "recency_per_day" not in options:
        return options
    return {**options, "recency_per_day": float(attention.recency_per_day)}
