"""Nothing in the tree depends on one machine: no home folders, no hosts of package registries.

Which mirror, proxy or login a machine uses is a matter of its own settings, never of a script.
"""

import re

from tree import CODE, Finding, Tree, main

SUFFIXES = CODE + (".py", ".sh", ".cmake", "CMakeLists.txt", "CMakePresets.json", ".xml", ".yaml", ".yml", ".md")
# Written in two parts, so that this file passes its own check.
HOME = re.compile(r"(?<![\w.])/(?:ho" r"me/\w+|wo" r"rk/\w+|Us" r"ers/\w+)")
REGISTRY = re.compile(r"https?://[\w.-]*(?:deb" r"ian\.org|ubuntu\.com|ma" r"ven\.org|maven\.apache\.org|pypi|"
                      r"pythonhosted|npmjs|crates\.io|proxy\.golang)[\w.-]*/?[\w./-]*")
SCHEMA = re.compile(r"maven\.apache\.org/(?:POM|xsd)/")


def check(tree: Tree):
    for path in sorted(set(tree.ending(*SUFFIXES)) | set(tree.shell_scripts())):
        for number, line in enumerate(tree.lines(path), 1):
            home = HOME.search(line)
            if home:
                yield Finding(path, number, f"{home.group()} is a folder of one machine: take it from a "
                              "variable or an argument")
            for url in REGISTRY.findall(line):
                # A namespace of XML only looks like an address; nobody fetches it.
                if not SCHEMA.search(url):
                    yield Finding(path, number, f"{url} names a package registry: leave the choice to "
                                  "the client's own settings")


if __name__ == "__main__":
    main(check)
