"""Learns a model folder from examples: scripts/train. Talk on stderr, the last line of stdout is the result."""
from __future__ import annotations

import contextlib
import fcntl
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from batches import Batches
from catalogue import read_catalogue, seen_items
from command_line import listen_to_stops, run_command, say
from example_checks import split_days
from examples import file_hash, load_examples
from model_config import UserError
from model_folder import write_model
from options import model_config, parser, two_numbers
from trainer import Settings, Trainer, judge
from wide_deep import WideDeep


def pick_device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"--device {name}: PyTorch sees no GPU here; --device cpu learns without one")
    if name != "cpu" and not name.startswith("cuda"):
        raise UserError(f"--device {name}: say auto, cpu or cuda")
    return name


@contextlib.contextmanager
def alone(out: Path):
    """Holds the place of a run's output, so that two runs never write one checkpoint."""
    path = out.with_name(out.name + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another run is writing {out}: wait for it, or name another --out") from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def settings_of(arguments) -> Settings:
    return Settings(seed=arguments.seed, epochs=arguments.epochs, patience=arguments.patience,
                    batch_size=arguments.batch_size, learning_rate=arguments.learning_rate,
                    wide_learning_rate=arguments.wide_learning_rate, weight_decay=arguments.weight_decay,
                    wide_prior=arguments.wide_prior, averaging=arguments.averaging, refit=not arguments.no_refit,
                    looks=arguments.looks)


def train(arguments) -> dict:
    if arguments.out.exists():
        raise UserError(f"{arguments.out} exists: name another --out, or move it away")
    device = pick_device(arguments.device)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    examples = load_examples(arguments.examples, say)
    config = model_config(arguments, examples)
    days = split_days(examples, arguments.train_until, arguments.judge_from, arguments.utc_offset)
    catalogue = read_catalogue(arguments.items) if arguments.items else seen_items(examples, np.concatenate(days[:2]))
    batches = Batches(examples, config, catalogue.ids, device)
    learn, choose, later = (batches.known(rows) for rows in days)
    say(f"rows: {len(learn)} to learn from, {len(choose)} on the last training day, {len(later)} on later days; "
        f"{sum(map(len, days)) - len(learn) - len(choose) - len(later)} of unknown items left out")
    composed = catalogue.values(arguments.compose)
    target = catalogue.values(config.target_fields)
    bounds = two_numbers(arguments.row_bounds, "--row-bounds", float) if arguments.row_bounds else (0.0, 0.0)

    def make_model():
        return WideDeep(config, len(catalogue.ids), composed, target, arguments.dropout,
                        smallest=bounds[0], largest=bounds[1])

    settings = settings_of(arguments)
    checkpoint = arguments.out.with_name(arguments.out.name + ".checkpoint")
    if arguments.restart:
        checkpoint.unlink(missing_ok=True)
    fingerprint = {**asdict(settings), **asdict(config), "examples": file_hash(arguments.examples),
                   "items": file_hash(arguments.items) if arguments.items else "",
                   "compose": arguments.compose, "dropout": arguments.dropout, "row bounds": bounds,
                   "train until": arguments.train_until, "utc offset": arguments.utc_offset, "device": device}
    parameters = sum(p.numel() for p in make_model().parameters())
    say(f"model: {config.variant}, {len(catalogue.ids)} items, {parameters} parameters, on {device}")
    trainer = Trainer(make_model, batches, settings, checkpoint, fingerprint, say)
    model = trainer.train(learn, choose)
    result = {"model": f"{config.name}@{config.version}", "variant": config.variant, "parameters": parameters,
              "best_epoch": trainer.best_epoch, "last_day_auc": trainer.best_auc,
              "later_days": asdict(judge(model, batches, later)) if len(later) else None}
    write_model(arguments.out, config, model, catalogue.ids)
    told = {key: str(value) if hasattr(value, "parts") else value for key, value in vars(arguments).items()}
    (arguments.out / "training.json").write_text(
        json.dumps({**result, "options": told, "curve": trainer.curve, "looks": trainer.looks}, indent=1) + "\n")
    checkpoint.unlink(missing_ok=True)
    say(f"written: {arguments.out}; `freshet model info {arguments.out}` shows it")
    return result


def train_alone(arguments) -> str:
    with alone(arguments.out):
        return json.dumps(train(arguments)) + "\n"


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    return run_command("train", "goes on after the last whole epoch", lambda: train_alone(arguments))


if __name__ == "__main__":
    listen_to_stops()
    sys.exit(main(sys.argv[1:]))
