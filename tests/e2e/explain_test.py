"""`replay --explain USER`: one well-formed line for each record of the user, and nothing of others."""

import json
import pathlib
import tempfile
import unittest

import harness

T0 = 1_602_633_600_000


class ExplainTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        harness.freshet("model", "init", "--item-count", 9, "--dim", 4, "--output", self.dir / "model")
        self.config = self.dir / "config.yaml"
        self.config.write_text(f"model: {{path: {self.dir / 'model'}}}\ncandidates: {{publish: 2}}\n")
        self.log = self.dir / "log.jsonl"
        events = []
        for i in range(12):
            events.append({"user_id": f"u{i % 2}", "item_id": str(i % 9), "type": "click", "ts": T0 + i})
        events.append({"user_id": "u1", "item_id": "3", "type": "impression", "label": 1, "ts": T0 + 4})
        events.append({"user_id": "u1", "item_id": "unknown", "type": "impression", "ts": T0 + 20})
        events.append({"user_id": "u1", "item_id": "3", "type": "swipe", "ts": T0 + 20})
        self.log.write_text("".join(json.dumps(event) + "\n" for event in events))

    def replay(self, *more, output=None, check=True):
        return harness.freshet("replay", "-c", self.config, "--input", self.log, "--output",
                               output or self.dir / "scores.jsonl", *more, check=check)

    def test_each_record_of_the_user_is_a_line(self):
        done = self.replay("--explain", "u1", "--verify")
        self.assertIn('explained: 9 events of user "u1"', done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["source"]["offset"] for line in lines], [1, 3, 5, 7, 9, 11, 12, 13, 14])
        published = harness.outputs_by_source((self.dir / "scores.jsonl").read_text().splitlines())
        for line in lines[:7]:
            source = line["source"]["partition"], line["source"]["offset"]
            self.assertEqual(line["output"], json.loads(published[source][0]))
            clicks = line["explanation"]["behaviours"]["click"]
            self.assertEqual(len(clicks), line["output"]["sequence_length"])
            self.assertEqual([c["ts"] for c in clicks], sorted((c["ts"] for c in clicks), reverse=True))
            if clicks:
                self.assertAlmostEqual(sum(c["weight"] for c in clicks), 1, places=5)
        # An impression sees what came strictly before it, wherever it stands in the log.
        self.assertEqual(lines[6]["type"], "impression")
        self.assertEqual([c["ts"] - T0 for c in lines[6]["explanation"]["behaviours"]["click"]], [3, 1])
        self.assertEqual(lines[7]["dead_letter"]["reason"], "unknown_item")
        self.assertEqual(lines[8]["dead_letter"]["reason"], "unknown_type")
        self.assertNotIn("explanation", lines[8])

    def test_the_outputs_stay_as_they_are(self):
        self.replay()
        before = (self.dir / "scores.jsonl").read_bytes()
        self.replay("--explain", "u1")
        self.assertEqual((self.dir / "scores.jsonl").read_bytes(), before)

    def test_a_user_who_is_not_there_has_no_lines(self):
        done = self.replay("--explain", "u7")
        self.assertEqual(done.stdout, "")
        self.assertIn('explained: 0 events of user "u7"', done.stderr)

    def test_what_cannot_be_is_refused(self):
        done = self.replay("--explain", "u1", "--dead-letters", self.dir / "dead", output="-", check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("standard output is the explanation's; name a file for the scores", done.stderr)
        done = self.replay("--explain", "x" * 129, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
