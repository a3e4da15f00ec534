"""The model folder of docs/formats.md: written from a PyTorch model, and read back into one.

Reading is for parity and scoring; freshet's own loader is the one that checks a folder, so this one
checks only what it needs: checksums, names and shapes.
"""
from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import torch
import yaml

import safetensors_file
from model_config import Behaviour, ModelConfig, UserError, complete_attention, to_yaml
from tensor_names import all_tensors, recency_options
from wide_deep import FieldValues, WideDeep


def field_lines(config: ModelConfig, model: WideDeep) -> str | None:
    """target_fields.txt: for each item the row of each field but the item itself, or "-"."""
    if not config.target_fields:
        return None
    return "".join(" ".join("-" if row < 0 else str(row) for row in rows) + "\n"
                   for rows in model.target.values.tolist())


@torch.no_grad()
def write_model(folder: Path, config: ModelConfig, model: WideDeep, item_ids: list[str]):
    """Writes beside `folder` and renames, so a folder is whole or absent. An existing one is refused."""
    if folder.exists():
        raise UserError(f"{folder} exists: name another --out, or move it away")
    tensors = {name: tensor.detach().cpu().float().numpy() for name, tensor in all_tensors(model).items()}
    files = {"weights.safetensors": safetensors_file.encode(tensors),
             "items.txt": "".join(item + "\n" for item in item_ids).encode()}
    fields = field_lines(config, model)
    if fields is not None:
        files["target_fields.txt"] = fields.encode()
    checksums = {name.split(".")[0]: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    learned = [Behaviour(b.name, recency_options(attention, b.attention))
               for b, attention in zip(config.behaviours, model.attention)]
    written = ModelConfig(**{**config.__dict__, "behaviours": learned})
    files["model.yaml"] = to_yaml(written, checksums).encode()

    scratch = folder.with_name(folder.name + ".partial")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for name, content in files.items():
        (scratch / name).write_bytes(content)
    os.rename(scratch, folder)


def read_config(folder: Path) -> tuple[ModelConfig, dict[str, str]]:
    path = folder / "model.yaml"
    if not path.is_file():
        raise UserError(f"{path} is not there: name a model folder")
    try:
        document = yaml.safe_load(path.read_text())
        wide = document.get("wide") or {}
        config = ModelConfig(
            variant=document["variant"], embedding_dim=document["embedding_dim"],
            behaviours=[Behaviour(b["name"], complete_attention(document["variant"], b.get("attention") or {}))
                        for b in document["behaviours"]],
            layers=tuple(document["deep"]["layers"]), target_fields=document.get("target_fields") or [],
            crosses=wide.get("crosses", []), buckets=wide.get("buckets", 0),
            recent_clicks=wide.get("recent_clicks", 0), name=document["name"], version=document["version"])
        return config, document["checksum"]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: {error}: `freshet model info {folder}` says what is wrong") from error


@torch.no_grad()
def read_model(folder: Path, dtype=torch.float64) -> tuple[ModelConfig, WideDeep, list[str]]:
    """The model of a folder, its parameters widened to `dtype`, and the items' ids."""
    config, checksums = read_config(folder)
    for key, expected in checksums.items():
        path = folder / {"weights": "weights.safetensors"}.get(key, f"{key}.txt")
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise UserError(f"{path} is not the file that model.yaml has the checksum of: copy the folder again")
    item_ids = (folder / "items.txt").read_text().split("\n")[:-1]
    stored = safetensors_file.decode(folder / "weights.safetensors")
    target = None
    if config.target_fields:
        lines = (folder / "target_fields.txt").read_text().split("\n")[:-1]
        values = [[-1 if entry == "-" else int(entry) for entry in line.split(" ")] for line in lines]
        target = FieldValues(torch.tensor(values, dtype=torch.int64), len(stored["target.embedding"]))
    model = WideDeep(config, len(item_ids), target=target).to(dtype)
    parameters = all_tensors(model)
    parameters["item.embedding"] = model.items.own
    for name, parameter in parameters.items():
        if name not in stored or tuple(stored[name].shape) != tuple(parameter.shape):
            raise UserError(f"{folder}/weights.safetensors: {name} is missing or has another shape than "
                            f"{list(parameter.shape)}: export the model again")
        parameter.copy_(torch.from_numpy(stored[name].copy()).to(dtype))
    for behaviour, attention in zip(config.behaviours, model.attention):
        set_recency(attention, behaviour.attention)
    return config, model.eval(), item_ids


def set_recency(attention, options: dict):
    """model.yaml's number in the parameter, in the parameter's own precision."""
    if "traditional" in options:
        set_recency(attention.traditional, options["traditional"])
        set_recency(attention.self, options["self"])
    elif "recency_per_day" in options:
        attention.recency_per_day.fill_(options["recency_per_day"])
