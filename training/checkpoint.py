"""Checkpoints of a training run: written after each epoch, whole or not at all, for the same settings only."""
from __future__ import annotations

import os
from pathlib import Path

import torch

from model_config import UserError


def save_checkpoint(path: Path, fingerprint: dict, state: dict):
    scratch = path.with_suffix(".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"fingerprint": fingerprint, "state": state}, scratch)
    os.replace(scratch, path)


def load_checkpoint(path: Path, fingerprint: dict) -> dict | None:
    """The state that was saved last, or None where there is none. Other settings are refused by name."""
    if not path.exists():
        return None
    try:
        stored = torch.load(path, map_location="cpu")
        saved, state = stored["fingerprint"], stored["state"]
    except Exception as error:  # what torch raises for a damaged file depends on where it is damaged
        raise UserError(f"{path} cannot be read ({type(error).__name__}): --restart begins anew") from error
    differ = sorted(key for key in saved.keys() | fingerprint.keys() if saved.get(key) != fingerprint.get(key))
    if differ:
        key = differ[0]
        raise UserError(f"{path} is of a run with {key} {saved.get(key)}, not {fingerprint.get(key)}: give the "
                        "same settings to go on with it, or --restart to begin anew")
    return state
