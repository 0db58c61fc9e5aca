"""Copying and clearing stretches of memory, inside kernels.

NumPy's assignment to a slice brings an error's words with it, which take 2 seconds to compile.
"""

from .jit import serial


@serial
def copy(source, target):
    for q in range(target.size):  # an index from zero is known not to count from the end: so this is vectorised
        target[q] = source[q]


@serial
def clear(target):
    for q in range(target.size):
        target[q] = 0
