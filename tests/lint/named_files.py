"""A file of this project that a comment or a document names by its path is there."""

import re

from tree import CODE, Finding, Tree, main

FOLDERS = "bench|cmake|common|configs|deploy|docs|pipeline|scorer|scripts|stateful|tests|training"
NAMED = re.compile(rf"(?<![\w/.-])((?:{FOLDERS})/[\w/-]*[\w-]\.(?:h|cc|py|md|yaml|cmake))\b")


def check(tree: Tree):
    for path in tree.ending(*CODE, ".py", ".md", ".txt", ".cmake", ".yaml", ".patch"):
        if path.startswith("tests/lint/"):
            continue  # their tests name files that are made up
        for number, line in enumerate(tree.lines(path), 1):
            for named in NAMED.findall(line):
                if not tree.has(named):
                    yield Finding(path, number, f"{named} is not there: it was moved or renamed")


if __name__ == "__main__":
    main(check)
