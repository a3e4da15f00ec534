"""The command line of scripts/train, and what it says about the model."""
from __future__ import annotations

import argparse
from pathlib import Path

from examples import Examples
from model_config import ITEM_FIELD, VARIANTS, Behaviour, ModelConfig, UserError, complete_attention

EXAMPLES = """examples:
  scripts/train --examples examples.jsonl.gz --train-until 2022-05-01 --out models/mine
  scripts/train --examples examples.jsonl.gz --items items.jsonl --compose author,tag --variant merged --out models/merged
  scripts/train --examples examples.jsonl.gz --variant traditional --attention weight=per_channel,hidden=32 --out models/a
"""


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="train", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Learns a model folder from the examples that `freshet replay --export-examples` wrote.")
    data = p.add_argument_group("data")
    data.add_argument("--examples", type=Path, required=True, metavar="FILE",
                      help="of replay --export-examples, or a dump of examples.topic; plain or gzip")
    data.add_argument("--items", type=Path, metavar="FILE",
                      help="the model's items: ids, one a line, or JSON Lines with item_id and fields "
                           "(default: those that occur up to --train-until)")
    data.add_argument("--train-until", metavar="DAY", help="the last training day, on which the epoch is chosen "
                                                           "(default: the last day of the examples)")
    data.add_argument("--judge-from", metavar="DAY", help="the first day that is only judged (default: the next)")
    data.add_argument("--utc-offset", type=float, default=0.0, metavar="HOURS", help="where days begin (0)")
    model = p.add_argument_group("model")
    model.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model folder to write")
    model.add_argument("--name", default="", help="of the model (default: the folder's)")
    model.add_argument("--model-version", type=int, default=1, metavar="N")
    model.add_argument("--variant", default="traditional", choices=VARIANTS)
    model.add_argument("--attention", type=words, default=[], metavar="KEY=VALUE,...",
                       help="as in model.yaml; for merged traditional.KEY and self.KEY")
    model.add_argument("--behaviours", type=words, default=[], metavar="NAME,...",
                       help="whose sequences are read, the primary one first (default: all of the examples)")
    model.add_argument("--dim", type=int, default=32, help="of the embeddings (32)")
    model.add_argument("--layers", default="64,32", metavar="H1,H2", help="widths of the dense layers (64,32)")
    model.add_argument("--compose", type=words, default=[], metavar="FIELD,...",
                       help="fields of --items whose vectors are added to the item's own")
    model.add_argument("--target-fields", type=words, default=[], metavar="FIELD,...",
                       help="the candidate as a sequence of its fields' vectors, as item,author")
    model.add_argument("--crosses", type=words, metavar="CROSS,...",
                       help="of the wide side (default: item, user and each context field)")
    model.add_argument("--buckets", type=int, default=1 << 20, help="of the wide side (1048576)")
    model.add_argument("--recent-clicks", type=int, default=5, metavar="N", help='of "recent x item" (5)')
    model.add_argument("--row-bounds", metavar="SMALLEST,LARGEST",
                       help="keeps each item's largest |x| within these, so that 64-bit sums suffice")
    learn = p.add_argument_group("learning")
    learn.add_argument("--seed", type=int, default=1)
    learn.add_argument("--epochs", type=int, default=20, metavar="N", help="at most (20)")
    learn.add_argument("--patience", type=int, default=1, metavar="N",
                       help="epochs without a better last day before it stops (1)")
    learn.add_argument("--no-refit", action="store_true",
                       help="keep the weights of the best epoch rather than learning on the last day, too")
    learn.add_argument("--batch-size", type=int, default=1024, help="rows of a step (1024)")
    learn.add_argument("--learning-rate", type=float, default=0.002, help="of the deep side (0.002)")
    learn.add_argument("--wide-learning-rate", type=float, default=0.3, help="of the wide side, as in AdaGrad (0.3)")
    learn.add_argument("--dropout", type=float, default=0.3, help="in the deep side (0.3)")
    learn.add_argument("--weight-decay", type=float, default=1.0, help="of the deep side, as in AdamW (1)")
    learn.add_argument("--wide-prior", type=float, default=0.5,
                       help="of the wide side: smooths as about four times as many rows would (0.5)")
    learn.add_argument("--averaging", type=float, default=0.98,
                       help="of the weights over the last 1 / (1 - this) steps; 0: the last step's (0.98)")
    learn.add_argument("--looks", type=int, default=0, metavar="N",
                       help="an epoch, at the last training day: recorded in training.json (0)")
    learn.add_argument("--threads", type=int, default=0, metavar="N", help="of the CPU (default: PyTorch's choice)")
    learn.add_argument("--device", default="auto", help="auto (a GPU where there is one), cpu, cuda")
    learn.add_argument("--restart", action="store_true", help="begin anew where an interrupted run left a checkpoint")
    return p


def attention_options(pairs: list[str]) -> dict:
    """["hidden=8", "self.pool=sum"] -> {"hidden": 8, "self": {"pool": "sum"}}"""
    options: dict = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key or not value:
            raise UserError(f'--attention {pair}: write it as KEY=VALUE, such as hidden=32')
        place = options
        *outer, key = key.split(".")
        for name in outer:
            place = place.setdefault(name, {})
        try:
            place[key] = float(value) if key == "recency_per_day" else int(value) if key == "hidden" else value
        except ValueError as error:
            raise UserError(f"--attention {pair}: {value} is not a number") from error
    return options


def known_keys(options: dict, complete: dict, before: str = ""):
    for key, value in options.items():
        if key not in complete:
            raise UserError(f"--attention {before}{key}: this variant has {', '.join(complete) or 'no options'}")
        if isinstance(complete[key], dict):
            if not isinstance(value, dict):
                raise UserError(f"--attention {before}{key}: name an option within it, such as "
                                f"{before}{key}.hidden=16")
            known_keys(value, complete[key], f"{before}{key}.")


def two_numbers(text: str, option: str, kind):
    try:
        first, second = (kind(part) for part in text.split(","))
        return first, second
    except ValueError as error:
        raise UserError(f"{option} {text}: write two numbers with a comma between them") from error


def at_least(arguments, name: str, smallest):
    if getattr(arguments, name) < smallest:
        raise UserError(f"--{name.replace('_', '-')} {getattr(arguments, name)}: must be at least {smallest}")


def model_config(arguments, examples: Examples) -> ModelConfig:
    for name, smallest in (("dim", 1), ("buckets", 1), ("recent_clicks", 0), ("epochs", 1), ("patience", 1),
                           ("batch_size", 1), ("model_version", 0), ("dropout", 0), ("averaging", 0), ("seed", 0),
                           ("looks", 0), ("wide_prior", 0)):
        at_least(arguments, name, smallest)
    for name in ("dropout", "averaging"):
        if getattr(arguments, name) >= 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: must be below 1")
    options = attention_options(arguments.attention)
    attention = complete_attention(arguments.variant, options)
    known_keys(options, attention)
    behaviours = arguments.behaviours or list(examples.sequences)
    if arguments.variant == "none":
        behaviours = behaviours[:1]
    if not behaviours:
        raise UserError("the examples have no sequence: name the behaviours in the worker's configuration, "
                        "or train --variant none")
    fields = arguments.target_fields
    if fields == [ITEM_FIELD]:
        raise UserError("--target-fields item: the item alone is what there is without; name another field, too")
    if ITEM_FIELD in fields:
        fields = [ITEM_FIELD] + [field for field in fields if field != ITEM_FIELD]
    crosses = arguments.crosses
    if crosses is None:
        crosses = ["item", "user", *(f"context:{name}" for name in examples.context)]
    for cross in crosses:
        if cross not in ("item", "user", "recent x item") and not cross.startswith("context:"):
            raise UserError(f'there is no cross "{cross}": say item, user, context:FIELD, recent x item, '
                            "context:FIELD x item")
    recent = arguments.recent_clicks if "recent x item" in crosses else 0
    if "recent x item" in crosses and not recent:
        raise UserError('"recent x item" needs --recent-clicks of at least 1')
    return ModelConfig(
        variant=arguments.variant, embedding_dim=arguments.dim,
        behaviours=[Behaviour(name, attention) for name in behaviours],
        layers=two_numbers(arguments.layers, "--layers", int), target_fields=fields, crosses=crosses,
        buckets=arguments.buckets if crosses else 0, recent_clicks=recent,
        name=arguments.name or arguments.out.name, version=arguments.model_version)
