"""Every C++ file is formatted as .clang-format says, by the one version that scripts/setup installs."""

import os
import re
import shutil
import subprocess
import tempfile

from tree import CODE, Finding, ROOT, Tree, main

TOOL = "clang-format-14"
MESSAGE = re.compile(r"^(.*?):(\d+):\d+: (?:error|warning):")


def complaints(folder, paths):
    """The first badly formatted line of each file."""
    run = subprocess.run([TOOL, "--style=file", "--dry-run", "-Werror", "--ferror-limit=1", *paths],
                         cwd=folder, capture_output=True, text=True, check=False)
    seen = set()
    for line in run.stderr.splitlines():
        found = MESSAGE.match(line)
        if found and found.group(1) not in seen:
            seen.add(found.group(1))
            yield Finding(found.group(1), int(found.group(2)), f"is not formatted: run {TOOL} -i on it")
    if run.returncode != 0 and not seen:
        yield Finding(".clang-format", 1, f"{TOOL} failed: {run.stderr.strip()[:200]}")


def check_made_up(files):
    """For the test of this check: formats made-up files under the project's own style."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(ROOT, ".clang-format"), folder)
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return list(complaints(folder, files))


def check(tree: Tree):
    if shutil.which(TOOL) is None:
        yield Finding("scripts/setup", 1, f"{TOOL} is missing: run scripts/setup")
        return
    paths = tree.ending(*CODE)
    for start in range(0, len(paths), 200):
        yield from complaints(ROOT, paths[start:start + 200])


if __name__ == "__main__":
    main(check)
