"""The hashes of docs/formats.md, "Wide features", on one number or on a numpy array of them."""
from __future__ import annotations

import numpy as np

MASK = (1 << 64) - 1


def fnv1a64(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def mix64(z):
    """SplitMix64's output function, modulo 2^64; z is uint64 of any shape, or an int."""
    if isinstance(z, int):
        return int(mix64(np.array([z & MASK], np.uint64))[0])
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def hash_ids(ids: list[str], prefix: bytes = b"") -> np.ndarray:
    """uint64 [len(ids)]"""
    return np.array([fnv1a64(prefix + text.encode()) for text in ids], np.uint64)


def hash_context(field: str, values: list[str]) -> np.ndarray:
    """uint64 [len(values)]: a value hashes with its field's name before it."""
    return hash_ids(values, field.encode() + b"\x1f")
