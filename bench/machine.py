"""What figures belong to: the processor, its cores, the commit, the load before."""

import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(), "commit": commit.stdout.strip(),
            "load_before": os.getloadavg()[0]}
