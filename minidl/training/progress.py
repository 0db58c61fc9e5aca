"""The progress bar of a training in the terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class ProgressBar:
    """A bar over the batches of an epoch, and a line for every finished one.  Pass it to `Runner.fit(progress=...)`."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        console = Console()
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("train", epoch=1, epochs=epochs)

    def __enter__(self) -> ProgressBar:
        self.bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()

    def __call__(self, epoch: int, batch: int, batches: int, record: dict[str, Any] | None) -> None:
        self.bar.update(self.task, completed=batch, total=batches, epoch=epoch)
        if record is not None:
            width = len(str(self.epochs))
            self.bar.console.print(
                f"epoch {epoch:>{width}}/{self.epochs}   "
                f"train loss {record['train_loss']:.3f}  accuracy {record['train_accuracy']:6.2%}   "
                f"test loss {record['test_loss']:.3f}  accuracy {record['test_accuracy']:6.2%}   "
                f"{record['seconds']:.1f} s",
                highlight=False,
                soft_wrap=True,
            )
