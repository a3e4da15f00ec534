"""Makes tests/data/golden/: what each format version looked like, which CI opens for ever.

    FRESHET_BINARY=build/release/freshet python3 -B tests/data/make_golden.py

Run it once per format version, by the last release that wrote it; it never replaces a version that
is there. model-format-N/ and state-format-N/ are what users have on their disks; format-N.* is what
the commands said of them. tests/e2e/golden_test.py compares.

    format 1    the first
    format 2    a partition's marker names the model that serves it (docs/formats.md, "Marker")
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FRESHET_BINARY", str(ROOT / "build/release/freshet"))
GOLDEN = ROOT / "tests/data/golden"
FORMAT = 2

T0 = 1_602_633_600_000
CONFIG = """# The configuration of the golden files; MODEL and STATE are put in by who uses it.
application_id: golden
kafka: {bootstrap: 127.0.0.1:9, input: clicks}
events: {context: [tab]}
behaviours:
  - {name: click, types: [click], length_max: 4, age_max: 7d}
  - {name: cart, types: [add, remove], length_max: 2, age_max: 30d}
candidates: {publish: 3}
model: {path: MODEL}
state: {path: STATE}
"""
# Of this machine, not of the format: for those who start a worker.
NO_HTTP = 'http: {listen: "off"}\n'


def freshet(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], check=True, capture_output=True, text=True)


def write_log(path):
    """Clicks, carts, impressions and requests; late, repeated and unreadable ones; odd ids."""
    users, items = ("u1", "0712", "user \u00e9\u4e2d", "u4"), ("v1", "v2", "42", "item \u00e9", "unknown")
    with open(path, "w", encoding="utf-8") as log:
        for i in range(80):
            user, item = users[i * 7 % 4], items[i * 5 % 5]
            event = {"user_id": user, "ts": T0 + i * 1000 - (i % 9 == 4) * 5000}
            kind = ("click", "add", "impression", "request", "click")[i % 5]
            if kind == "request":
                event |= {"type": kind, "request_id": f"r{i}", "candidates": list(items[:3])}
            else:
                event |= {"type": kind, "item_id": item, "event_id": f"e{i}", "tab": i % 3}
            if kind == "impression":
                event["label"] = i % 2
            log.write(json.dumps(event, ensure_ascii=False) + "\n")
        log.write("not an event\n")


def config_for(folder, golden, state):
    path = folder / "golden.yaml"
    text = (golden / f"format-{FORMAT}.yaml").read_text()
    path.write_text(text.replace("MODEL", str(golden / f"model-format-{FORMAT}"))
                    .replace("STATE", str(state)) + NO_HTTP)
    return path


def make_state(config, state, log, scores):
    """A replay's state, opened once more by a worker so that tables are written, not the log alone."""
    freshet("replay", "-c", config, "--input", log, "--partitions", 2, "--state", state, "--output",
            scores, "--dead-letters", "/dev/null")
    worker = subprocess.Popen([BINARY, "run", "-c", str(config)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (state / "instance").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    worker.terminate()
    worker.communicate(timeout=60)
    for name in ("LOCK", "LOG"):
        (state / name).unlink(missing_ok=True)
    for options in state.glob("OPTIONS-*"):  # they name the folder that the state was made in
        options.unlink()


def main():
    model, state = GOLDEN / f"model-format-{FORMAT}", GOLDEN / f"state-format-{FORMAT}"
    if model.exists() or state.exists():
        sys.exit(f"{GOLDEN}: format {FORMAT} is there; it stays as it is")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    name = GOLDEN / f"format-{FORMAT}"
    name.with_suffix(".yaml").write_text(CONFIG)
    write_log(name.with_suffix(".log.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "items.txt").write_text("v1\nv2\n42\nitem \u00e9\n", encoding="utf-8")
        freshet("model", "init", "--items", work / "items.txt", "--dim", 5, "--seed", 7, "--name",
                "golden", "--attention-hidden", 3, "--hidden1", 4, "--hidden2", 3, "--wide-buckets",
                64, "--behaviours", "click,cart", "--context", "tab", "--recency-per-day", 0.5,
                "--output", model)
        made = work / "state"
        config = config_for(work, GOLDEN, made)
        make_state(config, made, name.with_suffix(".log.jsonl"), name.with_suffix(".scores.jsonl"))
        shutil.copytree(made, state)
        name.with_suffix(".verify.txt").write_text(freshet("state", "verify", "-c", config).stdout)
        name.with_suffix(".dump.jsonl").write_text(freshet("state", "dump", "-c", config).stdout)
    size = sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file())
    print(f"{GOLDEN}: format {FORMAT}, {size} bytes in all", file=sys.stderr)


if __name__ == "__main__":
    main()
