"""The naive twin of training/: the deep logit of one row as straight loops over lists, from the tensors' names.

It reads docs/formats.md, "Model folder", and nothing of training/, so a mistake there cannot repeat itself.
A sequence is [(row of the item or None, age in days)], newest first; a vector is a list of floats.
"""
import math


def matvec(matrix, x, bias=None):
    y = [sum(w * v for w, v in zip(row, x)) for row in matrix]
    return y if bias is None else [a + b for a, b in zip(y, bias)]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def activate(name, x):
    return [{"none": v, "relu": max(v, 0.0), "tanh": math.tanh(v)}[name] for v in x]


def softmax(scores):
    peak = max(scores)
    weights = [math.exp(s - peak) for s in scores]
    return [w / sum(weights) for w in weights]


def mix(weights, vectors):
    return [sum(w * x[c] for w, x in zip(weights, vectors)) for c in range(len(vectors[0]))]


def traditional_scores(tensors, place, options, x):
    h = activate(options["activation"], matvec(tensors[place + ".attention.w1"], x, tensors[place + ".attention.b1"]))
    return matvec(tensors[place + ".attention.w2"], h, tensors[place + ".attention.b2"])


def traditional(tensors, place, options, vectors, ages, fields=False):
    scores = [traditional_scores(tensors, place, options, x) for x in vectors]
    if options["softmax"] == "channels" and not fields:
        alphas = [softmax(s) for s in scores]
        return [sum(a[c] * x[c] for a, x in zip(alphas, vectors)) for c in range(len(vectors[0]))]
    lam = 0.0 if fields else options["recency_per_day"]
    u = []
    for c in range(len(vectors[0])):
        channel = c if options["weight"] == "per_channel" else 0
        alpha = softmax([s[channel] - lam * age for s, age in zip(scores, ages)])
        u.append(sum(a * x[c] for a, x in zip(alpha, vectors)))
    return u


def self_attention(tensors, place, options, variant, vectors, ages, fields=False):
    """`place` is behaviour.NAME.self or behaviour.NAME.target."""
    lam = 0.0 if fields else options["recency_per_day"]
    pooled = [0.0] * len(vectors[0])
    rows = vectors[:1] if options["pool"] == "last" else vectors
    for x_i in rows:
        scores = []
        for x_j, age in zip(vectors, ages):
            if len(vectors) == 1:
                e = 0.0
            else:
                q, k = matvec(tensors[place + ".wq"], x_i), matvec(tensors[place + ".wk"], x_j)
                score = options.get("score", "dot")
                if variant == "self_bilinear_activated":
                    q, k = activate(options["activation"], q), activate(options["activation"], k)
                if score == "additive":
                    e = dot(tensors[place + ".v"], [math.tanh(a + b) for a, b in zip(q, k)])
                else:
                    e = dot(q, k) / (math.sqrt(len(q)) if score == "scaled_dot" else 1.0)
            scores.append(e - lam * age)
        y = mix(softmax(scores), vectors)
        pooled = [a + b for a, b in zip(pooled, y)]
    if options["pool"] == "mean":
        pooled = [value / len(rows) for value in pooled]
    return pooled if variant.startswith("self_bilinear") else matvec(tensors[place + ".wv"], pooled)


def target_attention(tensors, place, options, vectors, ages, t):
    scores = []
    for x, age in zip(vectors, ages):
        score = options["score"]
        if score in ("additive", "bilinear"):
            k, q = matvec(tensors[place + ".wk"], x), matvec(tensors[place + ".wq"], t)
            e = dot(k, q) if score == "bilinear" else dot(
                tensors[place + ".v"], [math.tanh(a + b) for a, b in zip(k, q)])
        else:
            e = dot(x, t) / (math.sqrt(len(t)) if score == "scaled_dot" else 1.0)
        scores.append(e - options["recency_per_day"] * age)
    return mix(softmax(scores), vectors)


def user_side(tensors, config, behaviour, clicks, t):
    """The representations of one behaviour: a list of vectors, two for merged. t is the target's, for `target`."""
    known = [(tensors["item.embedding"][row], age) for row, age in clicks if row is not None]
    zeros = [0.0] * config.embedding_dim
    variant, options, place = config.variant, behaviour.attention, f"behaviour.{behaviour.name}"
    if not known or variant == "none":
        return [zeros, zeros] if variant == "merged" else [zeros]
    vectors, ages = zip(*known)
    if variant == "traditional":
        return [traditional(tensors, place, options, vectors, ages)]
    if variant == "target":
        return [target_attention(tensors, place + ".target", options, vectors, ages, t)]
    if variant == "merged":
        return [traditional(tensors, place, options["traditional"], vectors, ages),
                self_attention(tensors, place + ".self", options["self"], "self_bilinear_activated", vectors, ages)]
    return [self_attention(tensors, place + ".self", options, variant, vectors, ages)]


def target_side(tensors, config, behaviour, f):
    variant, options, place = config.variant, behaviour.attention, f"behaviour.{behaviour.name}"
    if not f:
        return [[0.0] * config.embedding_dim] * (2 if variant == "merged" else 1)
    none = [0.0] * len(f)
    if variant == "traditional":
        return [traditional(tensors, place, options, f, none, fields=True)]
    if variant in ("target", "none"):
        return [mix([1.0 / len(f)] * len(f), f)]
    if variant == "merged":
        return [traditional(tensors, place, options["traditional"], f, none, fields=True),
                self_attention(tensors, place + ".self", options["self"], "self_bilinear_activated", f, none, True)]
    side = ".target" if variant == "self" else ".self"
    return [self_attention(tensors, place + side, options, variant, f, none, fields=True)]


def deep_logit(tensors, config, sequences, candidate, field_rows=()):
    """tensors: name -> nested lists; field_rows: rows of target.embedding, None where the item has no such field"""
    f = [tensors["item.embedding"][candidate]] if not config.target_fields or "item" in config.target_fields else []
    f += [tensors["target.embedding"][row] for row in field_rows if row is not None]
    u, targets = [], []
    for behaviour, clicks in zip(config.behaviours, sequences):
        of_target = target_side(tensors, config, behaviour, f)
        targets += [value for vector in of_target for value in vector]
        u += [value for vector in user_side(tensors, config, behaviour, clicks, of_target[0]) for value in vector]
    fused = [a + b for a, b in zip(u, targets)] + [a - b for a, b in zip(u, targets)] + [
        a * b for a, b in zip(u, targets)]
    z = fused
    for layer in ("deep.0", "deep.1"):
        z = activate("relu", matvec(tensors[layer + ".weight"], z, tensors[layer + ".bias"]))
    return dot(tensors["deep.2.weight"][0], z)
