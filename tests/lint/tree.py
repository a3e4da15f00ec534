"""What every check shares: the files of the tree, findings, and the command line.

A check is a function from a Tree to its findings. A Tree is a mapping from path to text, so each
check's test gives it a handful of made-up files and looks at what is found.
"""

import os
import subprocess
import sys
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = (".cc", ".h")


class Finding(NamedTuple):
    path: str
    line: int  # 1 where the whole file is meant
    message: str  # what is wrong, and what to do about it


class Tree:
    """The files that git tracks or would add, or the made-up files of a test."""

    def __init__(self, files: Dict[str, Optional[str]]):
        self._files = files  # None: read when first asked for

    @property
    def paths(self) -> List[str]:
        return sorted(self._files)

    def ending(self, *suffixes: str) -> List[str]:
        return [path for path in self.paths if path.endswith(suffixes)]

    def text(self, path: str) -> str:
        text = self._files[path]
        if text is None:
            with open(os.path.join(ROOT, path), "rb") as file:
                text = file.read().decode("utf-8", errors="replace")
            self._files[path] = text
        return text

    def lines(self, path: str) -> List[str]:
        return self.text(path).splitlines()

    def has(self, path: str) -> bool:
        """True for a file and for a folder that holds one."""
        return path in self._files or any(p.startswith(path.rstrip("/") + "/") for p in self._files)

    def shell_scripts(self) -> List[str]:
        """Scripts are told by their first line, because most have no suffix."""
        places = ("scripts/", "tests/", ".ci/", "deploy/", "bench/")
        candidates = [
            path
            for path in self.paths
            if path.endswith(".sh") or (path.startswith(places) and "." not in os.path.basename(path))
        ]
        return [path for path in candidates if "sh" in (self.lines(path) or [""])[0][:32].split("/")[-1]
                and self.text(path).startswith("#!")]


def checkout() -> Tree:
    """The tree on disk. Without git (a source archive) every file outside build/ counts."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
            listed += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return Tree({p: None for p in listed if p and os.path.isfile(os.path.join(ROOT, p))})


def main(check: Callable[[Tree], Iterable[Finding]]) -> None:
    """Runs the check over the checkout; prints path:line: message; exits 1 where it found any."""
    tree = checkout()
    if not tree.paths:
        sys.exit("lint: found no files to look at")
    findings = sorted(set(check(tree)))
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.message}")
    if findings:
        sys.exit(1)
    print(f"looked at {len(tree.paths)} files")
