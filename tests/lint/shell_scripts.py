"""Shell scripts parse, stop at the first failure, and pass shellcheck."""

import os
import shutil
import subprocess

from tree import Finding, Tree, main


def check(tree: Tree):
    if shutil.which("shellcheck") is None:
        yield Finding("scripts/setup", 1, "shellcheck is missing: run scripts/setup")
        return
    for path in tree.shell_scripts():
        text = tree.text(path)
        parsed = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        if parsed.returncode != 0:
            yield Finding(path, 1, f"does not parse: {parsed.stderr.strip()}")
            continue
        if "set -euo pipefail" not in text and not text.splitlines()[-1].startswith("exec "):
            yield Finding(path, 1, "goes on after a failure: put `set -euo pipefail` below its comment")
        run = subprocess.run(["shellcheck", "--format=gcc", "--severity=warning", "-"], input=text,
                             capture_output=True, text=True, check=False)
        for line in run.stdout.splitlines():
            _, number, _, message = line.split(":", 3)
            yield Finding(path, int(number), message.strip())
        if os.path.sep + "bin" + os.path.sep not in text.splitlines()[0]:
            yield Finding(path, 1, "has no interpreter in its first line: start with #!/usr/bin/env bash")


if __name__ == "__main__":
    main(check)
