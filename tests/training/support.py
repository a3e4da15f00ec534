"""Where the trainer is, and examples made up for its tests."""
import json
import os
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "training"), str(ROOT / "tests" / "data")]
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny tensors, and the tests run beside others

DAY_MS = 86_400_000
FIRST_DAY_MS = 1_650_844_800_000  # 2022-04-25


def row(user="u1", item="v1", ts=FIRST_DAY_MS + 1000, label=1, clicks=(), context=None, **more):
    """One line of an examples file; clicks are (item, ts), newest first."""
    return {"user_id": user, "item_id": item, "ts": ts, "label": label, "context": context or {"tab": "1"},
            "sequences": {"click": {"items": [i for i, _ in clicks], "ts": [t for _, t in clicks]}},
            "model": "m@1", "logit": 0.25, "deep": 0.0, "wide": 0.0, "source": {"topic": "c", "partition": 0, "offset": 0},
            **more}


def write(path, rows):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def planted_log(folder):
    """The files of planted rows and of their items, each with an author."""
    items = folder / "items.jsonl"
    items.write_text("".join(json.dumps({"item_id": f"v{i}", "author": f"a{i % 2}"}) + "\n" for i in range(14)))
    return write(folder / "examples.jsonl", planted_rows(seed=5)), items


def planted_rows(seed, users=60, days=4, rows_a_day=6, items=12):
    """Rows whose label is 1 where the candidate's parity is that of the newest click, else 0."""
    draw = random.Random(seed)
    made = []
    for day in range(days):
        for user in range(users):
            for turn in range(rows_a_day):
                ts = FIRST_DAY_MS + day * DAY_MS + turn * 3_600_000 + user
                newest, candidate = draw.randrange(items), draw.randrange(items)
                clicks = [(f"v{newest}", ts - 60_000)]
                made.append(row(f"u{user}", f"v{candidate}", ts, int(newest % 2 == candidate % 2), clicks,
                                {"tab": str(draw.randrange(2))}))
    return made
