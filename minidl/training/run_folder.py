"""A run's folder, which explains itself:

config.json     how the run was started
metrics.jsonl   one line an epoch
curves.png      loss and accuracy, on the training and the test set
best.npz        the model with the best test accuracy
latest.npz      everything needed to continue
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

from .. import checkpoint
from ..errors import CheckpointError, DataError
from ..files import whole_file
from .curves import draw_curves


class RunFolder:
    """Reads and writes the files of one run, each whole or not at all."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def create(self, config: dict[str, Any]) -> None:
        """Make the folder and write config.json.  Raises DataError if it cannot be written or holds a trained run."""
        if self.has("latest"):
            raise DataError(f"{self.path} already holds a run; continue it with --resume, or choose another folder")
        made = not os.path.exists(self.path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"{self.path}: the run's folder cannot be made ({error.strerror}); choose another with --out"
            ) from None
        try:
            self.write_config(config)
        except DataError:
            if made:
                self.path.rmdir()
            raise

    def write_config(self, config: dict[str, Any]) -> None:
        """Write config.json anew.  Raises DataError if it cannot be written."""
        self._write("config.json", (json.dumps(config, indent=2) + "\n").encode())

    @property
    def config(self) -> dict[str, Any]:
        """What config.json says."""
        try:
            config = json.loads((self.path / "config.json").read_bytes())
        except FileNotFoundError:
            raise CheckpointError(
                f"{self.path} is no run: it has no config.json; give the folder of a training"
            ) from None
        except OSError as error:
            raise CheckpointError(
                f"{self.path / 'config.json'} cannot be read ({error.strerror}); give the folder of a training"
            ) from None
        except ValueError as error:
            raise CheckpointError(f"{self.path / 'config.json'} is no JSON ({error}); use another run") from None
        if not isinstance(config, dict):
            raise CheckpointError(f"{self.path / 'config.json'} is no run's configuration; use another run")
        return config

    def record(self, history: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl and curves.png.  Raises DataError if they cannot be written."""
        self._write("metrics.jsonl", "".join(json.dumps(epoch) + "\n" for epoch in history).encode())
        curves = io.BytesIO()
        draw_curves(history, curves)
        self._write("curves.png", curves.getvalue())

    def save(self, name: str, state: dict[str, Any]) -> None:
        """Write the checkpoint `name` ("best" or "latest")."""
        checkpoint.save(state, self.path / f"{name}.npz")

    def has(self, name: str) -> bool:
        """Whether the checkpoint `name` is there: a run that was stopped in its first epoch has none."""
        return os.path.exists(self.path / f"{name}.npz")

    def load(self, name: str) -> dict[str, Any]:
        """Read the checkpoint `name`."""
        return checkpoint.load(self.path / f"{name}.npz")

    def _write(self, name: str, content: bytes) -> None:
        try:
            with whole_file(self.path / name) as file:
                file.write(content)
        except OSError as error:
            raise DataError(
                f"{self.path / name} cannot be written ({error.strerror}); free some space, or choose another folder"
            ) from None
