"""Relative links of the documents lead somewhere, and so do their anchors."""

import posixpath
import re

from tree import Finding, Tree, main

LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(text):
    """The anchors that a renderer gives to the headings of a document."""
    for heading in re.findall(r"^#+\s+(.+?)\s*$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        yield plain.replace(" ", "-")


def problem(tree, path, target):
    file, _, anchor = target.partition("#")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
    if there != "." and not tree.has(there):
        return f"{target} leads nowhere: mend or remove the link"
    if anchor and there.endswith(".md") and anchor not in anchors(tree.text(there)):
        return f"{there} has no heading #{anchor}: mend the link"
    return None


def check(tree: Tree):
    for path in tree.ending(".md"):
        fenced = False
        for number, line in enumerate(tree.lines(path), 1):
            fenced ^= line.lstrip().startswith("```")
            for target in [] if fenced else LINK.findall(line):
                if re.match(r"[a-z]+:", target):
                    continue
                found = problem(tree, path, target)
                if found:
                    yield Finding(path, number, found)


if __name__ == "__main__":
    main(check)
