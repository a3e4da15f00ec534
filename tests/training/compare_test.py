"""A comparison's figures, tables and refusals, from logits and training records that are made up."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest
import unittest.mock

import support  # finds the trainer
import compare
import numpy as np
import torch
from attention_entropy import mean_entropy
from baselines import planted_truth, smoothed_rates
from batches import Batches
from compare_evaluate import agree
from compare_inputs import check_inputs, note_inputs
from compare_kinds import DEFAULT, KINDS, PAIRS, kinds_of, pairs_of
from compare_options import SET_BY_COMPARE, check_trainer_options
from compare_result import compare as compare_logits
from compare_tables import markdown_table, tables, text_table, verdict
from compare_timing import CANDIDATE_CLICKS, CLICKS, Timing, nanoseconds
from examples import load_examples
from model_config import Behaviour, ModelConfig, UserError, complete_attention
from wide_deep import WideDeep


def training(steps_and_losses, epoch=2):
    return {"best_epoch": epoch, "parameters": 100,
            "looks": [{"step": s, "cpu_seconds": s / 10, "log_loss": loss} for s, loss in steps_and_losses]}


class ComparedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        draw = np.random.default_rng(5)
        users, each = 150, 10
        cls.user = np.repeat(np.arange(users), each)
        truth = draw.normal(size=users * each)
        cls.label = (draw.random(len(truth)) < 1 / (1 + np.exp(-truth))).astype(float)

        def seen(noise):
            return np.stack([truth + (noise + 0.5) * draw.normal(size=len(truth)),
                             truth + noise * draw.normal(size=len(truth))])

        cls.kinds = kinds_of(["traditional", "self_shared", "self"], False)
        cls.logits = {"traditional": [seen(2.0), seen(2.0)], "self": [seen(2.0)], "self_shared": [seen(0.1), seen(0.1)]}
        cls.logits["self"][0][:, 3] = np.nan
        cls.trainings = {"traditional": [training([(5, 0.7), (9, 0.5)]), training([(5, 0.6), (9, 0.55)])],
                         "self": [training([(5, 0.55)])], "self_shared": [training([(5, 0.4)])] * 2}
        cls.result = compare_logits(cls.kinds, cls.logits, cls.trainings, {"truth": truth}, cls.label, cls.user,
                                    replicates=200)

    def test_a_difference_that_was_made_is_outside_its_interval(self):
        found = {(pair["a"], pair["b"]): pair for pair in self.result["pairs"]}
        for a, b in (("self_shared", "traditional"), ("self_shared", "self")):
            pair = found[a, b]
            self.assertGreater(pair["auc"]["low"], 0, pair)
            self.assertLessEqual(pair["auc"]["low"], pair["auc"]["value"])
            self.assertLessEqual(pair["auc"]["value"], pair["auc"]["high"])

    def test_every_kind_is_held_against_what_is_no_model(self):
        over = {row["kind"]: row["over"]["truth"] for row in self.result["kinds"]}
        self.assertLess(over["traditional"]["high"], 0)
        self.assertGreater(over["self_shared"]["value"], over["traditional"]["value"])

    def test_a_row_that_one_model_could_not_score_is_left_out_of_all(self):
        self.assertEqual(self.result["rows"], len(self.label) - 1)

    def test_a_row_without_a_truth_is_left_out_of_all(self):
        truth = np.where(np.arange(len(self.label)) < 20, np.nan, 1.0 * np.arange(len(self.label)))
        result = compare_logits(self.kinds, self.logits, self.trainings, {"truth": truth}, self.label, self.user, replicates=1)
        self.assertEqual(result["rows"], len(self.label) - 20)

    def test_steps_and_seconds_are_to_the_loss_that_every_run_reached(self):
        self.assertEqual(self.result["loss_target"], 0.55)
        by_kind = {row["kind"]: row for row in self.result["kinds"]}
        self.assertEqual((by_kind["traditional"]["steps"], by_kind["traditional"]["seconds"]), (9, 0.9))
        self.assertEqual(by_kind["self_shared"]["steps"], 5)

    def test_verdicts_say_direction_and_interval(self):
        figure = lambda low, high: {"value": (low + high) / 2, "low": low, "high": high}
        self.assertEqual(verdict(figure(-0.1, 0.2), 0.001), "within the interval")
        self.assertEqual(verdict(figure(0.1, 0.2), 0.001), "outside, as published")
        self.assertEqual(verdict(figure(-0.2, -0.1), 0.001), "outside, the other way")
        self.assertEqual(verdict(figure(-0.2, -0.1), None), "outside")

    def test_both_tables_hold_every_kind_and_pair(self):
        result = {**self.result, "logits": "made up"}
        for row in result["kinds"]:
            row.update(entropy=None, cost={"ns_per_click": 12.4, "ns_per_candidate": None, "bytes_per_user": 176})
        for table, mark in ((text_table, ""), (markdown_table, "| --- |")):
            text = tables(result, table)
            for word in ("traditional", "self_shared", "overall over truth", "sharing, 3 over 2", "+0.003", "176", "0.5500", mark):
                self.assertIn(word, text)

    def test_a_cost_that_the_noise_swallowed_is_told_as_such(self):
        self.assertEqual((nanoseconds(2e-9), nanoseconds(0.0), nanoseconds(-2e-9), nanoseconds(None)), (2.0, 0.0, None, None))
        for busy in (False, True):
            result = {**self.result, "logits": "made up"}
            for row in result["kinds"]:
                row.update(entropy=None, cost={"ns_per_click": None if busy else 12.4, "ns_per_candidate": 1.0, "busy": busy,
                                               "bytes_per_user": 176})
            self.assertEqual("too busy" in tables(result, text_table), busy)

    def test_the_costs_of_a_machine_that_slept_are_none(self):
        timing = Timing.__new__(Timing)  # no runs of the binary: their times are made up
        timing.freshet, timing.candidates, timing.baselines = None, 2, {(4, 16, 8): 1.0, (4, 64, 32): 0.1}
        times = {(CANDIDATE_CLICKS, 1): 3.0, (CLICKS, 1): 3.5, (CANDIDATE_CLICKS, 2): 2.0}
        timing.seconds = lambda model, clicks, pool: times[clicks, pool]

        def cost(variant, layers):
            with unittest.mock.patch("compare_timing.run_freshet", return_value="bytes a user: 88 in int64 sums"):
                return timing.of(pathlib.Path("model"), ModelConfig(variant, 4, [], layers))
        self.assertEqual(cost("traditional", (16, 8)),
                         {"ns_per_click": None, "ns_per_candidate": None, "busy": True, "bytes_per_user": 88,
                          "sums": ["int64 sums"]})
        # Beside a model of its own widths it has a cost; and what is without sequences has none beyond itself.
        self.assertAlmostEqual(cost("traditional", (64, 32))["ns_per_click"], 1e9 * 0.4 / (CLICKS - CANDIDATE_CLICKS))
        times[CANDIDATE_CLICKS, 2] = 4.0
        self.assertIsNone(cost("none", (16, 8))["ns_per_click"])
        self.assertFalse(cost("none", (16, 8))["busy"])

    def test_a_model_is_compared_with_one_of_its_own_widths(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        timing = Timing.__new__(Timing)
        timing.freshet, timing.folder, timing.items = None, pathlib.Path(folder.name), pathlib.Path("items.txt")
        timing.behaviours, timing.baselines = ["click"], {}
        timing.seconds = lambda model, clicks, pool: float(clicks)
        with unittest.mock.patch("compare_timing.run_freshet") as run:
            for dim, layers in ((4, (16, 8)), (128, (16, 8)), (4, (16, 8))):
                timing.without_sequences(ModelConfig("self", dim, [], layers))
        made = [list(map(str, call.args[1:])) for call in run.call_args_list]
        self.assertEqual([words[words.index("--dim") + 1] for words in made], ["4", "128"])
        self.assertEqual([words[words.index("--hidden1") + 1] for words in made], ["16", "16"])
        self.assertEqual([words[words.index("--hidden2") + 1] for words in made], ["8", "8"])

    def test_every_pair_is_of_two_kinds_that_there_are(self):
        self.assertEqual(len(pairs_of(KINDS)), len(PAIRS))
        self.assertEqual([k.name for k in kinds_of([], True)], DEFAULT)
        self.assertFalse(any(k.fields for k in kinds_of([], False)))

    def test_what_is_wrong_is_told_without_a_traceback(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        examples = support.write(path / "examples.jsonl", support.planted_rows(seed=5))
        two_days = support.write(path / "two_days.jsonl", support.planted_rows(seed=5, days=2))
        for options, word in (([], "--log"), (["--log", "x"], "-c"), (["--examples", path / "none"], "is not there"),
                              (["--examples", examples, "--variants", "selfish"], "self_shared"),
                              (["--examples", examples, "--variants", "self_fields"], "--target-fields"),
                              (["--examples", examples, "--seeds", "0"], "at least 1"),
                              (["--examples", examples, "--train-until", "2022-04-28"], "later"),
                              (["--examples", examples, "--judge-from", "2025-01-01"], "no row is of --judge-from"),
                              (["--examples", examples, "--train-until", "2022-05-01", "--judge-from", "2022-05-01"], "is not after"),
                              (["--examples", examples, "--truth", "p"], "--truth: is a field of --log"),
                              (["--examples", examples, "--", "--seed", "9"], "--seeds"),
                              (["--log", path / "no.log", "-c", examples], "--log"), (["--log", examples, "-c", path / "no.yaml"], "-c"),
                              (["--examples", two_days], "takes three")):
            talk = io.StringIO()
            with contextlib.redirect_stderr(talk):
                code = compare.main(["--out", str(path / "out"), *map(str, options)])
            self.assertEqual(code, 1, options)
            self.assertIn(word, talk.getvalue())
            self.assertFalse((path / "out" / "inputs.json").exists(), options)  # the folder is bound to nothing
        with contextlib.redirect_stderr(io.StringIO()) as talk:
            self.assertEqual(compare.main(["--out", str(path / "out"), "--examples", str(examples), "--trained-only"]), 1)
        self.assertIn("no model", talk.getvalue())


class TrainerOptionsTest(unittest.TestCase):
    def test_what_the_comparison_sets_is_refused_however_it_is_written(self):
        for option in SET_BY_COMPARE:
            for given in ([option, "x"], [option + "=x"], ["--dim", "8", option, "x"]):
                with self.assertRaisesRegex(UserError, f"the comparison sets {option} itself"):
                    check_trainer_options(given)
        for given, option in ((["--train", "2024-01-04"], "--train-until"), (["--se=9"], "--seed"), (["--att", "x"], "--attention"),
                              (["--v", "self"], "--variant"), (["--o", "x"], "--out")):
            with self.assertRaisesRegex(UserError, f"the comparison sets {option} itself"):
                check_trainer_options(given)

    def test_other_options_of_the_trainer_are_taken(self):
        check_trainer_options(["--items", "items.jsonl", "--compose=author,tag", "--dim", "64", "--drop", "0", "--no-refit"])
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as ended:
            check_trainer_options(["--dims", "64"])
        self.assertEqual(ended.exception.code, 2)


class AgreementTest(unittest.TestCase):
    label = np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    logits = np.array([[1.0, 2.0, 3.0, 4.0, np.nan], [4.0, 3.0, 2.0, 5.0, np.nan]])  # deep, total

    def judged(self, deep_auc, auc, impressions=4):
        return {"impressions": impressions, "metrics": {"deep_auc": {"value": deep_auc}, "auc": {"value": auc}}}

    def test_equal_figures_of_equal_rows_agree(self):
        agree("a", self.judged(0.75, 0.75), self.label, self.logits)

    def test_other_figures_and_other_rows_are_refused(self):
        for judged in (self.judged(0.75, 0.750002), self.judged(0.5, 0.75), self.judged(0.75, None)):
            with self.assertRaisesRegex(UserError, "a: .*auc is 0.75000000 .* by `freshet evaluate`"):
                agree("a", judged, self.label, self.logits)
        with self.assertRaisesRegex(UserError, "a: .* judged 5 rows, of the examples 4 are scored"):
            agree("a", self.judged(0.75, 0.75, impressions=5), self.label, self.logits)


class InputsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name)
        self.model = self.out / "models" / "none-1"
        self.model.mkdir(parents=True)
        (self.model / "model.yaml").touch()
        self.keep()

    def keep(self, **inputs):
        inputs = {"log": "1", "--train-until": "2022-05-01", "--target-fields": None} | inputs
        check_inputs(self.out, inputs)
        note_inputs(self.out, inputs)

    def keep_fields(self, fields):
        self.keep(**{"--target-fields": fields})

    def test_models_that_learned_until_another_day_are_not_judged_with_these(self):
        with self.assertRaisesRegex(UserError, "another --train-until .2022-05-01; now 2022-04-28"):
            self.keep(**{"--train-until": "2022-04-28"})

    def test_what_nothing_was_made_of_does_not_bind(self):
        (self.model / "model.yaml").unlink()  # as a training that was interrupted leaves it
        self.keep(log="2", **{"--train-until": "2022-04-28"})

    def test_examples_alone_are_of_their_log_and_of_no_training(self):
        (self.model / "model.yaml").unlink()
        (self.out / "examples.jsonl.gz").touch()
        self.keep(**{"--train-until": "2022-04-28"})
        with self.assertRaisesRegex(UserError, "another log"):
            self.keep(log="2")

    def test_kinds_that_need_fields_may_come_later_but_of_one_list(self):
        self.keep_fields("item,author")
        self.keep_fields(None)
        with self.assertRaisesRegex(UserError, "another --target-fields"):
            self.keep_fields("item,tag")

    def test_a_damaged_note_is_told_without_a_traceback(self):
        for damaged in (b"{", b"[]", b"\xff"):
            (self.out / "inputs.json").write_bytes(damaged)
            with self.assertRaisesRegex(UserError, "inputs.json is damaged"):
                self.keep()


class BaselinesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def test_a_rate_is_that_of_its_rows_and_five_of_the_mean(self):
        at = support.FIRST_DAY_MS
        rows = [support.row("u1", "v1", at + 1, 1), support.row("u1", "v2", at + 2, 0), support.row("u2", "v1", at + 3, 1),
                support.row("u3", "v3", at + 4, 0)]
        examples = load_examples(support.write(self.dir / "examples.jsonl", rows))
        found = smoothed_rates(examples, np.arange(3))
        odds = lambda clicked, shown: np.log((clicked + 10 / 3) / (shown - clicked + 5 / 3))
        self.assertAlmostEqual(found[0], odds(2, 2) + odds(1, 2) + odds(2, 3), places=6)
        self.assertAlmostEqual(found[3], odds(0, 0) + odds(0, 0) + odds(2, 3), places=6)

    def test_the_truth_is_found_by_user_item_and_time_or_missed_aloud(self):
        rows = [support.row("u1", "v1", 5, 1), support.row("u1", "v2", 5, 0)]
        examples = load_examples(support.write(self.dir / "examples.jsonl", [{**r, "ts": support.FIRST_DAY_MS} for r in rows]))
        log = support.write(self.dir / "log.jsonl", [
            {"user_id": "u1", "item_id": item, "ts": support.FIRST_DAY_MS, "p": p} for item, p in (("v2", 0.2), ("v1", 0.7))])
        self.assertEqual(planted_truth(log, "p", examples).tolist(), [0.7, 0.2])
        with self.assertRaisesRegex(UserError, "--truth"):
            planted_truth(log, "q", examples)

    def test_broken_lines_of_a_log_have_no_truth_and_do_no_harm(self):
        rows = [row | {"ts": support.FIRST_DAY_MS} for row in (support.row("u1", "v1", 5, 1), support.row("u1", "v2", 5, 0))]
        examples = load_examples(support.write(self.dir / "examples.jsonl", rows))
        whole = [json.dumps({"user_id": "u1", "item_id": item, "ts": support.FIRST_DAY_MS, "p": p}).encode()
                 for item, p in (("v2", 0.2), ("v1", 0.7))]
        broken = [b'{"p": 0.5, "user_id": "\xff"}', b'{"p": 0.5,', b'["p"]', b'"p"', b'{"p": "much", "ts": 1}',
                  whole[1].replace(b"0.7", b'"0.9"'), b'{"p": 0.5, "ts": [1]}', b'{"p":' * 100_000]
        log = self.dir / "log.jsonl"
        log.write_bytes(b"\n".join([*broken, *whole, b""]))
        self.assertEqual(planted_truth(log, "p", examples).tolist(), [0.7, 0.2])
        log.write_bytes(b"\n".join([*broken, whole[0], b""]))
        told = []
        self.assertTrue(np.isnan(planted_truth(log, "p", examples, told.append)[0]))
        self.assertIn("1 of 2 rows have no p", told[0])


class EntropyTest(unittest.TestCase):
    """Two clicks each, of items whose vectors are set by hand."""

    def entropy(self, variant, options, scale):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        rows = [support.row(f"u{i}", "v1", clicks=[("v2", support.FIRST_DAY_MS + 2), ("v3", support.FIRST_DAY_MS + 1)],
                            label=i % 2) for i in range(4)]
        examples = load_examples(support.write(pathlib.Path(folder.name) / "examples.jsonl", rows))
        config = ModelConfig(variant, 2, [Behaviour("click", complete_attention(variant, options))], (2, 2))
        batches = Batches(examples, config, ["v1", "v2", "v3"])
        model = WideDeep(config, 3)
        with torch.no_grad():
            model.items.own.copy_(scale * torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]))
        return mean_entropy(model, batches, np.arange(4))

    def test_equal_weights_have_one_and_a_single_one_has_zero(self):
        self.assertAlmostEqual(self.entropy("target", {"score": "dot"}, 0.0), 1.0, places=6)
        self.assertAlmostEqual(self.entropy("target", {"score": "dot"}, 30.0), 0.0, places=6)
        self.assertAlmostEqual(self.entropy("self", {"score": "dot", "hidden": 2}, 0.0), 1.0, places=6)

    def test_weights_of_known_scores_have_the_entropy_of_the_formula(self):
        p = 1 / (1 + np.exp(-2 * 0.5 ** 2))  # scores 0.25 and -0.25
        expected = -(p * np.log(p) + (1 - p) * np.log(1 - p)) / np.log(2)
        self.assertAlmostEqual(self.entropy("target", {"score": "dot"}, 0.5), expected, places=6)

    def test_kinds_without_weights_between_clicks_have_none(self):
        self.assertIsNone(self.entropy("traditional", {}, 1.0))


if __name__ == "__main__":
    unittest.main()
