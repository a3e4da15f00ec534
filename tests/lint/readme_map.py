"""The README's map names every top-level folder, and nothing that is not there.

The map is the table under the heading "Where things are"; its paths stand in backquotes, and a path
is what holds a slash. Folders that begin with a dot are settings of tools.
"""

import re

from tree import Finding, Tree, main

HEADING = "Where things are"


def entries(lines):
    """Yields (line number, path) for each path in the map's table."""
    in_map = False
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            in_map = line.strip("# ") == HEADING
        elif in_map and line.startswith("|"):
            for path in re.findall(r"`([^`\s]+/[^`\s]*)`", line):
                yield number, path


def check(tree: Tree):
    if not tree.has("README.md"):
        yield Finding("README.md", 1, "is missing")
        return
    named = list(entries(tree.lines("README.md")))
    if not named:
        yield Finding("README.md", 1, f'has no table of paths under a heading "{HEADING}"')
        return
    for number, path in named:
        if not tree.has(path.rstrip("/")):
            yield Finding("README.md", number, f"`{path}` is not in the tree: take it off the map")
    told = {path.split("/")[0] for _, path in named}
    folders = {path.split("/")[0] for path in tree.paths if "/" in path and not path.startswith(".")}
    for folder in sorted(folders - told):
        yield Finding("README.md", 1, f"`{folder}/` is not on the map: add a line that says what it is")


if __name__ == "__main__":
    main(check)
