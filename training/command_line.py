"""What the two commands do alike: one line for what the user can mend, and a stop that leaves what is done."""
from __future__ import annotations

import signal
import sys
from typing import Callable

from model_config import UserError


def say(text: str):
    print(text, file=sys.stderr, flush=True)


def run_command(name: str, goes_on: str, work: Callable[[], str]) -> int:
    """Prints what `work` returns and gives the exit code; `goes_on` says what the same command does after a stop."""
    try:
        print(work(), end="")
        return 0
    except UserError as error:
        say(f"{name}: {error}")
        return 1
    except OSError as error:
        say(f"{name}: {error.filename}: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        say(f"{name}: stopped; the same command {goes_on}")
        return 130


def stop(signum, frame):
    raise KeyboardInterrupt


def listen_to_stops():
    # Also where a shell started it in the background, which ignores the one, or a service manager ends it.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
