"""What a comparison's folder is of. Models and logits of other inputs must not be mixed with what is kept there."""
from __future__ import annotations

import json
import os
from pathlib import Path

from examples import file_hash
from model_config import UserError

# These bind once examples are exported, the others once a model is learned.
OF_THE_EXPORT = ("log", "configuration", "--seed-history", "--seed-field")


def hash_of(option: str, path) -> str | None:
    if not path:
        return None
    if not Path(path).is_file():
        raise UserError(f"{option} {path} is not there, or no file: name the one that is meant")
    return file_hash(Path(path))


def inputs_of(arguments, trainer_options: list[str]) -> dict:
    """Name -> what it is, files by their SHA-256; None where it is not given. A UserError where a file is missing."""
    return {"log": hash_of("--log", arguments.log), "examples": hash_of("--examples", arguments.examples),
            "configuration": hash_of("-c", arguments.config),
            "--seed-history": hash_of("--seed-history", arguments.seed_history),
            "--seed-field": sorted(arguments.seed_field), "--train-until": arguments.train_until,
            "--utc-offset": arguments.utc_offset, "--target-fields": arguments.target_fields,
            "options of the trainer": trainer_options}


def kept_inputs(path: Path) -> dict:
    try:
        kept = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise UserError(f"{path} is damaged, so nobody knows what the models beside it are of: name another --out")
    return kept


def check_inputs(out: Path, inputs: dict):
    """A UserError where what is kept in OUT is of others. Takes the --target-fields of the kinds that are there."""
    before = kept_inputs(out / "inputs.json")
    models = any((out / "models").glob("*/model.yaml"))
    exported = models or (out / "examples.jsonl.gz").exists()
    for name, value in inputs.items():
        if not (exported if name in OF_THE_EXPORT else models):
            continue
        was = before.get(name, value)
        # Kinds that need it may be added later.
        if name == "--target-fields" and None in (was, value):
            inputs[name] = was or value
        elif was != value:
            raise UserError(f"{out} holds a comparison with another {name} ({was}; now {value}): models and logits "
                            "of both must not be mixed; name another --out")


def note_inputs(out: Path, inputs: dict):
    """Writes OUT/inputs.json, once they are found good."""
    scratch = out / "inputs.new"
    scratch.write_text(json.dumps(inputs, indent=1) + "\n")
    os.replace(scratch, out / "inputs.json")
