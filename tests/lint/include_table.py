"""Who may include what. Debian puts all headers on the default path, so linking cannot hold this.

The tables are the rule; docs/architecture.md explains it. A folder that no table names may include
anything: tests/ and bench/ see all of the project, but third-party doors hold there too.
"""

import fnmatch
import re

from tree import CODE, Finding, Tree, main

SCORER = ["scorer/candidates", "scorer/pooling", "scorer/files", "scorer/reference", "scorer/model", "scorer"]
STATE = ["stateful", "common"]

ALL = ["pipeline/commands", "pipeline/worker", "pipeline/cases", "pipeline/evaluate", "pipeline/http", "pipeline/metrics",
       "pipeline/kafka", "pipeline/files", "pipeline/generate", "pipeline/task", "pipeline/examples", "pipeline/state",
       "pipeline/models", "pipeline/scoring", "pipeline/status", "pipeline/restore", "pipeline", "pipeline/log",
       "pipeline/events", "pipeline/config", *SCORER, *STATE]

# Folder -> the folders of the project that its files may include, itself apart. The longest match counts.
LAYERS = {
    "common": [],
    "scorer/simd": [],
    "scorer/model": ["common"],
    "scorer": ["scorer/simd", "scorer/model", "common"],
    "scorer/files": ["scorer/model", "common"],
    "scorer/reference": ["scorer/model", "common"],
    "scorer/pooling": ["scorer", "scorer/simd", "scorer/model", "common"],
    "scorer/candidates": ["scorer/pooling", "scorer", "scorer/simd", "scorer/model", "common"],
    "stateful": ["common"],
    "pipeline/config": STATE,
    "pipeline/events": ["pipeline/config", "common"],
    "pipeline/log": ["pipeline/config", "common"],
    "pipeline": ["pipeline/events", "pipeline/config", *STATE],
    "pipeline/restore": ["pipeline", "pipeline/log", "pipeline/events", *STATE],
    "pipeline/status": ["pipeline/restore", "pipeline/events", "pipeline/config", *STATE],
    "pipeline/scoring": ["pipeline/status", "pipeline/events", "pipeline/config", *SCORER, *STATE],
    "pipeline/models": ["pipeline/scoring", "pipeline/log", "pipeline/config", *SCORER, *STATE],
    "pipeline/state": ["pipeline/scoring", "pipeline/status", "pipeline/events", "pipeline/config", *SCORER, *STATE],
    "pipeline/task": ["pipeline/state", "pipeline/models", "pipeline/scoring", "pipeline/status", "pipeline/restore",
                      "pipeline", "pipeline/log", "pipeline/events", "pipeline/config", *SCORER, *STATE],
    "pipeline/worker": ["pipeline/task", "pipeline/scoring", "pipeline/status", "pipeline", "pipeline/log",
                        "pipeline/events", "pipeline/config", *SCORER, *STATE],
    "pipeline/cases": ["pipeline/task", "pipeline/state", "pipeline/scoring", "pipeline/status", "pipeline/events",
                       "pipeline/config", *STATE],
    "pipeline/files": ["pipeline", "pipeline/events", "pipeline/config", *STATE],
    "pipeline/examples": ["pipeline/scoring", "pipeline/events", "pipeline/config", *SCORER, *STATE],
    "pipeline/evaluate": ["pipeline/examples", "pipeline/state", "pipeline/scoring", "pipeline/events", "pipeline/config",
                          *SCORER, *STATE],
    "pipeline/metrics": ["pipeline/models", "pipeline/scoring", "pipeline/status", "pipeline", "pipeline/log",
                         "pipeline/events", "pipeline/config", *SCORER, *STATE],
    "pipeline/http": ["pipeline/metrics", "pipeline/log", "pipeline/events", "pipeline/config", "common"],
    "pipeline/kafka": ["pipeline/files", "pipeline/restore", "pipeline", "pipeline/events", "pipeline/config", "common"],
    "pipeline/generate": [*SCORER, "common"],
    "pipeline/commands": ALL,
    "tests": ["scorer/simd", *ALL],
    "tests/unit/bench": ["bench", "tests", *ALL],
    "bench": ["tests", "scorer/simd", *ALL],
}

# Library (the start of its headers' path) -> the files that may include it. `*` stays in a folder.
DOORS = {
    "tl/": ["*"],  # std::expected of C++23: part of the vocabulary
    "Eigen/": ["scorer/reference/gemm_baseline.cc", "bench/bench_score.cc"],
    "rocksdb/": ["stateful/rocksdb_*.cc", "tests/contract/stateful/rocksdb_foreign_test.cc"],
    "librdkafka/": ["pipeline/kafka/*", "tests/support/kafka_*.cc", "tests/broker/kafka/*.cc",
                    "tests/unit/kafka/*.cc", "tests/contract/kafka/*.cc"],
    "yaml-cpp/": ["pipeline/config/yaml_reader.cc", "scorer/files/model_yaml.cc"],
    "simdjson": [
        "pipeline/events/event_decoder.cc", "pipeline/events/output_decoder.cc",
        "pipeline/evaluate/number_field.cc", "pipeline/files/history_decoder.cc", "scorer/files/model_folder.cc",
        # simdjson's other parser (DOM) is the oracle of what we read with On-Demand.
        "tests/property/pipeline/*.cc", "tests/fuzz/*.cc", "bench/*.cc",
    ],
    "spdlog/": ["pipeline/log/*.cc"],
    "prometheus/": ["pipeline/metrics/*"],
    "httplib": ["pipeline/http/http_server.cc"],
    "CLI/": ["pipeline/commands/*.cc"],
    "xxhash": ["stateful/*.cc"],
    "openssl/": ["scorer/files/sha256.cc"],
    "zlib": ["pipeline/files/*.cc", "tests/unit/pipeline/*.cc", "tests/e2e/*.cc"],
    "gtest/": ["tests/*/*", "tests/*/*/*"],
    "gmock/": ["tests/*/*", "tests/*/*/*"],
    "benchmark/": ["bench/*"],
    "sanitizer/": ["tests/sim/fiber.cc"],  # the compiler's own: it must hear of a switch of stacks
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def matches(path, pattern):
    """fnmatch lets * cross folders; here it does not."""
    parts, wanted = path.split("/"), pattern.split("/")
    if len(wanted) == 1:
        return fnmatch.fnmatch(parts[-1], pattern)
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatch, parts, wanted))


def layer_of(path):
    folders = [folder for folder in LAYERS if path.startswith(folder + "/")]
    return max(folders, key=len, default=None)


def third_party(path, line, header):
    known = next((start for start in DOORS if header.startswith(start)), None)
    if known is not None:
        if not any(matches(path, pattern) for pattern in DOORS[known]):
            yield Finding(path, line, f"<{header}> has its doors elsewhere ({', '.join(DOORS[known])}): "
                          "use what those files offer, or move the code there")
    elif re.search(r"[/.]", header) and not header.endswith(".h"):
        yield Finding(path, line, f"<{header}> is a library that {__file__.split('/')[-1]} does not "
                      "know: give it a door in DOORS and a reason in docs/decisions/0001-dependencies.md")
    elif "/" in header and not header.startswith(("sys/", "netinet/", "arpa/", "linux/")):
        yield Finding(path, line, f"<{header}> is neither the system's nor a known library: "
                      "give it a door in DOORS")


def own(tree, path, line, header):
    if any(header.startswith(start) for start in DOORS):
        yield Finding(path, line, f'"{header}" is not ours: write <{header}>')
        yield from third_party(path, line, header)
        return
    if not tree.has(header):
        yield Finding(path, line, f'"{header}" is not a path from the root of the tree: write it so')
        return
    here, there = layer_of(path), layer_of(header)
    if here is not None and there not in [here, *LAYERS[here]]:
        yield Finding(path, line, f'{here}/ must not include "{header}": it may see '
                      f"{', '.join([here, *LAYERS[here]])} only")


def check(tree: Tree):
    for path in tree.ending(*CODE):
        lines = tree.lines(path)
        if path.endswith(".h") and "#pragma once" not in lines:
            yield Finding(path, 1, "has no `#pragma once`: every header has it below its first comment")
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            bracket, header = found.groups()
            yield from (third_party(path, number, header) if bracket == "<" else
                        own(tree, path, number, header))


if __name__ == "__main__":
    main(check)
