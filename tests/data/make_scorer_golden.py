#!/usr/bin/env python3
"""Prints scorer_golden.txt from docs/formats.md alone: a second implementation of the scorer's arithmetic.

Every operation is computed exactly with fractions and rounded once, so this is slow and independent of any
machine's floating-point unit. Usage: make_scorer_golden.py > scorer_golden.txt
"""
import math
import struct
from fractions import Fraction

MASK = (1 << 64) - 1
DIM, ITEMS, HIDDEN, H1, H2, BUCKETS, SEED, LENGTH_MAX = 11, 30, 7, 37, 18, 101, 42, 50
BEHAVIOURS = ["click", "cart"]
CANDIDATES = [0, 3, 17, 29]
RECENT_CLICKS = 3


# --- IEEE operations: an exact value, rounded once -----------------------------------------------

def rte(value):
    """The nearest integer, ties to even."""
    return round(Fraction(value))


def f32(value):
    """The nearest float, subnormal ones included, as a Python number."""
    exact = Fraction(value)
    if exact == 0:
        return 0.0
    exponent = math.frexp(abs(float(exact)))[1] - 1
    while Fraction(2) ** exponent > abs(exact):
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    return float(rte(exact / unit) * unit)


def f64(value):
    return float(Fraction(value))


def fma32(a, b, c):
    return f32(Fraction(a) * Fraction(b) + Fraction(c))


def fma64(a, b, c):
    return f64(Fraction(a) * Fraction(b) + Fraction(c))


def add32(a, b):
    return f32(Fraction(a) + Fraction(b))


def hex32(value):
    """As C's %a prints it."""
    if value == 0:
        return "0x0p+0"
    mantissa, exponent = value.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + "p" + exponent


# --- Arithmetic ----------------------------------------------------------------------------------

EXP = [f64(Fraction(1, math.factorial(m))) for m in range(14)]
TANH = [f64(Fraction(*t)) for t in [(1, 1), (-1, 3), (2, 15), (-17, 315), (62, 2835),
                                    (-1382, 155925), (21844, 6081075), (-929569, 638512875)]]


def horner(coefficients, x):
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = fma64(value, x, coefficient)
    return value


def exp64(y):
    if y < -708:
        return 0.0
    if y > 709:
        return math.inf
    k = rte(y * float.fromhex("0x1.71547652b82fep+0"))
    f = fma64(k, -float.fromhex("0x1.62e42feep-1"), y)
    f = fma64(k, -float.fromhex("0x1.a39ef35793c76p-33"), f)
    return math.ldexp(horner(EXP, f), k)


def tanh64(z):
    if abs(z) < 0.125:
        return z * horner(TANH, z * z)
    e = exp64(-2 * abs(z))
    return math.copysign((1 - e) / (1 + e), z)


def sigmoid(x):
    if x >= 0:
        return f32(1 / (1 + exp64(-x)))
    e = exp64(x)
    return f32(e / (1 + e))


def relu(values):
    return [0.0 if value < 0 else value for value in values]


def dense(weight, bias, x, fma):
    y = []
    for row, value in zip(weight, bias):
        for w, x_i in zip(row, x):
            value = fma(x_i, w, value)
        y.append(value)
    return y


def fixed_dot(a, b):
    lane = [0.0] * 16
    for i in range(len(a)):
        lane[i % 16] = fma32(a[i], b[i], lane[i % 16])
    for width in (8, 4, 2, 1):
        for j in range(width):
            lane[j] = add32(lane[j], lane[j + width])
    return lane[0]


# --- Random models -------------------------------------------------------------------------------

def mix64(z):
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def fnv1a64(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


class Random:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        value = mix64(self.state)
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return value

    def below(self, bound):
        return (self.next() * bound) >> 64


def tensor(name, rows, cols, bound=None):
    bound = bound or 1 / math.sqrt(cols)
    stream = Random(mix64(SEED ^ fnv1a64(name.encode())))
    draw = lambda: -bound + (bound - -bound) * (float(stream.next() >> 11) * 2.0**-53)
    return [[f32(draw()) for _ in range(cols)] for _ in range(rows)]


# --- Representation ------------------------------------------------------------------------------

def attention_scores(items, behaviour, activation, channels):
    prefix = f"behaviour.{BEHAVIOURS[behaviour]}.attention."
    w1 = tensor(prefix + "w1", HIDDEN, DIM)
    w2 = tensor(prefix + "w2", channels, HIDDEN)
    if behaviour == 1:
        w2 = [[f32(Fraction(value) * 20) for value in row] for row in w2]
    scores = []
    for x in items:
        h = dense(w1, [0.0] * HIDDEN, x, fma64)
        h = relu(h) if activation == "relu" else [tanh64(z) for z in h] if activation == "tanh" else h
        scores.append(dense(w2, [0.0] * channels, h, fma64))
    return scores


def grid(items):
    row_max = [max(abs(value) for value in row) for row in items]
    e = math.ceil(math.log2(max(row_max)))
    ratio = 2.0**e / min(value for value in row_max if value > 0)
    g_w = 62 - math.ceil(math.log2(LENGTH_MAX))
    if LENGTH_MAX * (ratio + 1) > 2.0 ** (g_w - 32):
        g_w += 50
    return g_w, g_w - e


def over_positions(items, scores, clicks, recency_per_day):
    g_w, g_x = grid(items)
    rho = recency_per_day / 86400000
    u = []
    for c in range(DIM):
        shifted = []
        for ts, row in clicks:
            s = scores[row][c % len(scores[row])]
            shifted.append(s + rho * float(ts - 1577836800000) if recency_per_day else s)
        r = 8 * max(math.ceil(Fraction(s) / 8) for s in shifted)
        total = value = 0
        for (_, row), s in zip(clicks, shifted):
            w = 0.0 if s - r < -45 else f32(exp64(s - r))
            total += rte(Fraction(w) * 2**g_w)
            value += rte(Fraction(w) * Fraction(items[row][c]) * Fraction(2) ** g_x)
        u.append(f32(Fraction(float(value) / float(total)) * Fraction(2) ** (g_w - g_x)))
    return u


def over_channels(items, scores, clicks):
    _, g_x = grid(items)
    sums = [0] * DIM
    for _, row in clicks:
        a = [exp64(s - max(scores[row])) for s in scores[row]]
        z = 0.0
        for value in a:
            z += value
        for c in range(DIM):
            alpha = f32(a[c] / z)
            sums[c] += rte(Fraction(alpha) * Fraction(items[row][c]) * Fraction(2) ** g_x)
    return [f32(Fraction(float(value)) * Fraction(2) ** -g_x) for value in sums]


# --- Scores --------------------------------------------------------------------------------------

def fold(u):
    w1 = tensor("deep.0.weight", H1, 3 * len(u))
    size = len(u)
    p = [[add32(row[i], row[size + i]) for i in range(size)] for row in w1]
    a = dense(p, [0.0] * H1, u, fma32)
    m = [[0.0] * H1 for _ in range(DIM)]
    for i in range(DIM):
        for j, row in enumerate(w1):
            value = 0.0
            for k in range(i, size, DIM):
                value = add32(value, f32(Fraction(row[k]) - Fraction(row[size + k])))
            for k in range(i, size, DIM):
                value = fma32(row[2 * size + k], u[k], value)
            m[i][j] = value
    return a, m


def deep_logit(a, m, t):
    columns = [list(column) for column in zip(*m)]
    first = relu(dense(columns, a, t, fma32))
    second = relu(dense(tensor("deep.1.weight", H2, H1), [0.0] * H2, first, fma32))
    return fixed_dot(tensor("deep.2.weight", 1, H2)[0], second)


def wide_logit(recent, candidate):
    weights = tensor("wide.weight", 1, BUCKETS, 0.1)[0]
    salt = [mix64(k + 1) for k in range(5)]  # item, user, context:tab, recent x item, context:tab x item
    item_hash = lambda row: fnv1a64(b"v%d" % row)
    item, user, tab = item_hash(candidate), fnv1a64(b"user-9"), fnv1a64(b"tab\x1f3")
    features = [salt[1] ^ user, salt[2] ^ tab, salt[0] ^ item]
    features += [mix64(salt[3] ^ item_hash(row)) ^ item for row in recent[:RECENT_CLICKS]]
    features += [mix64(salt[4] ^ tab) ^ item]
    total = 0.0
    for feature in features:
        total = add32(total, weights[mix64(feature) % BUCKETS])
    return total


def lines(name, activation="tanh", per_channel=False, channels=False, recency=0.0, tiny_row=False):
    items = tensor("item.embedding", ITEMS, DIM, 1.0)
    if tiny_row:
        tiny = struct.unpack("<f", struct.pack("<f", 1e-12))[0]
        items[0] = [f32(Fraction(value) * Fraction(tiny)) for value in items[0]]
    stream = Random(7)
    u, recent = [], []
    for behaviour in range(len(BEHAVIOURS)):
        clicks = []
        for _ in range(12):
            row = stream.below(ITEMS)
            clicks.append((1600000000000 + stream.below(2000000000), row))
        recent = recent or [row for _, row in clicks]
        scores = attention_scores(items, behaviour, activation, DIM if per_channel else 1)
        if channels:
            u += over_channels(items, scores, clicks)
        else:
            u += over_positions(items, scores, clicks, recency)
    print(name, "u", *(hex32(value) for value in u))
    a, m = fold(u)
    for candidate in CANDIDATES:
        deep = deep_logit(a, m, items[candidate])
        wide = wide_logit(recent, candidate)
        total = add32(add32(wide, deep), 0.0)
        print(name, "candidate", candidate, hex32(deep), hex32(wide), hex32(total),
              hex32(sigmoid(total)))


if __name__ == "__main__":
    lines("scalar_tanh")
    lines("scalar_relu_recency", "relu", recency=0.25)
    lines("channel_none_recency", "none", per_channel=True, recency=0.25)
    lines("over_channels", "none", per_channel=True, channels=True)
    lines("int128_grid", tiny_row=True)
