#!/usr/bin/env python3
"""Prints model_parity.txt: small models of every variant, and the logits that PyTorch gives them in double.

For each variant the models cover every value of every option, and every pair of two options' values
(AXES below is the matrix). Weights are not stored: the file names each tensor's shape and bound, and its
values are the stream of docs/formats.md, "Random models", of seed 1. Usage: make_model_parity.py > model_parity.txt

    model NAME                             a model begins
    yaml LINE                              of its model.yaml, checksums left out
    tensor NAME BOUND DIM...               of its weights.safetensors, in order
    fields LINE                            of its target_fields.txt
    case USER TAB NOW                      a case begins: TAB is - where absent, NOW in ms
    clicks BEHAVIOUR ROW:TS ...            newest first, by time and then by id; row - is an item that the model does not know
    logit ROW DEEP WIDE TOTAL              of a candidate
"""
import itertools
import math
import random
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))

from hashing import MASK, fnv1a64, hash_context, hash_ids, mix64  # noqa: E402
from model_config import Behaviour, ModelConfig, complete_attention, to_yaml  # noqa: E402
from model_folder import field_lines  # noqa: E402
from tensor_names import all_tensors  # noqa: E402
from wide_deep import Batch, FieldValues, Sequence, WideDeep  # noqa: E402
from wide_features import wide_buckets  # noqa: E402

ITEMS, FIELD_ROWS, SEED, LENGTH_MAX, DAY_MS = 20, 7, 1, 50, 86_400_000
NOW = 1_651_500_000_000
CROSSES = ["item", "user", "context:tab", "recent x item", "context:tab x item"]
BUCKETS, RECENT_CLICKS = 997, 3
CANDIDATES = [0, 7, ITEMS - 1]

COMMON = {"d": [32, 45, 64, 128], "behaviours": [1, 2], "fields": ["none", "item+2", "2"],
          "recency_per_day": [0.0, 0.3], "scores": ["usual", "extreme"]}
POOL = {"pool": ["mean", "sum", "last"]}
TRADITIONAL = {"activation": ["none", "relu", "tanh"],
               "attention": ["scalar positions", "per_channel positions", "per_channel channels"]}
AXES = {
    "traditional": {**COMMON, **TRADITIONAL},
    "self": {**COMMON, **POOL, "score": ["dot", "scaled_dot", "additive"]},
    "self_shared": {**COMMON, **POOL, "score": ["dot", "scaled_dot", "additive"]},
    "self_bilinear": {**COMMON, **POOL},
    "self_bilinear_activated": {**COMMON, **POOL, "phi": ["relu", "tanh"]},
    "merged": {**COMMON, **POOL, **TRADITIONAL, "phi": ["relu", "tanh"]},
    "target": {**COMMON, "score": ["additive", "dot", "scaled_dot", "bilinear"]},
    "none": {"d": COMMON["d"], "fields": COMMON["fields"]},
}


def allowed(choice):
    """Channels have no place for recency, in merged only for the whole of it here."""
    return not ("channels" in choice.get("attention", "") and choice["recency_per_day"])


def covering(axes):
    """A short list of choices in which every allowed pair of two axes' values occurs."""
    names = list(axes)
    every = [dict(zip(names, values)) for values in itertools.product(*axes.values())]
    every = [choice for choice in every if allowed(choice)]

    def pairs(choice):
        return set(itertools.combinations(choice.items(), 2))

    every = [(choice, pairs(choice)) for choice in every]
    left = set().union(*(found for _, found in every))
    while left:
        choice, found = max(every, key=lambda entry: len(entry[1] & left))
        yield choice
        left -= found


def attention_of(variant, choice):
    recency, hidden = choice.get("recency_per_day", 0.0), 5
    traditional = {"hidden": hidden, "activation": choice.get("activation", "tanh"), "recency_per_day": recency,
                   **dict(zip(("weight", "softmax"), choice.get("attention", "scalar positions").split(" ")))}
    attention = {"hidden": hidden, "recency_per_day": recency,
                 **{key: choice[key] for key in ("pool", "score") if key in choice}}
    if "phi" in choice:
        attention["activation"] = choice["phi"]
    if variant == "merged":
        return {"traditional": traditional, "self": attention}
    return traditional if variant == "traditional" else attention


def make_config(variant, name, choice):
    behaviours = ["click", "cart"][:choice.get("behaviours", 1)]
    fields = {"none": [], "item+2": ["item", "author", "tag"], "2": ["author", "tag"]}[choice["fields"]]
    attention = complete_attention(variant, attention_of(variant, choice))
    return ModelConfig(variant=variant, embedding_dim=choice["d"], name=name, layers=(7, 5), target_fields=fields,
                       behaviours=[Behaviour(behaviour, attention) for behaviour in behaviours],
                       crosses=CROSSES, buckets=BUCKETS, recent_clicks=RECENT_CLICKS)


def stream(name, count, bound):
    """The first `count` values of the tensor's stream, rounded to float, as doubles [count]"""
    state = np.uint64(mix64((SEED ^ fnv1a64(name.encode())) & MASK))
    steps = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    unit = (mix64(state + steps) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (-bound + (bound + bound) * unit).astype(np.float32).astype(np.float64)


def bound_of(name, shape, choice):
    if name in ("item.embedding", "target.embedding"):
        return 1.0
    if name == "wide.weight" or name.endswith((".b1", ".b2", ".bias")):
        return 0.125
    bound = 2.0 ** -math.ceil(math.log2(shape[-1]) / 2)  # a power of two near 1 / sqrt(columns)
    if choice.get("scores") == "extreme" and name.endswith((".w2", ".wq", ".wk", ".v")):
        return bound * 32
    return bound * 2 if name.startswith("deep.") else bound


@torch.no_grad()
def make_model(config, choice):
    """The model in double, and the golden's tensor lines."""
    target = None
    if config.target_fields:
        draw = random.Random(config.name)
        columns = [name for name in config.target_fields if name != "item"]
        values = [[max(-1, draw.randrange(-3, FIELD_ROWS)) for _ in columns] for _ in range(ITEMS)]
        values[CANDIDATES[0]] = [-1 for _ in columns]  # without item: a candidate of no field
        target = FieldValues(torch.tensor(values), FIELD_ROWS)
    model = WideDeep(config, ITEMS, target=target).double().eval()
    tensors = {**all_tensors(model), "item.embedding": model.items.own}
    lines = []
    for name, parameter in tensors.items():
        bound = bound_of(name, parameter.shape, choice)
        parameter.copy_(torch.from_numpy(stream(name, parameter.numel(), bound)).view(parameter.shape))
        lines.append(f"tensor {name} {bound!r} {' '.join(map(str, parameter.shape))}")
    for name, parameter in model.named_parameters():
        if name.endswith("recency_per_day"):
            parameter.fill_(choice.get("recency_per_day", 0.0))
    return model, lines


def cases(draw):
    """(user, tab, now, clicks of behaviour i as [(row or None, ts)], newest first)"""
    def clicks(count, rows, gap_ms):
        ts, made = NOW, []
        for _ in range(count):
            ts -= 1 + draw.randrange(gap_ms)
            made.append((draw.choice(rows), ts))
        return made

    every, some = list(range(ITEMS)), [*range(ITEMS), None]
    yield "u1", "1", [[], []]
    yield "u2", None, [clicks(4, [None], DAY_MS), clicks(1, every, DAY_MS)]
    yield "u3", "0", [clicks(1, every, DAY_MS), []]
    yield "u4", "1", [clicks(LENGTH_MAX, every, DAY_MS), clicks(LENGTH_MAX, some, 1000)]
    yield "u5", "9", [clicks(LENGTH_MAX, [3], DAY_MS // 50), clicks(9, [3, 7], DAY_MS)]
    yield "u6", "1", [clicks(12, some, 3 * DAY_MS), clicks(30, some, DAY_MS // 4)]
    same = clicks(1, every, DAY_MS)[0][1]
    yield "u7", "1", [[(row, same) for row in (9, 4, 2)], [(None, NOW - 5), (0, NOW - 9 * DAY_MS)]]


def one_sequence(clicks):
    return Sequence(torch.tensor([[0 if row is None else row for row, _ in clicks] or [0]]),
                    torch.tensor([[row is not None for row, _ in clicks] or [False]]),
                    torch.tensor([[(NOW - ts) / DAY_MS for _, ts in clicks] or [0.0]], dtype=torch.float64))


def wide_of(config, user, tab, clicks, candidate):
    items = hash_ids([f"v{row}" for row in range(ITEMS)])
    recent = np.zeros((1, RECENT_CLICKS), np.uint64)
    known = [row for row, _ in clicks if row is not None][:RECENT_CLICKS]
    recent[0, :len(known)] = items[known]
    present = np.arange(RECENT_CLICKS)[None] < len(known)
    tab_hash = (hash_context("tab", [tab or ""]), np.array([tab is not None]))
    return torch.from_numpy(wide_buckets(config.crosses, config.buckets, items[[candidate]], hash_ids([user]),
                                         {"tab": tab_hash}, recent, present))


def one_batch(config, user, tab, clicks, candidate):
    return Batch(torch.tensor([candidate]), [one_sequence(sequence) for sequence in clicks],
                 wide_of(config, user, tab, clicks[0], candidate))


@torch.no_grad()
def model_lines(variant, number, choice):
    config = make_config(variant, f"{variant}-{number}", choice)
    model, tensor_lines = make_model(config, choice)
    yield f"model {config.name}"
    yield from (f"yaml {line}" for line in to_yaml(config, {}).splitlines()[:-1])
    yield from tensor_lines
    yield from (f"fields {line}" for line in (field_lines(config, model) or "").splitlines())
    for user, tab, clicks in cases(random.Random(f"{variant} {number} cases")):
        clicks = clicks[:len(config.behaviours)]
        yield f"case {user} {tab or '-'} {NOW}"
        for behaviour, sequence in zip(config.behaviours, clicks):
            told = (f" {'-' if row is None else row}:{ts}" for row, ts in sequence)
            yield f"clicks {behaviour.name}{''.join(told)}"
        for candidate in CANDIDATES:
            found = model(one_batch(config, user, tab, clicks, candidate))
            yield f"logit {candidate} {found.deep.item()!r} {found.wide.item()!r} {found.total.item()!r}"


def lines():
    for variant, axes in AXES.items():
        for number, choice in enumerate(covering(axes)):
            yield from model_lines(variant, number, choice)


if __name__ == "__main__":
    sys.stdout.writelines(line + "\n" for line in lines())
