"""Pairs of layers that a Sequential, which calls one right after the other, computes faster than that.

    BatchNorm, ReLU    in training together: the ReLU costs no pass over memory, and none on the way back
    ReLU, MaxPool      in turned order, so that the ReLU meets a quarter of the numbers: the greatest of what is not
                       negative is the greatest of all, or zero; and so for the gradients

A pair is two single layers again as soon as somebody could see what comes between: a hook on either, or on all modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import MinidlError
from .activation import ReLU
from .hooks import has_hooks, name_layer
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm
from .pooling import MaxPool1d, MaxPool2d, MaxPool3d

_NORMS = frozenset((BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm))
_POOLS = frozenset((MaxPool1d, MaxPool2d, MaxPool3d))


def in_pairs(modules: Sequence[Any]) -> list[Callable[[Any], Any]]:
    """What to call one after the other in order to call all modules so."""
    calls: list[Callable[[Any], Any]] = []
    for module in modules:
        if type(module) is ReLU and calls and _joins(calls[-1], module):
            calls[-1] = _with_relu(calls[-1])
        elif type(module) in _POOLS and calls and _turns(calls[-1], module):
            calls.insert(-1, module)
        else:
            calls.append(module)
    return calls


def _joins(norm: Any, relu: ReLU) -> bool:
    """Whether batch norm, in training, and the ReLU behind it are computed together."""
    return type(norm) in _NORMS and norm.training and _plain(norm) and _plain(relu)


def _turns(relu: Any, pool: Any) -> bool:
    """Whether the pool behind a ReLU may come first: not where the input shows the ReLU, or the place of a zero counts,
    or a window can lie in the padding alone."""
    return (
        type(relu) is ReLU
        and not (relu.inplace or pool.return_indices)
        and pool.dilation == 1
        and _plain(relu)
        and _plain(pool)
    )


def _plain(module: Any) -> bool:
    """Whether it is exactly what its class says, and nobody looks on."""
    return not has_hooks(module) and "forward" not in module.__dict__


def _with_relu(norm: Any) -> Callable[[Any], Any]:
    def call(input: Any) -> Any:
        try:
            return norm.forward_with_relu(input)
        except MinidlError as error:
            name_layer(error, norm)
            raise

    return call
