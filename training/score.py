"""Scores examples with a model folder, in double, and compares with the logits that were served.

    /usr/bin/python3 training/score.py --model DIR --examples FILE [--rows N]

The rows must be of that model: `freshet replay --export-examples` with model.path DIR writes such. The result
on stdout is a JSON object; the exit code is 1 where some logit differs by more than --tolerance.
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from batches import Batches
from command_line import say
from examples import load_examples
from metrics import auc, log_loss
from model_config import UserError
from model_folder import read_model
from trainer import logits_of


def score(arguments) -> dict:
    config, model, item_ids = read_model(arguments.model)
    examples = load_examples(arguments.examples, say)
    batches = Batches(examples, config, item_ids, dtype=torch.float64)
    known = batches.known(np.arange(len(examples)))
    rows = known[:arguments.rows]
    deep, wide, total = logits_of(model, batches, rows)
    label, served = examples.label[rows], examples.logit[rows]
    there = np.isfinite(served)
    difference = np.abs(served - total)[there]
    largest = float(difference.max()) if len(difference) else None
    worst = int(examples.line[rows[there][difference.argmax()]]) if len(difference) else None
    return {"model": f"{config.name}@{config.version}", "rows": len(rows), "of_unknown_items": len(examples) - len(known),
            "auc": auc(label, total), "deep_auc": auc(label, deep), "wide_auc": auc(label, wide),
            "log_loss": log_loss(label, total), "served": len(difference), "largest_difference": largest,
            "in_line": worst}


def main(argv: list[str]) -> int:
    p = argparse.ArgumentParser(prog="score", description="Logits of a model folder beside the served ones.")
    p.add_argument("--model", type=Path, required=True, metavar="DIR")
    p.add_argument("--examples", type=Path, required=True, metavar="FILE")
    p.add_argument("--rows", type=int, metavar="N", help="only the first N of known items")
    p.add_argument("--tolerance", type=float, default=1e-5, help="of a logit (1e-5)")
    arguments = p.parse_args(argv)
    try:
        result = score(arguments)
    except UserError as error:
        say(f"score: {error}")
        return 1
    print(json.dumps(result))
    if result["served"] and result["largest_difference"] > arguments.tolerance:
        say(f"score: line {result['in_line']} of {arguments.examples} was served a logit that differs by "
            f"{result['largest_difference']}: is it of this model?")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
