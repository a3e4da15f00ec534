"""training/wide_optimizer.py ends where its loss is least, whatever the batches."""
import unittest

import support  # finds the trainer
import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from wide_optimizer import WideOptimizer

PRIOR = 2.0


class WideOptimizerTest(unittest.TestCase):
    def learned(self, batch_rows, epochs):
        """Weights of 5 buckets, of which the rows have one each: bucket b in 2^b rows, clicked in half of them and one."""
        bucket = torch.tensor([b for b in range(5) for _ in range(4 << b)])
        label = torch.tensor([float(row < (2 << b) + 1) for b in range(5) for row in range(4 << b)])
        weight = torch.nn.Parameter(torch.zeros(5))
        optimizer = WideOptimizer(weight, rate=0.3, prior=PRIOR, rows=len(label))
        draw = np.random.default_rng(1)
        for _ in range(epochs):
            order = draw.permutation(len(label))
            for begin in range(0, len(order), batch_rows):
                rows = torch.from_numpy(order[begin:begin + batch_rows])
                binary_cross_entropy_with_logits(weight[bucket[rows]], label[rows]).backward()
                optimizer.step(len(rows))
        return weight.detach().numpy()

    def test_it_ends_where_rows_and_prior_balance(self):
        weight = self.learned(batch_rows=124, epochs=800)  # all rows are one batch
        for b in range(5):
            missing = (2 << b) + 1 - (4 << b) / (1 + np.exp(-weight[b]))
            self.assertAlmostEqual(missing, PRIOR * weight[b], places=3)

    def test_the_batches_do_not_move_where_it_ends(self):
        np.testing.assert_allclose(self.learned(batch_rows=31, epochs=400), self.learned(124, 800), atol=0.03)

    def test_a_prior_alone_never_steps_beyond_zero(self):
        weight = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
        optimizer = WideOptimizer(weight, rate=1e6, prior=1e6, rows=1)
        weight.grad = torch.zeros(2)
        optimizer.step(1)
        self.assertTrue(0 <= weight[0] < 1e-3 and -1e-3 < weight[1] <= 0)


if __name__ == "__main__":
    unittest.main()
