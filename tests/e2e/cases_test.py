"""`freshet test`: the examples of configs/cases pass, what differs is shown, what is wrong is placed."""

import pathlib
import tempfile
import unittest

import harness

CONFIG = harness.ROOT / "configs/worker.yaml"
CASES = harness.ROOT / "configs/cases"


class CasesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "cases.yaml"

    def run_cases(self, *files):
        return harness.freshet("test", "-c", CONFIG, "--model", harness.ROOT / "models/demo", *files,
                               check=False)

    def test_the_examples_pass(self):
        files = sorted(CASES.glob("*.yaml"))
        self.assertTrue(files)
        done = self.run_cases(*files)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(done.stdout.splitlines()),
                         sum(file.read_text().count("- name: ") for file in files))
        self.assertTrue(all(line.startswith("ok     ") for line in done.stdout.splitlines()))

    def test_one_impression_feeds_several_behaviours(self):
        config = self.file.with_name("worker.yaml")
        config.write_text(f"""
candidates: {{source: event}}
model: {{path: {harness.ROOT / "models/demo"}}}
events: {{context: [tab]}}
behaviours:
  - {{name: click, types: [click]}}
  - {{name: long_view, impressions: watched}}
  - {{name: exposed, impressions: all}}
""")
        self.file.write_text("""
cases:
  - name: shown, clicked, watched for long
    events:
      - {user_id: u1, item_id: v1, ts: 1602633600000, type: impression, label: 1, watched: 0}
      - {user_id: u1, item_id: v2, ts: 1602633601000, type: impression, label: 0, watched: 1}
      - {user_id: u1, item_id: v3, ts: 1602633602000, type: impression}
    outputs:
      - {sequence_length: 0}
      - {sequence_length: 1}
      - {sequence_length: 1}
    sequences:
      u1: {click: [v1], long_view: [v2], exposed: [v3, v2, v1]}
""")
        done = harness.freshet("test", "-c", config, self.file)
        self.assertEqual(done.stdout.count("ok     "), 1, done.stdout)

    def test_what_differs_is_shown_and_the_exit_code_is_1(self):
        self.file.write_text("""
cases:
  - name: wrong in every way
    events:
      - {user_id: u1, item_id: v1, ts: 1602633600000, type: click}
      - {user_id: u1, item_id: v2, ts: 1602633601000, type: click}
      - {type: click}
    outputs:
      - {sequence_length: 2, late: true, duplicate: true, top: [nothing]}
      - {dead_letter: not_json}
      - {sequence_length: 3}
    sequences:
      u1: {click: [v1]}
      u2: {click: [v9]}
  - name: right
    events: [{user_id: u1, item_id: v1, ts: 1602633600000, type: click}]
    sequences: {u1: {click: [v1]}}
""")
        done = self.run_cases(self.file)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("1 of 2 cases failed", done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], f"FAILED {self.file}:3: wrong in every way")
        self.assertEqual(lines[-1], f"ok     {self.file}:15: right")
        for what, expected, found in (
                ("output of event 1: sequence_length", "2", "1"),
                ("output of event 1: late", "true", "false"),
                ("output of event 1: duplicate", "true", "false"),
                ("output of event 2", "dead letter not_json", "scores"),
                ("output of event 3", "scores", "dead letter missing_field: "),
                ("sequence click of u1", "v1", "v2 v1"),
                ("sequence click of u2", "v9", "nothing")):
            at = lines.index(f"  {what}")
            self.assertEqual(lines[at + 1], f"    expected: {expected}")
            self.assertTrue(lines[at + 2].startswith(f"    found:    {found}"), lines[at + 2])
        at = lines.index("  output of event 1: top")
        self.assertEqual(lines[at + 1], "    expected: nothing")
        self.assertRegex(lines[at + 2], r"    found:    v\d+$")

    def test_every_problem_of_a_file_has_its_place(self):
        self.file.write_text("""cases:
  - name: one
    evnts: []
  - {name: two, events: [[1]], outputs: [{}, {}]}
  - {name: three, events: ["x"], outputs: [{dead_letter: not_jsn, late: 1, top: v1}]}
  - {name: four, events: ["x"], sequences: {u1: {clik: [v1]}}}
  - {name: five, name: six, events: ["x"]}
""")
        done = self.run_cases(self.file, "nowhere.yaml")
        self.assertEqual(done.returncode, 78, done.stdout)
        self.assertEqual(done.stdout, "")
        for text in (':3:5: unknown key "evnts"; did you mean events?', ":2:5: a case needs events",
                     ":4:26: an event is a map of its fields",
                     ":4:41: must be a list with one entry for each of the 1 events",
                     ":5:58: must be the reason of a dead letter; did you mean not_json?",
                     ":5:73: must be true or false", ":5:81: must be a list of item ids",
                     ':6:50: unknown key "clik"; did you mean click?',
                     ':7:18: "name" stands here twice', ":7:5: a case that expects nothing cannot fail"):
            self.assertIn(f"{self.file}{text}", done.stderr)
        self.assertIn("nowhere.yaml: cannot be read", done.stderr)

    def test_a_file_that_is_no_cases_is_refused(self):
        for text, problem in (("", ":1:1: must be a map"), ("cases: []", ":1:8: must be a list of cases"),
                              ("{", "not valid YAML"), ("a: 1", ':1:1: unknown key "a"')):
            self.file.write_text(text)
            done = self.run_cases(self.file)
            self.assertEqual(done.returncode, 78, done.stdout)
            self.assertIn(problem, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
