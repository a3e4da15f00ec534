"""Tests run, can fail, and say in their name what holds; nothing is left to do in a comment."""

import re

from tree import CODE, Finding, Tree, main

TEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)")
NAME = re.compile(r"^[A-Z][A-Za-z0-9]*$")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|\d+")
EMPTY_WORDS = {"Works", "Basic", "Simple", "Sanity", "Smoke", "Misc", "Foo", "Test", "Tests", "Should"}
CANNOT_FAIL = re.compile(r"\bSUCCEED\(\)|\b(?:EXPECT|ASSERT)_TRUE\(\s*true\s*\)|\b(?:EXPECT|ASSERT)_FALSE\(\s*false\s*\)")
LEFT_TO_DO = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def name_problem(name):
    words = WORD.findall(name)
    if not NAME.match(name) or "_" in name:
        return "is not CamelCase"
    if len(words) < 2 or EMPTY_WORDS & set(words):
        return "is not a statement"
    return None


def check(tree: Tree):
    for path in tree.ending(*CODE, ".py", ".cmake", "CMakeLists.txt") + tree.shell_scripts():
        for number, line in enumerate(tree.lines(path), 1):
            left = LEFT_TO_DO.search(line)
            if left:
                yield Finding(path, number, f"{left.group()} in the tree: do it, or open an issue")
    for path in tree.ending(*CODE):
        for number, line in enumerate(tree.lines(path), 1):
            if "DISABLED_" in line:
                yield Finding(path, number, "a disabled test: mend it or delete it")
            if CANNOT_FAIL.search(line):
                yield Finding(path, number, "a check that cannot fail: check something or delete it")
            test = TEST.match(line)
            problem = test and name_problem(test.group(2))
            if problem:
                yield Finding(path, number, f"{test.group(2)} {problem}: name the test by what holds, "
                              "like LateClickIsInsertedInOrder")


if __name__ == "__main__":
    main(check)
