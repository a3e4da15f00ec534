"""Runs the command blocks of a document, as they stand, in a folder that looks like a fresh checkout.

A block is what stands between ```bash and ```. All blocks of a document are one script of bash, which stops at
the first failure: what one block sets, starts or makes is there for the next. Only the usual ports are
replaced, since they may be taken where this runs. Blocks under another name (```sh) are not run.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import harness

PORTS = ("9092", "8080", "8081", "8082", "8083")


def blocks(document):
    return re.findall(r"^```bash\n(.*?)^```", (harness.ROOT / document).read_text(), re.DOTALL | re.MULTILINE)


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def lay_checkout(directory):
    """What a user of the document has: the tree's own folders, and the built binary."""
    directory = pathlib.Path(directory)
    for folder in ("scripts", "configs", "models"):
        if (harness.ROOT / folder).exists():
            shutil.copytree(harness.ROOT / folder, directory / folder)
    (directory / "build/release").mkdir(parents=True)
    (directory / "build/release/freshet").symlink_to(harness.BINARY)
    return directory


def run(document, directory, *, limit_s):
    """Returns (exit code, what it printed). Whatever it started is ended, its brokers included."""
    ports = dict(zip(PORTS, free_ports(len(PORTS))))
    script = re.sub(r"\b(?:" + "|".join(PORTS) + r")\b", lambda port: ports[port.group()], "\n".join(blocks(document)))
    for path in (directory / "configs").glob("*.yaml"):
        text = path.read_text()
        path.write_text(re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda port: ports.get(port.group(), port.group()), text))
    log = directory / "document.log"
    with open(log, "w") as out:
        shell = subprocess.Popen(["bash", "-eux", "-o", "pipefail", "-c", script], cwd=directory,
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                 env={**os.environ, "FRESHET_DATA": ""})
        try:
            code = shell.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            for kafka in (directory / "build").glob("kafka*"):
                harness.stop_broker(kafka)
    return code, log.read_text(errors="replace")
