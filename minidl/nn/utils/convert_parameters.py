"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import DtypeError, ShapeError
from ...ops.joining import cat
from ...tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters, one after the other: a vector through which gradients flow to them."""
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let each parameter take its elements from the vector, in order, sharing its memory."""
    if not isinstance(vec, Tensor):
        raise DtypeError(f"vector_to_parameters: got a {type(vec).__name__}, needs a tensor")
    parameters = list(parameters)
    sizes = [parameter.numel() for parameter in parameters]
    if vec.ndim != 1 or vec.numel() != sum(sizes):
        raise ShapeError(
            f"vector_to_parameters: got shape {tuple(vec.shape)}, needs a vector of {sum(sizes)} elements, as many as "
            "the parameters have"
        )
    for parameter, part in zip(parameters, vec.detach().split(sizes), strict=True):
        parameter.data = part.view(parameter.shape)
