#!/usr/bin/env python3
"""Prints variant_golden.txt from docs/formats.md alone: every variant but the traditional one without fields.

As make_scorer_golden.py, whose exactly rounded operations it uses. Usage: make_variant_golden.py > variant_golden.txt
"""
from fractions import Fraction
import math

from make_scorer_golden import (
    BEHAVIOURS, CANDIDATES, DIM, H1, H2, HIDDEN, ITEMS, LENGTH_MAX, SEED, Random, add32, attention_scores, deep_logit,
    dense, exp64, f32, fixed_dot, fma32, fma64, fnv1a64, hex32, mix64, over_positions, relu, rte, sigmoid, tanh64, tensor,
    wide_logit)

FIELD_ROWS = 5
ORIGIN_MS = 1577836800000


def values(name, rows, cols, factor=1):
    return [[f32(Fraction(value) * factor) for value in row] for row in tensor(name, rows, cols)]


def project(weight, x):
    return dense(weight, [0.0] * len(weight), x, fma64)


def activate(activation, z):
    return relu(z) if activation == "relu" else [tanh64(value) for value in z] if activation == "tanh" else z


# The queries of the second behaviour are four times as long, so that its scores are further apart.
def score_weights(prefix, behaviour, additive):
    return (values(prefix + "wq", HIDDEN, DIM, 4 if behaviour == 1 else 1), values(prefix + "wk", HIDDEN, DIM),
            values(prefix + "v", 1, HIDDEN)[0] if additive else None)


def softmax_sum(scores, rows):
    """The weighted sum of rows in double, by the softmax of scores, in the order of the rows."""
    peak = max(scores)
    a = [exp64(score - peak) for score in scores]
    z = 0.0
    for weight in a:
        z = z + weight
    total = [0.0] * DIM
    for weight, row in zip(a, rows):
        total = [fma64(weight, x, s) for x, s in zip(row, total)]
    return [s / z for s in total]


# --- Self-attention ------------------------------------------------------------------------------

def fixed_lanes(terms):
    """Eight lanes and their tree; a term is a function of the lane's sum."""
    lane = [0.0] * 8
    for i, term in enumerate(terms):
        lane[i % 8] = term(lane[i % 8])
    for width in (4, 2, 1):
        for j in range(width):
            lane[j] = lane[j] + lane[j + width]
    return lane[0]


def pair_score(kind, q, k, v):
    if kind != "additive":
        return fixed_lanes([lambda sum_, a=a, b=b: fma64(a, b, sum_) for a, b in zip(q, k)])
    return fixed_lanes([lambda sum_, a=a, b=b, c=c: fma64(c, 1 - 2 / fma64(a, b, 1.0), sum_)
                        for a, b, c in zip(q, k, v)])


def queries_and_keys(kind, activation, wq, wk, x):
    q, k = activate(activation, project(wq, x)), activate(activation, project(wk, x))
    if kind == "scaled_dot":
        q = [value / math.sqrt(HIDDEN) for value in q]
    if kind == "additive":
        q, k = [exp64(2 * value) for value in q], [exp64(2 * value) for value in k]
    return q, k


def row_grid(items):
    row_max = [max(abs(value) for value in row) for row in items]
    e = math.ceil(math.log2(max(row_max)))
    g_w = min(51, 62 - math.ceil(math.log2(LENGTH_MAX)))
    assert LENGTH_MAX * (2.0**e / min(row_max) + 1) <= 2.0 ** (g_w - 32)
    return g_w, g_w - e


def self_attention(items, behaviour, kind, activation, pool, wv, clicks, recency):
    wq, wk, v = score_weights(f"behaviour.{BEHAVIOURS[behaviour]}.self.", behaviour, kind == "additive")
    g_w, g_x = row_grid(items)
    rho = recency / 86400000
    sides = [queries_and_keys(kind, activation, wq, wk, items[row]) for _, row in clicks]
    newest = max(range(len(clicks)), key=lambda i: (clicks[i][0], b"v%d" % clicks[i][1]))
    total = [0] * DIM
    rows = [newest] if pool == "last" else range(len(clicks))
    for i in rows:
        scores = [pair_score(kind, sides[i][0], key, v) for _, key in sides]
        if recency:
            scores = [s + rho * float(ts - ORIGIN_MS) for s, (ts, _) in zip(scores, clicks)]
        r = 8 * max(math.ceil(Fraction(s) / 8) for s in scores)
        weights = [0.0 if s - r < -45 else f32(exp64(s - r)) for s in scores]
        norm = sum(rte(Fraction(w) * 2**g_w) for w in weights)
        for c in range(DIM):
            a = sum(rte(Fraction(w) * Fraction(items[row][c]) * Fraction(2) ** g_x)
                    for w, (_, row) in zip(weights, clicks))
            total[c] += rte(float(a) * (2.0 ** (g_w - 1) / float(norm)))
    n = len(clicks) if pool == "mean" else 1
    pooled = [float(value) / n * 2.0 ** (1 - g_x) for value in total]
    if wv:
        pooled = project(values(f"behaviour.{BEHAVIOURS[behaviour]}.self.wv", DIM, DIM), pooled)
    return [f32(value) for value in pooled]


# --- Target side ---------------------------------------------------------------------------------

def field_rows(columns):
    stream = Random(mix64(SEED ^ fnv1a64(b"target_fields")))
    rows = []
    for _ in range(ITEMS):
        rows.append([])
        for _ in range(columns):
            row = stream.below(FIELD_ROWS)
            missing = float(stream.next() >> 11) * 2.0**-53 < 0.125
            rows[-1].append(None if missing else row)
    return rows


def fields_of(items, fields, candidate):
    if not fields:
        return [items[candidate]]
    embedding = tensor("target.embedding", FIELD_ROWS, DIM, 1.0)
    rows = [items[candidate]] if fields[0] == "item" else []
    columns = len(fields) - (1 if fields[0] == "item" else 0)
    return rows + [embedding[row] for row in field_rows(columns)[candidate] if row is not None]


def mean_target(rows):
    total = [0.0] * DIM
    for row in rows:
        total = [s + x for s, x in zip(total, row)]
    return [f32(s / len(rows)) for s in total]


def traditional_target(behaviour, activation, channels, rows):
    scores = attention_scores(rows, behaviour, activation, channels)
    by_channel = [softmax_sum([s[c] for s in scores], rows) for c in range(channels)]
    return [f32(by_channel[c % channels][c]) for c in range(DIM)]


def self_target(behaviour, side, kind, activation, pool, wv, rows):
    prefix = f"behaviour.{BEHAVIOURS[behaviour]}.{side}."
    ys = rows
    if len(rows) > 1:
        wq, wk, v = score_weights(prefix, behaviour, kind == "additive")
        q = [activate(activation, project(wq, row)) for row in rows]
        k = [activate(activation, project(wk, row)) for row in rows]
        ys = []
        for q_i in q:
            scores = []
            for k_j in k:
                e = 0.0
                for h in range(HIDDEN):
                    e = fma64(v[h], tanh64(q_i[h] + k_j[h]), e) if v else fma64(q_i[h], k_j[h], e)
                scores.append(e / math.sqrt(HIDDEN) if kind == "scaled_dot" else e)
            ys.append(softmax_sum(scores, rows))
    pooled = [0.0] * DIM
    for y in ys[:1] if pool == "last" else ys:
        pooled = [p + value for p, value in zip(pooled, y)]
    if pool == "mean":
        pooled = [p / len(rows) for p in pooled]
    return [f32(value) for value in (project(values(prefix + "wv", DIM, DIM), pooled) if wv else pooled)]


# --- Target attention ----------------------------------------------------------------------------

def attended(items, behaviour, kind, clicks, recency, t):
    additive, matrices = kind == "additive", kind in ("additive", "bilinear")
    q, keys, v = t, [items[row] for _, row in clicks], None
    if matrices:
        wq, wk, v = score_weights(f"behaviour.{BEHAVIOURS[behaviour]}.target.", behaviour, additive)
        q, keys = project(wq, t), [project(wk, key) for key in keys]
    if additive:
        q, keys = [exp64(2 * value) for value in q], [[exp64(2 * value) for value in key] for key in keys]
    rho = recency / 86400000
    scores = []
    for key, (ts, _) in zip(keys, clicks):
        e = 0.0
        for h in range(len(q)):
            e = fma64(v[h], 1 - 2 / fma64(q[h], key[h], 1.0), e) if additive else fma64(q[h], key[h], e)
        e = e / math.sqrt(len(q)) if kind == "scaled_dot" else e
        scores.append(e + rho * float(ts - ORIGIN_MS) if recency else e)
    return [f32(value) for value in softmax_sum(scores, [items[row] for _, row in clicks])]


# --- Scores --------------------------------------------------------------------------------------

def first_weights(size, width):
    w1 = tensor("deep.0.weight", H1, 3 * size)
    e = [[add32(row[i], row[size + i]) for i in range(size)] for row in w1]
    d = [[0.0] * width for _ in w1]
    for j, row in enumerate(w1):
        for i in range(size):
            d[j][i % width] = add32(d[j][i % width], f32(Fraction(row[i]) - Fraction(row[size + i])))
    return e, d, [row[2 * size:] for row in w1]


def folded(u, width):
    """a [h1] and M [w, h1] of the factored first layer."""
    e, d, c = first_weights(len(u), width)
    m = [[d[j][i] for j in range(H1)] for i in range(width)]
    for i, value in enumerate(u):
        m[i % width] = [fma32(c[j][i], value, m[i % width][j]) for j in range(H1)]
    return dense(e, [0.0] * H1, u, fma32), m


def attended_deep(u, t):
    e, d, c = first_weights(len(u), DIM)
    inputs = t + u + [f32(Fraction(value) * Fraction(t[i % DIM])) for i, value in enumerate(u)]
    first = relu(dense([d[j] + e[j] + c[j] for j in range(H1)], [0.0] * H1, inputs, fma32))
    second = relu(dense(tensor("deep.1.weight", H2, H1), [0.0] * H2, first, fma32))
    return fixed_dot(tensor("deep.2.weight", 1, H2)[0], second)


def lines(name, variant, score="scaled_dot", pool="mean", activation="none", channels=1, recency=0.0, fields=()):
    behaviours = range(1 if variant == "none" else 2)
    items = tensor("item.embedding", ITEMS, DIM, 1.0)
    wv = variant in ("self", "self_shared")
    stream = Random(7)
    u, sequences = [], []
    for b in behaviours:
        clicks = []
        for _ in range(12):
            row = stream.below(ITEMS)
            clicks.append((1600000000000 + stream.below(2000000000), row))
        sequences.append(sorted(clicks, key=lambda click: (click[0], b"v%d" % click[1]), reverse=True))
        if variant in ("traditional", "merged"):
            u += over_positions(items, attention_scores(items, b, "tanh", channels), clicks, recency)
        if variant not in ("traditional", "target", "none"):
            u += self_attention(items, b, score, activation, pool, wv, clicks, recency)
    if variant == "none":
        u = [0.0] * DIM
    recent = [row for _, row in sequences[0]]
    if u:
        print(name, "u", *(hex32(value) for value in u))
    for candidate in CANDIDATES:
        rows = fields_of(items, fields, candidate)
        t = []
        for b in behaviours:
            if variant in ("traditional", "merged"):
                t += traditional_target(b, "tanh", channels, rows)
            if variant not in ("traditional", "target", "none"):
                side = "target" if variant == "self" else "self"
                t += self_target(b, side, score, activation, pool, wv, rows)
            if variant in ("target", "none"):
                t = mean_target(rows)
        if not fields and not wv:
            t = t[:DIM]
        if variant == "target":
            query = t
            deep = attended_deep([x for b in behaviours
                                  for x in attended(items, b, score, sequences[b], recency, query)], t)
        else:
            a, m = folded(u, len(t))
            deep = deep_logit(a, m, t)
        wide = wide_logit(recent, candidate)
        total = add32(add32(wide, deep), 0.0)
        print(name, "candidate", candidate, hex32(deep), hex32(wide), hex32(total), hex32(sigmoid(total)))


ALL, TWO = ("item", "author", "tag"), ("author", "tag")
lines("traditional_fields", "traditional", fields=ALL)
lines("traditional_channel_fields", "traditional", channels=DIM, recency=0.25, fields=TWO)
lines("self_additive_mean", "self", "additive", recency=0.25)
lines("self_dot_sum_fields", "self", "dot", "sum", fields=ALL)
lines("self_additive_last_fields", "self", "additive", "last", fields=TWO)
lines("shared_scaled_dot_mean", "self_shared", recency=0.25)
lines("shared_scaled_dot_last_fields", "self_shared", pool="last", fields=ALL)
lines("bilinear_sum", "self_bilinear", "bilinear", "sum")
lines("activated_relu_mean_fields", "self_bilinear_activated", "bilinear", activation="relu", fields=ALL, recency=0.25)
lines("activated_tanh_last", "self_bilinear_activated", "bilinear", "last", "tanh")
lines("merged_relu", "merged", "bilinear", activation="relu")
lines("merged_tanh_fields", "merged", "bilinear", "sum", "tanh", recency=0.25, fields=ALL)
lines("target_additive", "target", "additive", recency=0.25)
lines("target_dot_fields", "target", "dot", fields=ALL)
lines("target_scaled_dot", "target", "scaled_dot")
lines("target_bilinear_fields", "target", "bilinear", recency=0.25, fields=TWO)
lines("none", "none")
lines("none_fields", "none", fields=ALL)
