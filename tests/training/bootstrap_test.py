"""training/bootstrap.py beside straight counting, and intervals that hold what they should."""
import unittest

import support  # finds the trainer
import numpy as np
from bootstrap import RankedRows, interval, mean_over_seeds, resampled_aucs
from metrics import auc


def draw_rows(seed, users=40, each=12, skill=1.0):
    """Rows of users who differ, and a score that knows something -> label, score, user"""
    draw = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), each)
    truth = draw.normal(size=len(user)) + draw.normal(size=users)[user]
    label = (draw.random(len(user)) < 1 / (1 + np.exp(-truth))).astype(float)
    return label, skill * truth + draw.normal(size=len(user)), user


class BootstrapTest(unittest.TestCase):
    def test_a_weight_is_as_many_copies_of_the_row_ties_included(self):
        draw = np.random.default_rng(4)
        label, score = draw.integers(0, 2, 80).astype(float), draw.integers(0, 9, 80).astype(float)
        count = draw.integers(0, 4, 80)
        copied = np.repeat(np.arange(80), count)
        self.assertAlmostEqual(RankedRows(label, score).auc(count.astype(float)), auc(label[copied], score[copied]),
                               places=12)
        self.assertTrue(np.isnan(RankedRows(label, score).auc(np.zeros(80))))

    def test_the_first_column_is_the_rows_as_they_are_and_the_others_resample_whole_users(self):
        label, score, user = draw_rows(1)
        found = resampled_aucs(label, [score, -score], user, replicates=3, seed=9)
        self.assertAlmostEqual(found[0, 0], auc(label, score), places=12)
        draw = np.random.default_rng(9)
        for replicate in range(1, 4):
            rows = np.concatenate([np.flatnonzero(user == u) for u in draw.integers(0, 40, 40)])
            self.assertAlmostEqual(found[0, replicate], auc(label[rows], score[rows]), places=12)
            self.assertAlmostEqual(found[1, replicate], 1 - found[0, replicate], places=12)

    def test_intervals_hold_the_truth_about_as_often_as_they_say(self):
        label, score, user = draw_rows(0, users=4000)
        truth, held = auc(label, score), 0
        for seed in range(1, 101):
            label, score, user = draw_rows(seed, users=60)
            low, high = interval(resampled_aucs(label, [score], user, replicates=200, seed=1)[0, 1:])
            held += low <= truth <= high
        self.assertGreater(held, 84)
        self.assertLessEqual(held, 100)

    def test_a_paired_difference_is_narrower_than_what_it_is_of(self):
        label, score, user = draw_rows(2)
        near = score + 0.01 * np.random.default_rng(3).normal(size=len(score))
        found = resampled_aucs(label, [score, near], user, replicates=200, seed=1)
        width = lambda values: np.subtract(*interval(values)[::-1])
        self.assertLess(width(found[0, 1:] - found[1, 1:]), 0.2 * width(found[0, 1:]))

    def test_seeds_that_differ_widen_the_interval_and_leave_the_mean(self):
        aucs = np.repeat([[0.70], [0.72], [0.74]], 501, axis=1)
        mean = mean_over_seeds(aucs, np.random.default_rng(1))
        self.assertAlmostEqual(mean[0], 0.72, places=12)
        low, high = interval(mean[1:])
        self.assertLess(low, 0.712)
        self.assertGreater(high, 0.728)


if __name__ == "__main__":
    unittest.main()
