"""What a model.yaml says of a model: variant, widths, attention options, target fields, crosses.

The keys are those of docs/formats.md, "Model folder", so a ModelConfig and a model.yaml are the same
thing written twice. d = embedding_dim, H = hidden, P = representations.
"""
from __future__ import annotations

from dataclasses import dataclass, field

VARIANTS = ("traditional", "self", "self_shared", "self_bilinear", "self_bilinear_activated",
            "merged", "target", "none")
CHOICES = {
    "activation": ("none", "relu", "tanh"),
    "weight": ("scalar", "per_channel"),
    "softmax": ("positions", "channels"),
    "pool": ("mean", "sum", "last"),
}
SELF_SCORES = ("dot", "scaled_dot", "additive")
TARGET_SCORES = ("additive", "dot", "scaled_dot", "bilinear")
ITEM_FIELD = "item"

# The order of each variant's keys in model.yaml.
TRADITIONAL_KEYS = ("hidden", "activation", "weight", "softmax", "recency_per_day")
SELF_KEYS = ("hidden", "score", "pool", "recency_per_day")
BILINEAR_KEYS = ("hidden", "pool", "recency_per_day")
ACTIVATED_KEYS = ("hidden", "activation", "pool", "recency_per_day")
KEYS = {
    "traditional": TRADITIONAL_KEYS,
    "self": SELF_KEYS,
    "self_shared": SELF_KEYS,
    "self_bilinear": BILINEAR_KEYS,
    "self_bilinear_activated": ACTIVATED_KEYS,
    "merged": ("traditional", "self"),
    "target": ("score", "hidden", "recency_per_day"),
    "none": (),
}


class UserError(Exception):
    """Something that the caller must change; the message says where and what."""


@dataclass
class Behaviour:
    name: str
    attention: dict = field(default_factory=dict)  # keys of KEYS[variant]; merged: two such


@dataclass
class ModelConfig:
    variant: str
    embedding_dim: int
    behaviours: list[Behaviour]
    layers: tuple[int, int] = (64, 32)
    target_fields: list[str] = field(default_factory=list)
    crosses: list[str] = field(default_factory=list)
    buckets: int = 0
    recent_clicks: int = 0
    name: str = "trained"
    version: int = 1

    @property
    def representations(self) -> int:
        """P: how many vectors of d a user has; merged has two for each behaviour."""
        return len(self.behaviours) * (2 if self.variant == "merged" else 1)


def complete_attention(variant: str, given: dict) -> dict:
    """The attention keys of a variant in their order, or a UserError naming what does not belong."""
    if variant not in VARIANTS:
        raise UserError(f'there is no variant "{variant}": say one of {", ".join(VARIANTS)}')
    if variant == "merged":
        return {"traditional": complete_attention("traditional", given.get("traditional", {})),
                "self": complete_attention("self_bilinear_activated", given.get("self", {}))}
    defaults = {"hidden": 16, "activation": "tanh", "weight": "scalar", "softmax": "positions",
                "score": "dot", "pool": "mean", "recency_per_day": 0.0}
    if variant == "self_bilinear_activated":
        defaults["activation"] = "relu"
    attention = {key: given.get(key, defaults[key]) for key in KEYS[variant]}
    if variant == "target" and attention["score"] not in ("additive", "bilinear"):
        del attention["hidden"]
    for key, value in attention.items():
        allowed = CHOICES.get(key, (value,))
        if key == "score":
            allowed = TARGET_SCORES if variant == "target" else SELF_SCORES
        if key == "activation" and variant == "self_bilinear_activated":
            allowed = ("relu", "tanh")
        if value not in allowed:
            raise UserError(f"{key}: {value} is not for {variant}: say one of {', '.join(allowed)}")
    if attention.get("softmax") == "channels":
        if attention["weight"] != "per_channel":
            raise UserError("softmax: channels needs weight: per_channel")
        if attention["recency_per_day"]:
            raise UserError("softmax: channels has no place for recency_per_day: leave it 0")
    return attention


def flow(mapping: dict) -> str:
    """A YAML mapping on one line."""
    def text(value):
        if isinstance(value, dict):
            return flow(value)
        return repr(value) if isinstance(value, float) else str(value)
    return "{" + ", ".join(f"{key}: {text(value)}" for key, value in mapping.items()) + "}"


def to_yaml(config: ModelConfig, checksums: dict[str, str]) -> str:
    lines = ["format: 1", f'name: "{config.name}"', f"version: {config.version}",
             f"variant: {config.variant}", f"embedding_dim: {config.embedding_dim}"]
    if config.target_fields:
        lines.append(f"target_fields: [{', '.join(config.target_fields)}]")
    lines.append("behaviours:")
    for behaviour in config.behaviours:
        lines.append(f'  - name: "{behaviour.name}"')
        if config.variant != "none":
            lines.append(f"    attention: {flow(behaviour.attention)}")
    lines.append(f"deep: {{layers: [{config.layers[0]}, {config.layers[1]}]}}")
    if config.crosses:
        lines += ["wide:", f"  buckets: {config.buckets}", f"  recent_clicks: {config.recent_clicks}",
                  "  crosses:"]
        lines += [f'    - "{cross}"' for cross in config.crosses]
    lines.append("checksum:")
    lines += [f'  {name}: "{value}"' for name, value in checksums.items()]
    return "\n".join(lines) + "\n"
