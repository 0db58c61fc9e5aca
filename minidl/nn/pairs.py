"""Pairs of layers that a Sequential, which calls one right after the other, computes faster than that.

    BatchNorm, ReLU    in training together: the ReLU costs no pass over memory, and none on the way back
    MaxPool, ReLU      together: what is not above zero becomes zero as soon as it is known
    ReLU, MaxPool      as if in turned order: the greatest of what is not negative is the greatest of all, or zero; and
                       so for the gradients
    layer, ReLU        in place, where the layer's result is new and nobody else sees it, is the usual ReLU: to write
                       the result over its input takes a pass more

A pair is two single layers again as soon as somebody could see what comes between: a hook on either, or on all modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import MinidlError
from . import functional as F
from .activation import ReLU
from .conv import Conv1d, Conv2d, Conv3d
from .hooks import has_hooks, name_layer
from .linear import Linear
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm
from .pooling import MaxPool1d, MaxPool2d, MaxPool3d

_NORMS = frozenset((BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm))
_POOLS = frozenset((MaxPool1d, MaxPool2d, MaxPool3d))
_MAKERS = _NORMS | {Conv1d, Conv2d, Conv3d, Linear}


def in_pairs(modules: Sequence[Any]) -> list[Callable[[Any], Any]]:
    """What to call one after the other in order to call all modules so."""
    calls: list[Callable[[Any], Any]] = []
    for module in modules:
        if type(module) is ReLU and calls and _joins(calls[-1], module):
            calls[-1] = _with_relu(calls[-1])
        elif type(module) is ReLU and calls and _follows_unseen(calls[-1], module):
            calls.append(F.relu)
        elif type(module) in _POOLS and calls and _turns(calls[-1], module):
            calls[-1] = _with_relu(module)
        else:
            calls.append(module)
    return calls


def _joins(layer: Any, relu: ReLU) -> bool:
    """Whether a layer and the ReLU behind it are computed together: batch norm in training, max pooling."""
    fits = (type(layer) in _NORMS and layer.training) or (type(layer) in _POOLS and not layer.return_indices)
    return fits and _plain(layer) and _plain(relu)


def _follows_unseen(layer: Any, relu: ReLU) -> bool:
    """Whether nobody but this ReLU, in place, sees the memory that the layer's result lies in."""
    return relu.inplace and type(layer) in _MAKERS and _plain(layer) and _plain(relu)


def _turns(relu: Any, pool: Any) -> bool:
    """Whether a pool and the ReLU before it are computed together: not where the input shows the ReLU, or the place of
    a zero counts, or a window can lie in the padding alone."""
    apart = relu is F.relu or (type(relu) is ReLU and not relu.inplace and _plain(relu))
    return apart and _plain(pool) and not pool.return_indices and pool.dilation == 1


def _plain(module: Any) -> bool:
    """Whether it is exactly what its class says, and nobody looks on."""
    return not has_hooks(module) and "forward" not in module.__dict__


def _with_relu(layer: Any) -> Callable[[Any], Any]:
    def call(input: Any) -> Any:
        try:
            return layer.forward_with_relu(input)
        except MinidlError as error:
            name_layer(error, layer)
            raise

    return call
