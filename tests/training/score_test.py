"""training/score.py reads a folder, scores examples in double, and says where served logits differ."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import support
import naive
import score
import train
from model_folder import read_model
from tensor_names import all_tensors
from model_config import UserError


class ScoreTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.dir = pathlib.Path(folder.name)
        cls.rows = support.planted_rows(seed=5)
        examples = support.write(cls.dir / "learn.jsonl", cls.rows)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = train.main(["--examples", str(examples), "--out", str(cls.dir / "model"), "--dim", "4",
                               "--layers", "4,3", "--epochs", "1", "--no-refit", "--crosses", "", "--threads", "1"])
        assert code == 0
        cls.model = cls.dir / "model"

    def score(self, rows, *options, rc=0):
        path = support.write(self.dir / "score.jsonl", rows)
        told, talk = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(talk):
            code = score.main(["--model", str(self.model), "--examples", str(path), *options])
        self.assertEqual(code, rc, talk.getvalue())
        return json.loads(told.getvalue()) if told.getvalue() else None, talk.getvalue()

    def naive_logit(self, row):
        config, model, item_ids = read_model(self.model)
        tensors = {name: tensor.tolist() for name, tensor in all_tensors(model).items()}
        place = {item: number for number, item in enumerate(item_ids)}
        clicks = row["sequences"]["click"]
        sequence = [(place.get(item), (row["ts"] - ts) / support.DAY_MS) for item, ts in zip(clicks["items"], clicks["ts"])]
        return naive.deep_logit(tensors, config, [sequence], place[row["item_id"]]) + tensors["deep.2.bias"][0]

    def test_logits_are_those_of_straight_loops_over_the_folder(self):
        rows = [{**row, "logit": self.naive_logit(row)} for row in self.rows[:20]]
        result, _ = self.score(rows, "--tolerance", "1e-11")
        self.assertEqual((result["rows"], result["served"]), (20, 20))

    def test_a_served_logit_that_differs_is_named_by_its_line(self):
        rows = [{**row, "logit": self.naive_logit(row)} for row in self.rows[:20]]
        rows[6]["logit"] += 1e-4
        result, talk = self.score(rows, rc=1)
        self.assertEqual(result["in_line"], 7)
        self.assertAlmostEqual(result["largest_difference"], 1e-4, places=9)
        self.assertIn("line 7", talk)

    def test_rows_without_a_served_logit_or_of_unknown_items_are_only_counted(self):
        rows = [{**self.rows[0], "logit": None}, {**self.rows[1], "item_id": "nobody", "logit": 9.0}]
        result, _ = self.score(rows)
        self.assertEqual((result["rows"], result["served"], result["of_unknown_items"]), (1, 0, 1))

    def test_a_folder_that_was_changed_is_refused(self):
        weights = self.model / "items.txt"
        kept = weights.read_bytes()
        weights.write_bytes(kept + b"v99\n")
        self.addCleanup(weights.write_bytes, kept)
        with self.assertRaisesRegex(UserError, "items.txt"):
            read_model(self.model)
        _, talk = self.score(self.rows[:2], rc=1)
        self.assertIn("items.txt", talk)


if __name__ == "__main__":
    unittest.main()
