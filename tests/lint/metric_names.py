"""Alerts and dashboards use only metrics that docs/metrics.md describes, and it names no other twice.

A histogram stands there under its own name; queries add _bucket, _sum or _count to it.
"""

import json
import re

from tree import Finding, Tree, main

DOCUMENT = "docs/metrics.md"
NAME = re.compile(r"\b(?:freshet|process)_[a-z0-9_]+\b")
PART = re.compile(r"_(?:bucket|sum|count)$")


def described(tree):
    return {name for line in tree.lines(DOCUMENT) if line.startswith("|") for name in NAME.findall(line)}


def expressions(value):
    """Every query of a dashboard, wherever it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("expr", "query", "definition") and isinstance(inner, str):
                yield inner
            else:
                yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)


def used(tree, path):
    """Yields (line, name)."""
    if path.endswith(".json"):
        for query in expressions(json.loads(tree.text(path))):
            for name in NAME.findall(query):
                yield 1, name
        return
    for number, line in enumerate(tree.lines(path), 1):
        if not line.lstrip().startswith("#"):
            for name in NAME.findall(line):
                yield number, name


def check(tree: Tree):
    if not tree.has(DOCUMENT):
        yield Finding(DOCUMENT, 1, "is missing")
        return
    known = described(tree)
    for path in tree.paths:
        if path.startswith("deploy/") and path.endswith((".json", ".yml")):
            for line, name in used(tree, path):
                if name not in known and PART.sub("", name) not in known:
                    yield Finding(path, line, f"{name} is not in {DOCUMENT}: mend the name, or describe it there")


if __name__ == "__main__":
    main(check)
