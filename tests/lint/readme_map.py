"""The README's map names every top-level folder and file, and nothing that is not there.

The map is the table under the heading "Map"; its first column holds paths in backquotes.
"""

import re

from tree import Finding, Tree, main

# Settings of tools, which a reader does not look for in a map.
QUIET = {".clang-format", ".clang-tidy", ".dockerignore", ".gitignore"}


def entries(lines):
    """Yields (line number, path) for each path in the first column of the map's table."""
    in_map = False
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            in_map = line.strip("# ").lower() == "map"
        elif in_map and line.startswith("|"):
            for path in re.findall(r"`([^`]+)`", line.split("|")[1]):
                yield number, path


def check(tree: Tree):
    if not tree.has("README.md"):
        yield Finding("README.md", 1, "is missing")
        return
    named = list(entries(tree.lines("README.md")))
    if not named:
        yield Finding("README.md", 1, 'has no table of paths under a heading "Map"')
        return
    for number, path in named:
        if not tree.has(path.rstrip("/")):
            yield Finding("README.md", number, f"`{path}` is not in the tree: take it off the map")
    told = {path.split("/")[0] for _, path in named} | {"README.md"} | QUIET
    for top in sorted({path.split("/")[0] for path in tree.paths} - told):
        yield Finding("README.md", 1, f"`{top}` is not on the map: add a line that says what it is")


if __name__ == "__main__":
    main(check)
