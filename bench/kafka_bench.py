"""What the benches on a real broker share: their options, a broker in a folder of its own, its clicks."""

import argparse
import contextlib
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("FRESHET_BUILD", ROOT / "build/release")).resolve()
os.environ.setdefault("FRESHET_BINARY", str(BUILD / "freshet"))
sys.path.insert(0, str(ROOT / "tests/e2e"))
import harness  # noqa: E402

PARTITIONS = 4
FIRST_TS = 1_700_000_000_001


def options(description, *, events, users):
    """A parser with what every one of them is asked."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=events, help="clicks of the input")
    parser.add_argument("--users", type=int, default=users)
    parser.add_argument("--items", type=int, default=100, help="candidates of each click")
    return parser


def add_sets(parser):
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="of the worker's configuration; may be given again")


def sets_of(arguments):
    return [word for pair in arguments.set for word in ("--set", pair)]


def add_ahead(parser):
    parser.add_argument("--ahead", action="store_true",
                        help="before all other programs (root): for a machine that has more to do")


@contextlib.contextmanager
def broker(name, items, folder=None, dim=None, ahead=False):
    """A folder (a temporary one, unless it is given) with a model of so many items, and a broker's address."""
    with tempfile.TemporaryDirectory(prefix=f"freshet-{name}-") as temporary:
        folder = folder or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bootstrap = harness.start_broker(folder / "kafka")
        try:
            if ahead:
                put_ahead(os.getpid())
                put_ahead(int((folder / "kafka/broker.pid").read_text()))
            if not (folder / "model").exists():
                harness.freshet("model", "init", "--item-count", items, *(("--dim", dim) if dim else ()),
                                "--output", folder / "model")
            yield folder, bootstrap
        finally:
            harness.stop_broker(folder / "kafka")


def cpu_s(pid):
    """User and system time of the process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def put_ahead(pid):
    """Has the threads of a process, and whatever they will start, run before all else on the machine. Needs root.

    By the real-time scheduler's lowest priority: niceness counts within one session alone.
    """
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(1))


def write_clicks(path, arguments):
    """`events` clicks a millisecond apart, of every user in turn."""
    with open(path, "w") as log:
        for i in range(arguments.events):
            log.write(f'{{"user_id":"user-{i * 7919 % arguments.users}","item_id":"{i % arguments.items}",'
                      f'"ts":{FIRST_TS + i},"type":"click"}}\n')
    return path
