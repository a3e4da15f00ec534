"""Every source is built, every header of a library is in its list, and each compiles by itself.

A file that no CMakeLists.txt names is dead code that still looks alive. Tests and benches are
taken by pattern, so for them the folder must be one that is looked at. That a header with a source beside
it compiles by itself is shown by that source, which includes it first; cmake verifies the others.
"""

import posixpath
import re

from tree import Finding, Tree, main

PRODUCT = ("common/", "scorer/", "stateful/", "pipeline/")


def words_of(tree, path):
    text = re.sub(r"#.*", "", tree.text(path)) if tree.has(path) else ""
    return set(re.findall(r"[\w./+-]+", text))


def lists_above(tree, path):
    """The nearest CMakeLists.txt, and the path that it must name."""
    folder = posixpath.dirname(path)
    while folder and not tree.has(posixpath.join(folder, "CMakeLists.txt")):
        folder = posixpath.dirname(folder)
    return posixpath.join(folder, "CMakeLists.txt"), posixpath.relpath(path, folder or ".")


def product_findings(tree, path):
    lists, name = lists_above(tree, path)
    words = words_of(tree, lists)
    if path.endswith(".h") and "HEADERS" not in words:
        return  # an executable's folder has no header set
    if name not in words:
        kind = "a source" if path.endswith(".cc") else "a header"
        yield Finding(path, 1, f"{kind} that {lists} does not name: add it or delete it")


def header_findings(tree, path):
    """A source sits beside its header; a part of a larger unit includes its folder's header."""
    folder = posixpath.dirname(path)
    header = path[:-3] + ".h"
    if tree.has(header):
        first = re.search(r'^#include\s+["<]([^">]+)', tree.text(path), re.MULTILINE)
        if first is None or first.group(1) != header:
            yield Finding(path, 1, f'does not include "{header}" first: nothing else shows that the header '
                          "compiles by itself")
        return
    if path.endswith("/main.cc"):
        return
    if not re.search(rf'^#include "{re.escape(folder)}/', tree.text(path), re.MULTILINE):
        yield Finding(path, 1, f"has neither a header beside it nor an #include of one in {folder}/: "
                      "declare what it offers in a header with its name")


def test_findings(tree, path):
    parts = path.split("/")
    if parts[1] in ("support", "fuzz", "sim"):
        lists = f"tests/{parts[1]}/CMakeLists.txt"
        if parts[-1] not in words_of(tree, lists):
            yield Finding(path, 1, f"a source that {lists} does not name: add it or delete it")
        return
    call = rf"freshet_tests\(\s*{parts[1]}\s+{parts[2]}\b" if len(parts) == 4 else r"$^"
    if not path.endswith("_test.cc") or not re.search(call, tree.text("tests/CMakeLists.txt")):
        yield Finding(path, 1, "no test target takes it: name it tests/TIER/MODULE/NAME_test.cc and "
                      "have freshet_tests(TIER MODULE ...) in tests/CMakeLists.txt")


def check(tree: Tree):
    for path in tree.ending(".cc", ".h"):
        if path.startswith(PRODUCT):
            yield from product_findings(tree, path)
            if path.endswith(".cc"):
                yield from header_findings(tree, path)
        elif path.startswith("tests/") and path.endswith(".cc"):
            yield from test_findings(tree, path)
        elif path.startswith("bench/") and path.count("/") > 1:
            yield from product_findings(tree, path)
        elif path.endswith(".cc") and not re.match(r"bench/bench_\w+\.cc$", path):
            yield Finding(path, 1, "no target takes it: benches are bench/bench_UNIT.cc, and everything "
                          "else lives in a folder of its own")


if __name__ == "__main__":
    main(check)
