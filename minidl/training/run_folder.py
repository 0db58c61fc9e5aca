"""A run's folder, which explains itself:

config.json     how the run was started
metrics.jsonl   one line an epoch
curves.png      loss and accuracy, on the training and the test set
best.npz        the model with the best test accuracy
latest.npz      everything needed to continue
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .. import checkpoint
from ..errors import CheckpointError, DataError
from .curves import draw_curves


class RunFolder:
    """Reads and writes the files of one run, each whole or not at all."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def create(self, config: dict[str, Any]) -> None:
        """Make the folder and write config.json.  Raises DataError if it cannot be written or holds another run."""
        if (self.path / "config.json").exists():
            raise DataError(f"{self.path} already holds a run; continue it with --resume, or choose another folder")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._write("config.json", json.dumps(config, indent=2) + "\n")
        except OSError as error:
            raise DataError(
                f"{self.path}: the run's folder cannot be written ({error.strerror}); choose another with --out"
            ) from None

    @property
    def config(self) -> dict[str, Any]:
        """What config.json says."""
        try:
            return json.loads((self.path / "config.json").read_text())
        except FileNotFoundError:
            raise CheckpointError(
                f"{self.path} is no run: it has no config.json; give the folder of a training"
            ) from None
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{self.path / 'config.json'} cannot be read: {error}") from None

    def record(self, history: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl and curves.png."""
        self._write("metrics.jsonl", "".join(json.dumps(epoch) + "\n" for epoch in history))
        partial = self.path / ".curves.png"
        draw_curves(history, partial)
        os.replace(partial, self.path / "curves.png")

    def save(self, name: str, state: dict[str, Any]) -> None:
        """Write the checkpoint `name` ("best" or "latest")."""
        checkpoint.save(state, self.path / f"{name}.npz")

    def load(self, name: str) -> dict[str, Any]:
        """Read the checkpoint `name`."""
        return checkpoint.load(self.path / f"{name}.npz")

    def _write(self, name: str, text: str) -> None:
        partial = self.path / f".{name}"
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.path / name)
