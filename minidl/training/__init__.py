"""Training loops made real: an optional convenience; a loop written by hand is never second class."""

from .run_folder import RunFolder
from .runner import Runner, accuracy

__all__ = ["RunFolder", "Runner", "accuracy"]
