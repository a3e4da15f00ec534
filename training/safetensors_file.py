"""weights.safetensors: F32 tensors in the layout of docs/formats.md.

    file := header_length:u64 le | header (JSON, padded with spaces to a multiple of 8) | data
"""
from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from model_config import UserError


def encode(tensors: dict[str, np.ndarray]) -> bytes:
    header, data, end = {"__metadata__": {"format": "freshet-1"}}, [], 0
    for name, values in tensors.items():
        values = np.ascontiguousarray(values, dtype="<f4")
        if not np.isfinite(values).all():
            raise UserError(f"{name} has a value that is not finite: the training diverged; "
                            "lower --learning-rate")
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [end, end + values.nbytes]}
        data.append(values.tobytes())
        end += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def decode(path: Path) -> dict[str, np.ndarray]:
    content = path.read_bytes()
    if len(content) < 8 or len(content) < 8 + struct.unpack_from("<Q", content)[0]:
        raise UserError(f"{path}: ends within its header: copy it again")
    length = struct.unpack_from("<Q", content)[0]
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32" or 8 + length + end > len(content):
            raise UserError(f"{path}: tensor {name} is not F32 or lies beyond the file: write it again")
        tensors[name] = np.frombuffer(content, "<f4", (end - begin) // 4, 8 + length + begin).reshape(entry["shape"])
    return tensors
