"""Runner: the training loop of the lessons made real."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..errors import ArgumentError, CheckpointError, DataError
from ..random import get_rng_state, set_rng_state
from .run_folder import RunFolder

Loss = Callable[[Any, Any], Any]


def accuracy(output: np.ndarray, target: np.ndarray) -> float:
    """The share of right answers: probabilities (N, 1) against 0 or 1, or scores (N, C) against classes."""
    if output.ndim == 2 and output.shape[1] > 1:
        return float((output.argmax(1) == target).mean())
    return float(((output.reshape(-1) > 0.5) == (target.reshape(-1) > 0.5)).mean())


class Runner:
    """Trains `model`, and keeps what a run leaves: history, the best and the latest checkpoint, curves.

    loss        loss(output, target) -> a number to minimise
    scheduler   stepped once an epoch
    folder      where the run is kept; None keeps nothing
    """

    def __init__(
        self, model: Any, optimizer: Any, loss: Loss, scheduler: Any = None, folder: RunFolder | None = None
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.scheduler = scheduler
        self.folder = folder
        self.history: list[dict[str, Any]] = []

    def fit(
        self, train: Any, test: Any, epochs: int, progress: Callable[..., Any] | None = None
    ) -> list[dict[str, Any]]:
        """Train up to epoch `epochs`, testing after each; returns the history.

        train, test   iterables of (input, target) batches
        progress      called as progress(epoch, batch, batches, record); record is None within an epoch

        Raises ArgumentError when the loss or the model's output is no longer finite, DataError when there is no batch.
        """
        if epochs < 1:
            raise ArgumentError(f"fit: epochs={epochs}; needs at least 1")
        for epoch in range(len(self.history) + 1, epochs + 1):
            start = time.perf_counter()
            trained = self._train_epoch(train, epoch, progress)
            tested = self.evaluate(test)
            record = {
                "epoch": epoch,
                "train_loss": trained[0],
                "train_accuracy": trained[1],
                "test_loss": tested[0],
                "test_accuracy": tested[1],
                "lr": self.optimizer.param_groups[0]["lr"],
                "seconds": round(time.perf_counter() - start, 3),
            }
            if self.scheduler is not None:
                self.scheduler.step()
            self._keep(record)
            if progress is not None:
                progress(epoch, len(train), len(train), record)
        return self.history

    def _train_epoch(self, train: Any, epoch: int, progress: Callable[..., Any] | None) -> tuple[float, float]:
        self.model.train()
        tally = _Tally()
        for batch, (x, y) in enumerate(train):
            output = self._output(x)
            loss = self.loss(output, y)
            tally.add(loss, output, y)
            if not np.isfinite(tally.loss):
                raise ArgumentError(f"the loss became {tally.loss} in epoch {epoch}; use a smaller learning rate")
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if progress is not None:
                progress(epoch, batch, len(train), None)
        return tally.means()

    def evaluate(self, batches: Any) -> tuple[float, float]:
        """The mean loss and accuracy over (input, target) batches."""
        self.model.eval()
        tally = _Tally()
        with no_grad():
            for x, y in batches:
                output = self._output(x)
                tally.add(self.loss(output, y), output, y)
        return tally.means()

    def _output(self, x: Any) -> Any:
        output = self.model(x)
        if not np.isfinite(output.detach().numpy()).all():
            raise ArgumentError("the model's output is no longer finite; train it with a smaller learning rate")
        return output

    def predict(self, x: Any) -> Any:
        """The model's output for `x`, unrecorded, in evaluation mode."""
        self.model.eval()
        with no_grad():
            return self.model(x)

    def _keep(self, record: dict[str, Any]) -> None:
        best = max((epoch["test_accuracy"] for epoch in self.history), default=-1.0)
        self.history.append(record)
        if self.folder is None:
            return
        if record["test_accuracy"] > best:
            self.folder.save("best", {"model": self.model.state_dict(), "epoch": record["epoch"]})
        self.folder.record(self.history)
        # last, so that a run stopped before this line does the epoch again and writes all of them anew
        self.folder.save("latest", self.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next epoch depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "random": get_rng_state(),
            "history": self.history,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave: bit for bit as if never stopped.

        Raises CheckpointError for anything else, and for the state of another model.
        """
        missing = [key for key in self.state_dict() if key not in state]
        if missing:
            raise CheckpointError(
                f"this checkpoint is no training state: it has no {', '.join(missing)}; use latest.npz"
            )
        if (self.scheduler is None) != (state["scheduler"] is None):
            here, there = ("no scheduler", "one") if self.scheduler is None else ("a scheduler", "none")
            raise CheckpointError(f"this checkpoint does not fit: the runner has {here}, the checkpoint {there}")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        set_rng_state(state["random"])
        self.history = list(state["history"])


class _Tally:
    """Sums over batches, weighted by their sizes."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.right = 0.0
        self.count = 0

    def add(self, loss: Any, output: Any, target: Any) -> None:
        size = len(target)
        self.loss += loss.item() * size
        self.right += accuracy(output.detach().numpy(), target.numpy()) * size
        self.count += size

    def means(self) -> tuple[float, float]:
        if self.count == 0:
            raise DataError("there is no batch to compute a loss of; give at least one, and a new iterator each epoch")
        return self.loss / self.count, self.right / self.count
