"""How the wide side learns: steps by coordinate, and a prior that counts as rows do.

Many buckets occur in a few rows only (a user's own), some in half of them (a scene's). AdaGrad (Duchi et al. 2011)
on the rows' summed gradients g gives each its own step, rate / sqrt(START + sum g^2), and

    loss + prior / 2 * sum w^2, summed over all rows once an epoch

draws what rows say little of towards 0: a weight of a few rows comes out as a rate that is smoothed with about
4 prior pseudo-rows, whatever the batch and the number of steps. AdamW makes both depend on the number of steps.
"""
from __future__ import annotations

import torch

START = 1.0  # of the sum of squares: a first step of a single row is below 0.71 rate (0.45 where it predicts 0.5)


class WideOptimizer:
    def __init__(self, weight: torch.nn.Parameter, rate: float, prior: float, rows: int):
        """weight [buckets]; rows: how many one epoch has"""
        self.weight, self.rate, self.prior, self.rows = weight, rate, prior, rows
        self.squares = torch.full_like(weight, START, requires_grad=False)

    @torch.no_grad()
    def step(self, rows: int):
        """After backward() of the mean loss of so many rows."""
        gradient = self.weight.grad * rows
        self.squares.addcmul_(gradient, gradient)
        rate = self.rate * self.squares.rsqrt()
        # The prior's part is taken implicitly, so that it never steps beyond 0.
        shrink = rate * (self.prior * rows / self.rows) + 1
        self.weight.addcmul_(rate, gradient, value=-1).div_(shrink)
        self.weight.grad = None

    def state_dict(self) -> dict:
        return {"squares": self.squares}

    def load_state_dict(self, state: dict):
        self.squares.copy_(state["squares"])
