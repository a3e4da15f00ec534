"""What stands behind `--`: options of scripts/train for every kind, but for those that the comparison sets itself."""
from __future__ import annotations

import options as trainer
from model_config import UserError

# Option of scripts/train -> what to do instead. The comparison's options come first, so what stands behind would undo them.
SET_BY_COMPARE = {
    "--examples": "give it before the --",
    "--train-until": "give it before the --",
    "--judge-from": "give it before the --",
    "--utc-offset": "give it before the --",
    "--target-fields": "give it before the --: it adds kinds, and the others have none",
    "--looks": "give it before the --",
    "--threads": "give it before the --",
    "--out": "give it before the --: each model has a folder in there",
    "--seed": "say how many with --seeds",
    "--variant": "say which kinds with --variants",
    "--attention": "say which kinds with --variants",
    "--name": "each model is called after its kind and its seed",
    "--restart": "take the model's .checkpoint out of the models folder",
}


def meant_by(word: str) -> list[str]:
    """The options that argparse may take `word` for: itself, or those that it begins."""
    name = word.partition("=")[0]
    known = [option for action in trainer.parser()._actions for option in action.option_strings]
    return [name] if name in known else [option for option in known if option.startswith(name)]


def check_trainer_options(given: list[str]):
    """A UserError where they would change what the comparison compares; exit 2 where scripts/train has no such option."""
    for word in given:
        for option in meant_by(word) if word.startswith("--") and word != "--" else []:
            if option in SET_BY_COMPARE:
                raise UserError(f"{word} behind the --: the comparison sets {option} itself; {SET_BY_COMPARE[option]}")
    trainer.parser().parse_args(["--examples", "examples", "--out", "out", *given])
