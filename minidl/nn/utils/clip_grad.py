"""Gradients kept within bounds (Pascanu et al. 2013), in place, between `backward()` and `step()`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from ...autograd import no_grad
from ...errors import ArgumentError, GraphError, MinidlWarning
from ...ops.creation import tensor
from ...ops.inplace import scale_all_
from ...ops.norms import total_norm
from ...tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by one number, so that their norm, as of one long vector, is at most max_norm.

    norm_type            2, another p, or inf for the greatest value
    error_if_nonfinite   raise GraphError where the norm is infinite or not a number, before anything is changed
    foreach              of no effect: there is one way to compute it

    Returns the norm as it was.
    """
    parameters = _listed(parameters)
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    length = get_total_norm(gradients, norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, length, foreach)
    return length


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors together, as of one long vector.  Arguments as `clip_grad_norm_`'s."""
    tensors = [each for each in _listed(tensors) if each.numel()]  # no elements have no greatest value
    if not tensors:
        return tensor(0.0)
    length = total_norm(tensors, norm_type)
    if error_if_nonfinite and not length.isfinite():
        raise GraphError(
            f"get_total_norm: the norm of order {norm_type} of the gradients is {length.item()}; look for the "
            "operation that makes it with detect_anomaly(), or pass error_if_nonfinite=False"
        )
    return length


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients by max_norm / total_norm, where that is less than 1."""
    if max_norm < 0:
        raise ArgumentError(f"clip_grad_norm_: max_norm {max_norm}; needs no negative number")
    with no_grad():
        scale = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
        scale_all_([parameter.grad for parameter in _listed(parameters) if parameter.grad is not None], scale)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clip every element of every gradient to [-clip_value, clip_value]."""
    if clip_value < 0:
        raise ArgumentError(f"clip_grad_value_: clip_value {clip_value}; needs no negative number")
    with no_grad():
        for parameter in _listed(parameters):
            if parameter.grad is not None:
                parameter.grad.clamp_(-clip_value, clip_value)


def _listed(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    if isinstance(tensors, Tensor):
        return [tensors]
    listed = list(tensors)
    if not listed and not isinstance(tensors, (list, tuple)):
        warnings.warn(
            "clip_grad: there are no parameters; was the generator used up before? pass list(model.parameters())",
            MinidlWarning,
            stacklevel=3,
        )
    return listed
