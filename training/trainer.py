"""Learns a WideDeep model: wide and deep jointly, the epoch chosen on the last training day.

    choose: learn on the days before the last, after each epoch look at the last day, stop when it has not
            improved for `patience` epochs
    refit:  from the same first weights, learn on all training days for as many epochs as were best

The two phases let the newest day be learned from without being looked at for the choice. All that is
random is drawn from (seed, phase, epoch), so a run that was interrupted goes on from its last epoch to the
same weights as one that was not.

What is looked at and kept are the weights' running averages over the last 1 / (1 - averaging) steps, which are
less noisy than the weights of any one step (Polyak and Juditsky 1992).
"""
from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from batches import Batches
from checkpoint import load_checkpoint, save_checkpoint
from metrics import auc, log_loss
from model_config import UserError
from wide_deep import WideDeep
from wide_optimizer import WideOptimizer

JUDGE_ROWS = 4096  # of one batch where nothing is learned
LOOK_ROWS = 4096


@dataclass
class Settings:
    seed: int = 1
    epochs: int = 20
    patience: int = 1
    batch_size: int = 1024
    learning_rate: float = 0.002
    wide_learning_rate: float = 0.3
    weight_decay: float = 1.0
    wide_prior: float = 0.5
    averaging: float = 0.98
    refit: bool = True
    looks: int = 0  # an epoch, at LOOK_ROWS of the last training day: what is recorded, not decided


@dataclass
class Judgement:
    """Of some rows: how good total, deep and wide logits are."""
    rows: int
    auc: float
    deep_auc: float
    wide_auc: float
    log_loss: float


class Learner:
    """The weights that the optimizer moves, and their running average."""

    def __init__(self, model: WideDeep, settings: Settings, rows: int):
        """rows: how many one epoch has"""
        self.model, self.average, self.settings = model, copy.deepcopy(model), settings
        self.steps = 0
        deep = [p for name, p in model.named_parameters() if not name.startswith("wide.")]
        self.optimizer = torch.optim.AdamW(deep, lr=settings.learning_rate, weight_decay=settings.weight_decay)
        self.wide_optimizer = model.wide and WideOptimizer(
            model.wide.weight, settings.wide_learning_rate, settings.wide_prior, rows)

    def step(self, batch) -> torch.Tensor:
        """Learns from a batch; its mean loss."""
        loss = binary_cross_entropy_with_logits(self.model(batch).total, batch.label)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.wide_optimizer:
            self.wide_optimizer.step(len(batch.label))
        self.model.keep_in_range()
        self.steps += 1
        with torch.no_grad():
            # While there are few steps, the mean of all of them.
            kept = min(self.settings.averaging, 1 - 1 / self.steps)
            for mean, now in zip(self.average.parameters(), self.model.parameters()):
                mean.lerp_(now, 1 - kept)
        return loss

    def state(self) -> dict:
        return {"model": self.model.state_dict(), "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(), "steps": self.steps,
                "wide_optimizer": self.wide_optimizer and self.wide_optimizer.state_dict()}

    def restore(self, state: dict):
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.wide_optimizer:
            self.wide_optimizer.load_state_dict(state["wide_optimizer"])
        self.steps = state["steps"]


@torch.no_grad()
def logits_of(model: WideDeep, batches: Batches, rows: np.ndarray):
    """-> deep, wide, total: float64 [R] each"""
    model.eval()
    parts = []
    for begin in range(0, len(rows), JUDGE_ROWS):
        logits = model(batches.batch(rows[begin:begin + JUDGE_ROWS]))
        parts.append(torch.stack([logits.deep, logits.wide, logits.total]).double().cpu().numpy())
    return np.concatenate(parts, axis=1) if parts else np.zeros((3, 0))


def judge(model: WideDeep, batches: Batches, rows: np.ndarray) -> Judgement:
    deep, wide, total = logits_of(model, batches, rows)
    label = batches.examples.label[rows]
    return Judgement(len(rows), auc(label, total), auc(label, deep), auc(label, wide), log_loss(label, total))


class Trainer:
    def __init__(self, make_model: Callable[[], WideDeep], batches: Batches, settings: Settings,
                 checkpoint: Path | None, fingerprint: dict, say=print):
        self.make_model, self.batches, self.settings = make_model, batches, settings
        self.checkpoint, self.fingerprint, self.say = checkpoint, fingerprint, say
        self.curve: list[dict] = []  # one entry per epoch of either phase
        self.looks: list[dict] = []  # within the epochs of the first phase
        self.learned_s = 0.0  # processor time of its steps
        self.best_epoch = 0
        self.best_auc = -1.0
        self.best_weights: dict | None = None

    def train(self, learn: np.ndarray, choose: np.ndarray) -> WideDeep:
        """learn, choose: row numbers of the days before the last, and of the last training day."""
        state = load_checkpoint(self.checkpoint, self.fingerprint) if self.checkpoint else None
        if state:
            self.curve, self.best_epoch, self.best_auc = state["curve"], state["best_epoch"], state["best_auc"]
            self.best_weights = state["best_weights"]
            self.looks, self.learned_s = state["looks"], state["learned_s"]
            self.say(f"resuming {state['phase']} after epoch {state['epoch']}")
        if not state or state["phase"] == "choose":
            self.choose_epoch(learn, choose, state)
            state = None
        if not self.settings.refit:
            model = self.make_model().to(self.batches.device)
            model.load_state_dict(self.best_weights)
            return model
        return self.refit(np.concatenate([learn, choose]), state)

    def begin(self, rows: int) -> Learner:
        """From the first weights, by seed."""
        torch.manual_seed(self.settings.seed)
        return Learner(self.make_model().to(self.batches.device), self.settings, rows)

    def choose_epoch(self, learn, choose, state):
        learner, first = self.begin(len(learn)), 1
        looked_at = choose[::max(1, len(choose) // LOOK_ROWS)]
        if state:
            learner.restore(state["learner"])
            first = state["epoch"] + 1
        for epoch in range(first, self.settings.epochs + 1):
            if epoch - 1 - self.best_epoch >= self.settings.patience and self.best_epoch:
                break
            loss, seconds = self.learn_epoch(learner, learn, phase=0, epoch=epoch, looked_at=looked_at)
            found = judge(learner.average, self.batches, choose)
            self.curve.append({"phase": "choose", "epoch": epoch, "loss": loss, "auc": found.auc,
                               "deep_auc": found.deep_auc, "wide_auc": found.wide_auc,
                               "log_loss": found.log_loss, "seconds": round(seconds, 1)})
            better = found.auc > self.best_auc
            if better:
                self.best_epoch, self.best_auc = epoch, found.auc
                self.best_weights = copy.deepcopy(learner.average.state_dict())
            self.say(f"epoch {epoch}/{self.settings.epochs}: loss {loss:.4f}; last day: AUC {found.auc:.4f}, "
                     f"deep {found.deep_auc:.4f}, wide {found.wide_auc:.4f}, log loss {found.log_loss:.4f}"
                     f"{' (best)' if better else ''}; {seconds:.0f} s")
            self.save("choose", epoch, learner)
        self.say(f"best epoch: {self.best_epoch}, AUC {self.best_auc:.4f} on the last training day")

    def refit(self, rows, state) -> WideDeep:
        learner, first = self.begin(len(rows)), 1
        if state:
            learner.restore(state["learner"])
            first = state["epoch"] + 1
        for epoch in range(first, self.best_epoch + 1):
            loss, seconds = self.learn_epoch(learner, rows, phase=1, epoch=epoch)
            self.curve.append({"phase": "refit", "epoch": epoch, "loss": loss, "seconds": round(seconds, 1)})
            self.say(f"refit on all training days, epoch {epoch}/{self.best_epoch}: loss {loss:.4f}; {seconds:.0f} s")
            self.save("refit", epoch, learner)
        return learner.average

    def learn_epoch(self, learner: Learner, rows, phase: int, epoch: int, looked_at=None):
        """-> mean loss, seconds"""
        began, settings = time.monotonic(), self.settings
        torch.manual_seed((settings.seed * 2 + phase) * 10_000 + epoch)  # for dropout
        order = np.random.default_rng([settings.seed, phase, epoch]).permutation(rows)
        learner.model.train()
        total = 0.0
        begins = range(0, len(order), settings.batch_size)
        due = {len(begins) * look // settings.looks for look in range(1, settings.looks + 1)} if settings.looks else ()
        started = time.process_time()
        for step, begin in enumerate(begins, 1):
            batch = self.batches.batch(order[begin:begin + settings.batch_size])
            loss = learner.step(batch).item()
            if not math.isfinite(loss):
                raise UserError(f"the loss is {loss} in epoch {epoch}, row {begin}: lower --learning-rate")
            total += loss * len(batch.label)
            if looked_at is not None and step in due:
                self.learned_s += time.process_time() - started
                self.look(learner, looked_at)
                started = time.process_time()
        return total / len(order), time.monotonic() - began

    def look(self, learner: Learner, rows):
        found = judge(learner.average, self.batches, rows)
        self.looks.append({"step": learner.steps, "cpu_seconds": round(self.learned_s, 3), "auc": found.auc,
                           "log_loss": found.log_loss})

    def save(self, phase: str, epoch: int, learner: Learner):
        if self.checkpoint:
            save_checkpoint(self.checkpoint, self.fingerprint, {
                "phase": phase, "epoch": epoch, "learner": learner.state(), "curve": self.curve,
                "looks": self.looks, "learned_s": self.learned_s, "best_epoch": self.best_epoch, "best_auc": self.best_auc, "best_weights": self.best_weights})
