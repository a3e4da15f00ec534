"""The patches of tests/sim/wrong still fit the sources that they spoil.

A hunk's old lines must stand in the source one behind the other, in one place at least. The build itself refuses a patch
that does not fit, but only minutes later.
"""

from tree import Finding, Tree, main

FOLDER = "tests/sim/wrong/"


def hunks(lines):
    """Yields (line number, source, old lines) for each hunk of a patch."""
    source, at, old = None, 0, []
    for number, line in enumerate(lines, 1):
        if line.startswith("+++ b/"):
            source = line[len("+++ b/"):].split("\t")[0]
        elif line.startswith("@@"):
            if old:
                yield at, source, old
            at, old = number, []
        elif at and line.startswith("--- "):
            yield at, source, old
            at, old = 0, []
        elif at and line[:1] in (" ", "-"):
            old.append(line[1:])
    if old:
        yield at, source, old


def stands_in(old, lines):
    return any(lines[i:i + len(old)] == old for i in range(len(lines) - len(old) + 1))


def check(tree: Tree):
    for path in tree.ending(".patch"):
        if not path.startswith(FOLDER):
            continue
        found = list(hunks(tree.lines(path)))
        if not found:
            yield Finding(path, 1, "has no hunk")
        for number, source, old in found:
            if source is None or not tree.has(source):
                yield Finding(path, number, f"changes {source}, which is not in the tree")
            elif not stands_in(old, tree.lines(source)):
                yield Finding(path, number, f"does not fit {source} any more: make the hunk anew")


if __name__ == "__main__":
    main(check)
