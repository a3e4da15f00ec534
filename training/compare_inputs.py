"""What a comparison's folder is of. Models and logits of other inputs must not be mixed with what is kept there."""
from __future__ import annotations

import json
import os
from pathlib import Path

from examples import file_hash
from model_config import UserError


def inputs_of(arguments, trainer_options: list[str]) -> dict:
    """Name -> what it is, files by their SHA-256; None where it is not given."""
    files = {"log": arguments.log, "examples": arguments.examples, "configuration": arguments.config,
             "--seed-history": arguments.seed_history}
    found = {name: file_hash(Path(path)) if path and Path(path).is_file() else None for name, path in files.items()}
    return found | {"--seed-field": sorted(arguments.seed_field), "--train-until": arguments.train_until,
                    "--utc-offset": arguments.utc_offset, "--target-fields": arguments.target_fields,
                    "options of the trainer": trainer_options}


def keep_to(out: Path, inputs: dict):
    """Notes in OUT/inputs.json what its models are of; a UserError where that was something else."""
    path = out / "inputs.json"
    anything_kept = any((out / name).exists() for name in ("models", "examples.jsonl.gz"))
    before = json.loads(path.read_text()) if anything_kept and path.is_file() else {}
    for name, value in inputs.items():
        was = before.get(name, value)
        # Kinds that need it may be added later.
        if name == "--target-fields" and None in (was, value):
            inputs[name] = was or value
        elif was != value:
            raise UserError(f"{out} holds a comparison with another {name} ({was}; now {value}): models and logits "
                            "of both must not be mixed; name another --out")
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(inputs, indent=1) + "\n")
    os.replace(scratch, path)
