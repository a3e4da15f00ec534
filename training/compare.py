"""Trains each kind of attention with several seeds and compares them on later days: scripts/compare.

Talk on stderr, the tables on stdout; OUT/comparison.json and OUT/comparison.md hold the same.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

from attention_entropy import mean_entropy
from baselines import planted_truth, smoothed_rates
from batches import Batches
from command_line import listen_to_stops, run_command, say
from compare_evaluate import add_judgements, agree, judged_models
from compare_inputs import check_inputs, inputs_of, note_inputs
from compare_kinds import KINDS, kinds_of
from compare_options import check_trainer_options
from compare_result import compare
from compare_runs import Log, behaviours_of, export_examples, learned_logits, served_logits, train_missing, training_of
from compare_tables import markdown_table, tables, text_table
from compare_timing import Timing
from example_checks import day_of, day_text, parse_day, split_days
from examples import load_examples
from model_config import UserError
from model_folder import read_model
from options import words
from wide_features import context_field

ENTROPY_ROWS = 2000
QUICK = ["--dim", "8", "--layers", "16,8", "--epochs", "1", "--no-refit", "--buckets", "4096"]
QUICK_VARIANTS = ["traditional", "self_shared"]
EXAMPLES = """examples:
  scripts/compare -c worker.yaml --log log.jsonl.gz --train-until 2022-05-01 --out compared
  scripts/compare --examples examples.jsonl.gz --train-until 2022-05-01 --out compared --variants none,self,self_shared
  scripts/compare -c worker.yaml --log log.jsonl --out compared -- --items items.jsonl --compose author,tag --dim 64

What is in --out is kept: the same command goes on after an interruption, and with more --variants or --seeds
only those are trained that are missing."""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="compare", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
                                description="Trains every kind of attention on a log and compares them on later days.")
    p.add_argument("-c", "--config", type=Path, metavar="FILE", help="the worker's configuration, which reads --log")
    p.add_argument("--log", type=Path, metavar="FILE", help="JSON Lines, plain or gzip; models are judged by what they serve")
    p.add_argument("--seed-history", metavar="FILE", help="as of `freshet replay`")
    p.add_argument("--seed-field", action="append", default=[], metavar="BEHAVIOUR=FIELD")
    p.add_argument("--examples", type=Path, metavar="FILE",
                   help="rather than --log: of `freshet replay --export-examples`; models are judged by PyTorch's logits")
    p.add_argument("--train-until", metavar="DAY", help="the last training day (default: the last but one of the examples)")
    p.add_argument("--judge-from", metavar="DAY", help="the first day that is judged (default: the next)")
    p.add_argument("--utc-offset", type=float, default=0.0, metavar="HOURS", help="where days begin (0)")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="where models and results are kept")
    p.add_argument("--variants", type=words, default=[], metavar="KIND,...",
                   help=f"of {', '.join(k.name for k in KINDS)}; (default: all but the last three)")
    p.add_argument("--seeds", type=int, default=3, metavar="N", help="of each kind (3)")
    p.add_argument("--target-fields", metavar="FIELD,...",
                   help="of --items; adds the kinds in which the target is a sequence of its fields")
    p.add_argument("--replicates", type=int, default=1000, metavar="N", help="of the bootstrap (1000)")
    p.add_argument("--looks", type=int, default=8, metavar="N", help="an epoch, for steps and seconds to a loss (8)")
    p.add_argument("--threads", type=int, default=1, metavar="N", help="of a training (1)")
    p.add_argument("--truth", metavar="FIELD", help="of the log's impressions: their true probability, shown beside")
    p.add_argument("--no-timing", action="store_true", help="leave out what a click and a candidate cost")
    p.add_argument("--quick", action="store_true", help=f"tiny models, one seed, {' and '.join(QUICK_VARIANTS)}: does it run?")
    p.add_argument("--trained-only", action="store_true", help="train nothing; compare what is there")
    p.add_argument("options", nargs="*", metavar="-- OPTION", help="of scripts/train, for every kind")
    return p


def find_freshet() -> Path:
    root = Path(__file__).resolve().parents[1]
    named = os.environ.get("FRESHET_BINARY")
    tried = [Path(named)] if named else [root / "build" / preset / "freshet" for preset in ("release", "dev")]
    for path in tried:
        if path.is_file():
            return path
    raise UserError(f"there is no {tried[0]}: build it (cmake --preset release && cmake --build --preset release "
                    "--target freshet), or name one with FRESHET_BINARY")


def training_options(arguments) -> list[str]:
    options = ["--looks", str(arguments.looks), "--threads", str(arguments.threads),
               "--utc-offset", str(arguments.utc_offset), "--train-until", arguments.train_until]
    if arguments.judge_from:
        options += ["--judge-from", arguments.judge_from]
    return options + (QUICK if arguments.quick else []) + arguments.options


def last_day_but_one(examples, utc_offset: float) -> str:
    days = np.unique(day_of(examples.ts, utc_offset))
    if len(days) < 3:
        raise UserError(f"the examples are of {len(days)} days: to learn, to choose the epoch and to judge takes three")
    return day_text(days[-2])


def train_all(arguments, kinds, examples_file) -> dict[str, list[Path]]:
    """Kind -> a folder for each seed; seed by seed, so that an interrupted comparison has all kinds alike."""
    runs = [(kind, seed) for seed in range(1, arguments.seeds + 1) for kind in kinds if seed == 1 or not kind.once]
    folders: dict[str, list[Path]] = {kind.name: [] for kind in kinds}
    for done, (kind, seed) in enumerate(runs, 1):
        folder = arguments.out / "models" / f"{kind.name}-{seed}"
        if not folder.is_dir() and arguments.trained_only:
            continue
        if not folder.is_dir():
            say(f"[{done}/{len(runs)}] training {folder.name}")
        fields = ["--target-fields", arguments.target_fields] if kind.fields else []
        train_missing(kind, seed, examples_file, arguments.out, training_options(arguments) + fields, say)
        folders[kind.name].append(folder)
    return {name: paths for name, paths in folders.items() if paths}


def entropy_of(folder: Path, examples, rows: np.ndarray) -> float | None:
    config, model, items = read_model(folder)
    batches = Batches(examples, config, items, dtype=model.deep.output.weight.dtype)
    known = batches.known(rows)
    return mean_entropy(model, batches, known[::max(1, len(known) // ENTROPY_ROWS)])


def evaluate_all(log: Log, folders, logits, label, arguments) -> dict[str, list[dict]]:
    """Kind -> what `freshet evaluate` says of each seed's model, which must be what `logits` say."""
    paths = [path for of_kind in folders.values() for path in of_kind]
    first = arguments.judge_from or day_text(parse_day(arguments.train_until) + 1)
    say(f"evaluate: {len(paths)} models from {first}")
    span = ["--from", first, "--utc-offset", f"{arguments.utc_offset:g}"]
    found = dict(zip(paths, judged_models(log, paths, span, arguments.out)))
    for name in folders:
        for path, run in zip(folders[name], logits[name]):
            agree(path.name, found[path], label, run)
    return {name: [found[path] for path in of_kind] for name, of_kind in folders.items()}


def add_costs(result: dict, folders, freshet: Path | None, arguments, examples, later):
    if freshet and not arguments.no_timing:
        some = next(iter(folders.values()))[0]
        config, _, _ = read_model(some)
        names = behaviours_of(arguments.config) if arguments.config else list(examples.sequences)
        timing = Timing(freshet, arguments.out / "timing", some / "items.txt", names,
                        sorted({context_field(cross) for cross in config.crosses} - {None}))
    for row in result["kinds"]:
        first = folders[row["kind"]][0]
        say(f"costs: {row['kind']}")
        row["entropy"] = entropy_of(first, examples, later)
        row["cost"] = timing.of(first, read_model(first)[0]) if freshet and not arguments.no_timing else None


def examples_of(log: Log | None, inputs: dict, arguments):
    """The examples and their file, exported again where --out is not bound to these inputs yet (note_inputs)."""
    out = arguments.out
    check_inputs(out, inputs)
    out.mkdir(parents=True, exist_ok=True)
    examples_file = out / "examples.jsonl.gz" if log else arguments.examples
    exported = log and not ((out / "inputs.json").is_file() and examples_file.is_file())
    if exported:
        export_examples(log, examples_file, say)
    try:
        examples = load_examples(examples_file, say)
    except UserError:
        if exported:
            examples_file.unlink()
        raise
    return examples, examples_file


def run(arguments) -> dict:
    if bool(arguments.log) == bool(arguments.examples) or bool(arguments.log) != bool(arguments.config):
        raise UserError("give --log with -c, or --examples")
    if arguments.quick:
        arguments.seeds, arguments.variants = 1, arguments.variants or QUICK_VARIANTS
    if arguments.seeds < 1 or arguments.replicates < 1:
        raise UserError("--seeds and --replicates: must be at least 1")
    if arguments.truth and not arguments.log:
        raise UserError("--truth: is a field of --log, which is not given")
    until, first = (day and parse_day(day) for day in (arguments.train_until, arguments.judge_from))
    if until and first and first <= until:
        raise UserError(f"--judge-from {arguments.judge_from} is not after --train-until {arguments.train_until}: a day that "
                        "is learned from cannot judge; name a later day")
    check_trainer_options(arguments.options)
    kinds = kinds_of(arguments.variants, bool(arguments.target_fields))
    inputs = inputs_of(arguments, (QUICK if arguments.quick else []) + arguments.options)
    log = None
    if arguments.log:
        seeding = ["--seed-history", arguments.seed_history] if arguments.seed_history else []
        for field in arguments.seed_field:
            seeding += ["--seed-field", field]
        log = Log(find_freshet(), arguments.config, arguments.log, seeding)
    examples, examples_file = examples_of(log, inputs, arguments)
    arguments.train_until = arguments.train_until or last_day_but_one(examples, arguments.utc_offset)
    *learn, later = split_days(examples, arguments.train_until, arguments.judge_from, arguments.utc_offset)
    if not len(later):
        if arguments.judge_from:
            raise UserError(f"no row is of --judge-from {arguments.judge_from} or later: name an earlier day")
        raise UserError(f"no row is later than --train-until {arguments.train_until}: name an earlier day")
    # From here on what is in --out is of these inputs alone; those that were refused before leave it to others.
    note_inputs(arguments.out, inputs)
    beside = {"rates": smoothed_rates(examples, np.concatenate(learn))}
    if log and arguments.truth:
        beside["truth"] = planted_truth(arguments.log, arguments.truth, examples, say)
    beside = {name: scores[later] for name, scores in beside.items()}
    folders = train_all(arguments, kinds, examples_file)
    kinds = [kind for kind in kinds if kind.name in folders]
    if not kinds:
        raise UserError(f"{arguments.out} holds no model of these kinds: leave --trained-only out to train them")
    logits, trainings = {}, {}
    for name, paths in folders.items():
        say(f"logits: {name}")
        logits[name] = [(served_logits(log, path, examples, arguments.out / "served" / f"{path.name}.npz") if log
                         else learned_logits(path, examples))[:, later] for path in paths]
        trainings[name] = [training_of(path) for path in paths]
    every = max(1, arguments.replicates // 10)
    result = compare(kinds, logits, trainings, beside, examples.label[later], examples.user[later], arguments.replicates,
                     lambda done: done % every or say(f"bootstrap: {done} of {arguments.replicates}"))
    if log:
        add_judgements(result, evaluate_all(log, folders, logits, examples.label[later], arguments))
    result["logits"] = "served by freshet" if log else "PyTorch's"
    result["options"] = training_options(arguments)
    add_costs(result, folders, log.freshet if log else None, arguments, examples, later)
    (arguments.out / "comparison.json").write_text(json.dumps(result, indent=1) + "\n")
    (arguments.out / "comparison.md").write_text(tables(result, markdown_table))
    say(f"written: {arguments.out}/comparison.json, comparison.md")
    return result


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    return run_command("compare", "goes on where it was", lambda: tables(run(arguments), text_table))


if __name__ == "__main__":
    listen_to_stops()
    sys.exit(main(sys.argv[1:]))
