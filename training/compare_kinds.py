"""Which kinds of attention are compared, what each is trained with, and what was published of them.

The numbers are those of the published comparison (docs/models.md); 6 to 8 exist there only as pictures.
"""
from __future__ import annotations

from dataclasses import dataclass

from model_config import UserError

# Channels make u a sum, so that it also says how many clicks there were; sums do that for the rows of self-attention.
PER_CHANNEL = "weight=per_channel,softmax=channels"


@dataclass(frozen=True)
class Kind:
    name: str
    options: tuple[str, ...]  # of scripts/train
    number: str = ""  # in the published comparison
    fields: bool = False  # the target as a sequence of its fields, too
    once: bool = False  # with the first seed only


@dataclass(frozen=True)
class Pair:
    """What a is over b, and what was published of it: AUC overall and of the deep side alone; None: nothing."""
    a: str
    b: str
    what: str
    overall: float | None = None
    deep: float | None = None


def kind(name, variant, number="", attention="", more=(), **rest):
    options = ("--variant", variant) + (("--attention", attention) if attention else ())
    return Kind(name, (*options, *more), number, **rest)


KINDS = [
    kind("none", "none"),
    kind("traditional", "traditional", "1"),
    kind("traditional_channels", "traditional", "1", PER_CHANNEL),
    kind("self", "self", "2", "score=scaled_dot"),
    kind("self_shared", "self_shared", "3", "score=scaled_dot"),
    kind("self_bilinear", "self_bilinear", "4"),
    kind("self_bilinear_activated", "self_bilinear_activated", "5"),
    kind("merged", "merged", "9"),
    kind("target_additive", "target", "", "score=additive"),
    kind("target_dot", "target", "", "score=dot"),
    kind("target_scaled_dot", "target", "", "score=scaled_dot"),
    kind("target_bilinear", "target", "", "score=bilinear"),
    kind("self_fields", "self", "2", "score=scaled_dot", fields=True),
    kind("self_shared_fields", "self_shared", "3", "score=scaled_dot", fields=True),
    # What a dot product's variance does to the weights shows where there are many dimensions.
    kind("self_dot_128", "self", "2", "score=dot,hidden=128", ("--dim", "128"), once=True),
    kind("self_scaled_dot_128", "self", "2", "score=scaled_dot,hidden=128", ("--dim", "128"), once=True),
    # Not in the default list.
    kind("self_shared_sum", "self_shared", "3", "score=scaled_dot,pool=sum"),
    kind("self_bilinear_sum", "self_bilinear", "4", "pool=sum"),
    kind("merged_channels", "merged", "9", "traditional.weight=per_channel,traditional.softmax=channels"),
]
DEFAULT = [k.name for k in KINDS[:16]]

PAIRS = [
    Pair("traditional", "none", "sequences"),
    Pair("traditional_channels", "none", "sequences, per channel"),
    Pair("traditional_channels", "traditional", "a weight for each channel"),
    Pair("self_shared", "self", "sharing, 3 over 2", +0.001, +0.003),
    Pair("self_shared_fields", "self_fields", "sharing, the target's fields too", +0.001, +0.003),
    Pair("self_bilinear", "self_shared", "bilinear, 4 over 3", 0.0, -0.002),
    Pair("self_bilinear_activated", "self_bilinear", "activation, 5 over 4", None, +0.002),
    Pair("merged", "traditional", "merge, 9 over 1", 0.0, +0.003),
    Pair("self", "traditional", "self-attention, 2 over 1", 0.0),
    Pair("self_shared", "traditional", "self-attention, 3 over 1", 0.0),
    Pair("self_bilinear", "traditional", "self-attention, 4 over 1", 0.0),
    Pair("self_bilinear_activated", "traditional", "self-attention, 5 over 1", 0.0),
    Pair("self_shared_sum", "traditional_channels", "self-attention, both as sums"),
    Pair("merged_channels", "traditional_channels", "merge, both per channel"),
    Pair("target_additive", "traditional", "the candidate asks: additive"),
    Pair("target_dot", "traditional", "the candidate asks: dot"),
    Pair("target_scaled_dot", "traditional", "the candidate asks: scaled dot"),
    Pair("target_bilinear", "traditional", "the candidate asks: bilinear"),
    Pair("target_scaled_dot", "target_dot", "scaling the dot"),
]


def kinds_of(names: list[str], with_fields: bool) -> list[Kind]:
    """Those of the names, in the table's order; by default all of the published kinds and of target attention."""
    known = {k.name: k for k in KINDS}
    for name in names:
        if name not in known:
            raise UserError(f"--variants {name}: say some of {', '.join(known)}")
        if known[name].fields and not with_fields:
            raise UserError(f"--variants {name}: --target-fields says which fields of --items the target has")
    wanted = set(names or [k for k in DEFAULT if with_fields or not known[k].fields])
    return [k for k in KINDS if k.name in wanted]


def pairs_of(kinds: list[Kind]) -> list[Pair]:
    there = {k.name for k in kinds}
    return [pair for pair in PAIRS if pair.a in there and pair.b in there]
