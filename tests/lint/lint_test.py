"""Shows that every check bites: a bad sample is caught, and a good one passes."""

import unittest

import alert_runbooks
import clang_format
import file_size
import foreign_places
import include_table
import markdown_links
import metric_names
import named_files
import readme_map
import shell_scripts
import sources_listed
import test_quality
import wrong_builds
from tree import Tree, checkout

GUARD = "#pragma once\n"


def found(check, files):
    return [finding.message for finding in check(Tree(dict(files)))]


class LintTest(unittest.TestCase):
    def bites(self, check, files, part):
        messages = found(check, files)
        self.assertTrue(any(part in message for message in messages), messages)

    def passes(self, check, files):
        self.assertEqual(found(check, files), [])


class AlertRunbooksTest(LintTest):
    def files(self, alert, page):
        return {"deploy/prometheus/alerts.yml": f"      - alert: {alert}\n",
                "docs/operations.md": f"### Other\n## Alerts\n\n### {page}\n"}

    def test_each_alert_has_its_page(self):
        self.passes(alert_runbooks.check, self.files("FreshetLag", "FreshetLag"))
        self.bites(alert_runbooks.check, self.files("FreshetLag", "FreshetLate"), "FreshetLag has no page")

    def test_each_page_has_its_alert(self):
        self.bites(alert_runbooks.check, self.files("FreshetLag", "FreshetLate"), "FreshetLate is no alert")


class NamedFilesTest(LintTest):
    def test_a_file_that_is_named_is_there(self):
        files = {"scorer/pooling/pool.h": "", "docs/a.md": "as `scorer/pooling/pool.h` has it\n"}
        self.passes(named_files.check, files)
        for path in ("docs/a.md", "pipeline/a.h", "training/a.py", "pipeline/CMakeLists.txt"):
            self.bites(named_files.check, {path: "# see scorer/pool.h\n"}, "scorer/pool.h is not there")

    def test_what_only_looks_like_one_passes(self):
        self.passes(named_files.check, {"docs/a.md": "build/release/bench/bench_pool, ../bench/a.py, my/docs/b.md\n"})


class MetricNamesTest(LintTest):
    def files(self, path, text):
        return {"docs/metrics.md": "| `freshet_scores_total` | counter |\n| `freshet_wait_seconds{partition}` | histogram |\n",
                path: text}

    def test_an_alert_on_a_metric_that_is_not_described_is_found(self):
        for path in ("deploy/prometheus/alerts.yml", "deploy/prometheus/alerts_test.yml"):
            self.passes(metric_names.check, self.files(path, "expr: rate(freshet_wait_seconds_bucket[5m])\n"))
            self.bites(metric_names.check, self.files(path, "expr: freshet_score_total > 0\n"), "freshet_score_total")

    def test_a_panel_on_a_metric_that_is_not_described_is_found(self):
        panel = '{"title": "freshet_no_metric", "targets": [{"expr": "freshet_%s_total"}]}'
        self.passes(metric_names.check, self.files("deploy/grafana/a.json", panel % "scores"))
        self.bites(metric_names.check, self.files("deploy/grafana/a.json", panel % "points"), "freshet_points_total")

    def test_the_document_is_needed(self):
        self.bites(metric_names.check, {"a.md": ""}, "is missing")


class IncludeTableTest(LintTest):
    def include(self, path, line, others=()):
        guard = GUARD if path.endswith(".h") else ""
        return {path: f"{guard}#include {line}\n", **{other: GUARD for other in others}}

    def test_siblings_never_see_each_other(self):
        for here, there in (("scorer/a.cc", "stateful/b.h"), ("stateful/a.cc", "scorer/b.h"),
                            ("common/a.h", "scorer/b.h"), ("pipeline/a.cc", "pipeline/kafka/b.h"),
                            ("pipeline/kafka/a.cc", "scorer/b.h"), ("scorer/a.cc", "tests/support/b.h"),
                            ("pipeline/config/a.cc", "pipeline/events/b.h"),
                            ("pipeline/a.cc", "pipeline/files/b.h")):
            self.bites(include_table.check, self.include(here, f'"{there}"', [there]), "must not include")

    def test_higher_layers_see_lower_ones(self):
        for here, there in (("scorer/a.cc", "common/b.h"), ("pipeline/a.h", "stateful/b.h"),
                            ("pipeline/commands/a.cc", "pipeline/kafka/b.h"),
                            ("tests/unit/scorer/a_test.cc", "pipeline/kafka/b.h")):
            self.passes(include_table.check, self.include(here, f'"{there}"', [there]))

    def test_each_library_has_one_door(self):
        for path, header in (("scorer/a.h", "Eigen/Dense"), ("stateful/a.cc", "rocksdb/db.h"),
                             ("pipeline/a.cc", "librdkafka/rdkafka.h"), ("pipeline/a.h", "spdlog/spdlog.h"),
                             ("pipeline/a.cc", "yaml-cpp/yaml.h"), ("stateful/a.cc", "simdjson.h"),
                             ("pipeline/a.cc", "CLI/CLI.hpp"), ("scorer/a.cc", "xxhash.h"),
                             ("stateful/a.cc", "openssl/evp.h"), ("scorer/a.cc", "zlib.h"),
                             ("pipeline/kafka/a.cc", "spdlog/spdlog.h"), ("common/a.h", "gtest/gtest.h")):
            self.bites(include_table.check, self.include(path, f"<{header}>"), "doors elsewhere")
        for path, header in (("scorer/reference/gemm_baseline.cc", "Eigen/Dense"),
                             ("pipeline/kafka/a.cc", "librdkafka/rdkafka.h"),
                             ("stateful/rocksdb_state_store.cc", "rocksdb/db.h"), ("common/a.h", "vector"),
                             ("common/a.cc", "sys/mman.h"), ("pipeline/a.cc", "unistd.h")):
            self.passes(include_table.check, self.include(path, f"<{header}>"))

    def test_an_unknown_library_needs_a_door(self):
        self.bites(include_table.check, self.include("scorer/a.cc", "<boost/asio.hpp>"), "does not know")
        self.bites(include_table.check, self.include("scorer/a.cc", "<curl/curl.h>"), "known library")

    def test_includes_are_written_from_the_root(self):
        self.bites(include_table.check, self.include("scorer/a.cc", '"b.h"', ["scorer/b.h"]), "root")
        self.bites(include_table.check, self.include("tests/unit/a/a_test.cc", '"gtest/gtest.h"'), "not ours")

    def test_headers_are_guarded(self):
        self.bites(include_table.check, {"common/a.h": "int f();\n"}, "#pragma once")


class FileSizeTest(LintTest):
    def test_401_lines_are_too_many(self):
        self.bites(file_size.check, {"a/b.cc": "\n" * 401}, "401 lines")
        self.bites(file_size.check, {"scripts/b": "#!/bin/sh\n" + "\n" * 400}, "401 lines")
        self.passes(file_size.check, {"a/b.cc": "\n" * 400})


class ReadmeMapTest(LintTest):
    README = "# Freshet\n\n## Where things are\n\n| where | what |\n|---|---|\n| `common/` | words |\n"

    def test_both_directions_are_held(self):
        self.passes(readme_map.check, {"README.md": self.README, "common/a.h": ""})
        self.bites(readme_map.check, {"README.md": self.README, "common/a.h": "", "new/a.h": ""}, "`new/` is not on")
        self.bites(readme_map.check, {"README.md": self.README}, "`common/` is not in the tree")

    def test_a_missing_map_is_found(self):
        self.bites(readme_map.check, {"common/a.h": ""}, "is missing")
        self.bites(readme_map.check, {"README.md": "# Freshet\n"}, "no table")


class WrongBuildsTest(LintTest):
    PATCH = "--- a/a/b.cc\n+++ b/a/b.cc\n@@ -1,3 +1,2 @@\n one\n-two\n three\n"

    def files(self, source):
        return {"tests/sim/wrong/01-x.patch": self.PATCH, "a/b.cc": source}

    def test_a_hunk_whose_lines_are_gone_is_found(self):
        self.passes(wrong_builds.check, self.files("zero\none\ntwo\nthree\n"))
        self.bites(wrong_builds.check, self.files("one\n2\nthree\n"), "does not fit a/b.cc")
        self.bites(wrong_builds.check, {"tests/sim/wrong/01-x.patch": self.PATCH}, "not in the tree")
        self.bites(wrong_builds.check, {"tests/sim/wrong/01-x.patch": "words\n"}, "has no hunk")


class TestQualityTest(LintTest):
    def test_empty_names_are_refused(self):
        for name in ("Works", "Test1", "Basic", "Insert", "insertsInOrder", "Inserts_In_Order", "ShouldInsert"):
            self.bites(test_quality.check, {"tests/a_test.cc": f"TEST(A, {name}) {{\n"}, "name the test")
        self.passes(test_quality.check, {"tests/a_test.cc": "TEST_F(A, LateClickIsInsertedInOrder) {\n"})

    def test_disabled_and_toothless_tests_are_refused(self):
        name = "DISABLED" + "_LateClickIsLast"
        self.bites(test_quality.check, {"tests/a_test.cc": f"TEST(A, {name}) {{\n"}, "disabled")
        self.bites(test_quality.check, {"tests/a_test.cc": "  SUCCEED();\n"}, "cannot fail")
        self.bites(test_quality.check, {"tests/a_test.cc": "  EXPECT_TRUE(true);\n"}, "cannot fail")

    def test_nothing_is_left_to_do(self):
        for word in ("TO" "DO", "FIX" "ME"):
            self.bites(test_quality.check, {"common/a.h": f"// {word}: later\n"}, "do it")


class SourcesListedTest(LintTest):
    LIBRARY = "freshet_library(x SOURCES a.cc HEADERS a.h)  # old.cc\n"

    def library(self, **more):
        return {"common/CMakeLists.txt": self.LIBRARY, "common/a.cc": '#include "common/a.h"\n', "common/a.h": "", **more}

    def test_orphans_are_found(self):
        self.passes(sources_listed.check, self.library())
        self.bites(sources_listed.check, self.library(**{"common/old.cc": "", "common/old.h": ""}), "a source")
        self.bites(sources_listed.check, self.library(**{"common/b.h": ""}), "a header")
        self.bites(sources_listed.check, {"other/a.cc": ""}, "no target takes it")

    def test_a_folder_without_a_list_is_named_in_the_one_above(self):
        lists = {"common/CMakeLists.txt": "freshet_library(x SOURCES b/a.cc HEADERS b/a.h)"}
        self.passes(sources_listed.check, {**lists, "common/b/a.cc": '#include "common/b/a.h"', "common/b/a.h": ""})
        self.bites(sources_listed.check, {**lists, "common/b/b.cc": "", "common/b/b.h": ""}, "a source")

    def test_a_bench_in_a_folder_of_its_own_is_named_there(self):
        lists = {"bench/b/CMakeLists.txt": "add_executable(x x.cc)"}
        self.passes(sources_listed.check, {**lists, "bench/b/x.cc": "", "bench/bench_a.cc": ""})
        self.bites(sources_listed.check, {**lists, "bench/b/y.cc": ""}, "a source")

    def test_a_source_needs_its_header(self):
        files = {"common/CMakeLists.txt": "freshet_library(x SOURCES a.cc)", "common/a.cc": ""}
        self.bites(sources_listed.check, files, "header beside it")

    def test_a_source_includes_its_header_first(self):
        late = '#include <string>\n#include "common/a.h"\n'
        self.bites(sources_listed.check, self.library(**{"common/a.cc": late}), 'include "common/a.h" first')

    def test_a_test_outside_every_target_is_found(self):
        lists = {"tests/CMakeLists.txt": "freshet_tests(unit common LIBS x)\n"}
        self.passes(sources_listed.check, {**lists, "tests/unit/common/a_test.cc": ""})
        for path in ("tests/unit/common/a.cc", "tests/unit/scorer/a_test.cc", "tests/unit/a_test.cc"):
            self.bites(sources_listed.check, {**lists, path: ""}, "no test target")


class ShellScriptsTest(LintTest):
    HEAD = "#!/usr/bin/env bash\nset -euo pipefail\n"

    def test_bad_scripts_are_found(self):
        self.passes(shell_scripts.check, {"scripts/a": self.HEAD + "echo hello\n"})
        self.bites(shell_scripts.check, {"scripts/a": self.HEAD + "if true; then\n"}, "does not parse")
        self.bites(shell_scripts.check, {"scripts/a": "#!/usr/bin/env bash\necho hello\n"}, "goes on")
        self.bites(shell_scripts.check, {"scripts/a": self.HEAD + 'cd "$1"\nfor f in $(ls *.h); do rm $f; done\n'},
                   "SC2045")


class ForeignPlacesTest(LintTest):
    def test_one_machines_folders_and_registries_are_found(self):
        self.bites(foreign_places.check, {"a.md": "see /ho" "me/me/freshet\n"}, "one machine")
        self.bites(foreign_places.check, {"scripts/a": "#!/bin/sh\ncurl https://repo1.ma" "ven.org/x\n"}, "registry")
        self.passes(foreign_places.check, {"a.md": "https://kafka.apache.org/ and var/ho" "me/x\n"})


class MarkdownLinksTest(LintTest):
    def test_dead_links_are_found(self):
        page = {"docs/a.md": "# First part\n[x](b.md#some-words) [y](https://example.org/) [z](#first-part)\n",
                "docs/b.md": "## Some words\n"}
        self.passes(markdown_links.check, page)
        self.bites(markdown_links.check, {**page, "c.md": "[x](docs/none.md)\n"}, "leads nowhere")
        self.bites(markdown_links.check, {**page, "c.md": "[x](docs/b.md#none)\n"}, "no heading")


class ClangFormatTest(unittest.TestCase):
    def test_bad_format_is_found_where_it_is(self):
        bad = "int f();\n\nint  g( int a );\n"
        findings = clang_format.check_made_up({"good.h": "int f();\n", "bad.h": bad})
        self.assertEqual([(finding.path, finding.line) for finding in findings], [("bad.h", 3)])


class TreeTest(unittest.TestCase):
    def test_the_checkout_is_seen(self):
        tree = checkout()
        self.assertTrue(tree.has("CMakeLists.txt") and tree.has("common"))
        self.assertIn("scripts/setup", tree.shell_scripts())
        self.assertFalse(tree.has("comm"))


if __name__ == "__main__":
    unittest.main()
