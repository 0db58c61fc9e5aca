"""What layers need around them: packing of sequences."""

from . import rnn

__all__ = ["rnn"]
