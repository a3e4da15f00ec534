"""No file of code is longer than 400 lines. There is no list of exceptions."""

from tree import Finding, Tree, main

LINES_MAX = 400
SUFFIXES = (".cc", ".h", ".py", ".sh", ".cmake")


def check(tree: Tree):
    for path in sorted(set(tree.ending(*SUFFIXES)) | set(tree.shell_scripts())):
        count = len(tree.lines(path))
        if count > LINES_MAX:
            yield Finding(path, 1, f"has {count} lines, more than {LINES_MAX}: split it by what it owns")


if __name__ == "__main__":
    main(check)
