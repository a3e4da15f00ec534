"""Examples that leak or are damaged are refused by line, and what is read is what was written."""
import contextlib
import gzip
import json
import pathlib
import tempfile
import unittest

import support
from support import DAY_MS, FIRST_DAY_MS, row
import numpy as np
from example_checks import split_days
from examples import load_examples
from model_config import UserError

TS = FIRST_DAY_MS + 5000


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "examples.jsonl"

    def load(self, rows):
        return load_examples(support.write(self.path, rows))

    @contextlib.contextmanager
    def refused(self, *words):
        with self.assertRaises(UserError) as caught:
            yield
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_rows_contexts_and_sequences_are_read_as_written(self):
        rows = [row("u1", "v1", TS, 1, [("v2", TS - 1), ("v9", TS - 7)]),
                row("u2", "v2", TS, 0, [], {"page": "p"}),
                row("u1", "v3", TS + 9, None),
                row("u1", "v2", TS + 9, 0, [("v1", TS)], {"tab": "2", "page": None}, logit=None)]
        for read in (self.load(rows), load_examples(self.path)):  # the second time from the cache
            self.assertEqual((len(read), read.unlabelled), (3, 1))
            self.assertEqual([read.items[i] for i in read.item], ["v1", "v2", "v2"])
            self.assertEqual(read.label.tolist(), [1, 0, 0])
            self.assertEqual(read.line.tolist(), [1, 2, 4])
            clicks = read.sequences["click"]
            self.assertEqual(clicks.starts.tolist(), [0, 2, 2, 3])
            self.assertEqual([read.items[i] for i in clicks.items], ["v2", "v9", "v1"])
            self.assertEqual(clicks.ts.tolist(), [TS - 1, TS - 7, TS])
            self.assertEqual(read.context["tab"].index.tolist(), [0, -1, 1])
            self.assertEqual(read.context["page"].index.tolist(), [-1, 0, -1])
            self.assertTrue(np.isnan(read.logit[2]) and read.logit[0] == 0.25)

    def dump(self, rows, topic="examples"):
        """Of (offset of the event, row)."""
        head = {"freshet_dump": 1, "topic": topic, "partitions": 4}
        records = [{"partition": 0, "offset": i, "timestamp": TS, "key": "u", "value": made and json.dumps(
            {**made, "source": {"topic": "clicks", "partition": 0, "offset": event}}, separators=(",", ":"))}
            for i, (event, made) in enumerate(rows)]
        self.path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [head, *records]))
        return self.path

    def test_of_a_topics_dump_the_first_row_of_user_item_and_time_counts(self):
        self.dump([(0, row("u1", "v1", TS, None)), (1, row("u1", "v1", TS, 1, logit=0.5)), (2, row("u2", "v1", TS, 0)),
                   (3, row("u1", "v1", TS, 0))])
        for read in (load_examples(self.path), load_examples(self.path)):
            self.assertEqual((len(read), read.unlabelled, read.repeated, read.torn), (2, 1, 1, 0))
            self.assertEqual(read.logit.tolist(), [0.5, 0.25])
            self.assertEqual(read.line.tolist(), [3, 4])

    def test_of_a_dump_all_rows_of_an_event_with_an_unlabelled_one_are_left_out(self):
        self.dump([(7, row("u1", "v1", TS, 1)), (7, row("u1", "v2", TS, None)), (7, row("u1", "v3", TS, 1)),
                   (8, row("u2", "v1", TS, 1)), (8, row("u2", "v2", TS, 0))])
        for _ in range(2):  # the second time from the cache
            told = []
            read = load_examples(self.path, told.append)
            self.assertEqual((read.unlabelled, read.torn), (1, 2))
            self.assertEqual([read.users[user] for user in read.user], ["u2", "u2"])
        self.path.write_text(self.path.read_text() + "\n")
        with self.refused(f"{self.path}:7:"):
            load_examples(self.path)
        self.dump([(7, row("u1", "v1", TS, 1)), (8, row("u2", "v1", TS, 0)), (7, row("u1", "v2", TS, None))])
        told = []
        load_examples(self.path, told.append)
        self.assertIn("1 with a label left out as other rows of their event have none", told[0])

    def test_of_an_export_rows_beside_an_unlabelled_one_stay(self):
        self.assertEqual(len(self.load([row("u1", "v1", TS, 1), row("u1", "v2", TS, None)])), 1)

    def test_what_is_no_dump_of_examples_is_refused_by_name(self):
        self.dump([(0, row())])
        whole = self.path.read_text()
        self.path.write_text(whole + '{"partition":0}\n')
        with self.refused(f"{self.path}:3: 'value' is missing", "dump the topic again"):
            load_examples(self.path)
        self.dump([(0, {"user_id": "u1", "scores": []})], topic="scores")
        with self.refused(f"{self.path}:2:", "topic scores", "examples.topic"):
            load_examples(self.path)
        self.dump([(0, row()), (1, None)])
        with self.refused(f"{self.path}:3:", "without a value"):
            load_examples(self.path)
        with self.refused(f"{self.path.parent} is a folder"):
            load_examples(self.path.parent)

    def test_a_changed_file_is_not_read_from_the_cache_of_the_old_one(self):
        self.assertEqual(len(self.load([row()])), 1)
        self.assertEqual(len(self.load([row(), row("u2")])), 2)

    def test_gzip_is_read_and_a_cut_file_is_refused(self):
        content = gzip.compress((json.dumps(row()) + "\n").encode() * 1)
        self.path.write_bytes(content)
        self.assertEqual(len(load_examples(self.path)), 1)
        self.path.write_bytes(content[:-9])
        with self.refused(str(self.path), "export the examples again"):
            load_examples(self.path)

    def test_a_click_at_the_rows_own_time_or_later_is_refused(self):
        for click_ts in (TS, TS + 1):
            with self.refused(f"{self.path}:2:", "item v7", "before the row's own time"):
                self.load([row("u2", "v1", TS), row("u1", "v1", TS, 1, [("v7", click_ts)])])

    def test_a_sequence_that_is_not_newest_first_is_refused(self):
        with self.refused(f"{self.path}:1:", "newest first"):
            self.load([row("u1", "v1", TS, 1, [("v7", TS - 9), ("v8", TS - 5)])])

    def test_a_user_item_and_time_may_stand_once(self):
        with self.refused(f"{self.path}:3:", "line 1", "u1", "v1"):
            self.load([row("u1", "v1", TS), row("u2", "v1", TS), row("u1", "v1", TS, 0)])

    def test_a_context_field_that_tells_the_label_is_refused_by_name(self):
        rows = [row(f"u{i}", "v1", TS, i % 2, [], {"tab": "1", "liked": str(i % 2)}) for i in range(40)]
        with self.refused('"liked"', "events.context"):
            self.load(rows)
        rows = [row(f"u{i}", "v1", TS, i % 2, [], {"label": "x"}) for i in range(40)]
        with self.refused('"label"'):
            self.load(rows)

    def test_an_honest_context_field_is_taken_whatever_it_correlates_with(self):
        rows = [row(f"u{i}", "v1", TS, int(i % 10 > 0), [], {"tab": str(i % 2)}) for i in range(40)]
        self.assertEqual(len(self.load(rows)), 40)

    def test_damaged_rows_are_refused_by_line(self):
        for broken, word in ((row(label=2), "label"), (row(ts="x"), ""), ({"user_id": "u"}, "missing"),
                             (row(sequences={"click": {"items": ["v1"], "ts": []}}), "1 items and 0 times")):
            with self.refused(f"{self.path}:2:", word):
                self.load([row("u9"), broken])
        self.path.write_text("{nonsense\n")
        with self.refused(f"{self.path}:1:"):
            load_examples(self.path)
        with self.refused("no row has a label"):
            self.load([row(label=None)])
        with self.refused("is not there", "--export-examples"):
            load_examples(self.path.with_name("nowhere"))

    def test_days_are_apart_and_the_last_training_day_chooses(self):
        rows = [row(f"u{i}", "v1", FIRST_DAY_MS + day * DAY_MS + 9, i % 2) for day in range(4) for i in range(2)]
        examples = self.load(rows)
        parts = split_days(examples, "2022-04-27", None, 0)
        self.assertEqual([part.tolist() for part in parts], [[0, 1, 2, 3], [4, 5], [6, 7]])
        parts = split_days(examples, "2022-04-26", "2022-04-28", 0)
        self.assertEqual([part.tolist() for part in parts], [[0, 1], [2, 3], [6, 7]])
        self.assertEqual([len(part) for part in split_days(examples, "2022-04-26", None, -1)], [4, 2, 2])

    def test_days_that_overlap_or_are_empty_are_refused(self):
        examples = self.load([row(f"u{i}", "v1", FIRST_DAY_MS + d * DAY_MS, i % 2) for d in range(3) for i in range(2)])
        with self.refused("--judge-from 2022-04-26", "not after"):
            split_days(examples, "2022-04-26", "2022-04-26", 0)
        with self.refused("2022-04-25 to 2022-04-27", "0 rows to learn from"):
            split_days(examples, "2022-04-25", None, 0)
        with self.refused("write it as 2022-05-01"):
            split_days(examples, "tomorrow", None, 0)
        examples = self.load([row(f"u{i}", "v1", FIRST_DAY_MS + d * DAY_MS, 1) for d in range(3) for i in range(2)])
        with self.refused("one label only"):
            split_days(examples, None, None, 0)


if __name__ == "__main__":
    unittest.main()
