"""Each alert has its page in docs/operations.md, and each page its alert."""

import re

from tree import Finding, Tree, main

RULES = "deploy/prometheus/alerts.yml"
PAGES = "docs/operations.md"
SECTION = "Alerts"


def alerts(tree):
    for number, line in enumerate(tree.lines(RULES), 1):
        found = re.match(r"\s*- alert: (\w+)$", line)
        if found:
            yield found.group(1), number


def pages(tree):
    inside = False
    for number, line in enumerate(tree.lines(PAGES), 1):
        if line.startswith("## "):
            inside = line[3:].strip() == SECTION
        elif inside and line.startswith("### "):
            yield line[4:].strip(), number


def check(tree: Tree):
    for path in (RULES, PAGES):
        if not tree.has(path):
            yield Finding(path, 1, "is missing")
            return
    raised, written = dict(alerts(tree)), dict(pages(tree))
    if not raised:
        yield Finding(RULES, 1, "names no alert")
    for name in sorted(raised.keys() - written.keys()):
        yield Finding(RULES, raised[name], f'{name} has no page: add "### {name}" under "## {SECTION}" of {PAGES}')
    for name in sorted(written.keys() - raised.keys()):
        yield Finding(PAGES, written[name], f"{name} is no alert of {RULES}: take the page away")


if __name__ == "__main__":
    main(check)
