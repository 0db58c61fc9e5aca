"""One table of operators with inputs, for every test that goes through all of them; a file a family.

A sample's program is written once over a namespace `T`, which is minidl or PyTorch.
"""

from . import (
    activations,
    arithmetic,
    convolution,
    creation,
    elementwise,
    images,
    losses,
    masked,
    polynomials,
    products,
    recurrent,
    reductions,
    selection,
    shapes,
)
from .base import RNG

FAMILIES = [
    arithmetic,
    elementwise,
    activations,
    reductions,
    shapes,
    selection,
    products,
    convolution,
    losses,
    images,
    creation,
    polynomials,
    masked,
    recurrent,
]
SAMPLES = [sample for family in FAMILIES for sample in family.SAMPLES]

__all__ = ["RNG", "SAMPLES"]
