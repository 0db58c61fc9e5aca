"""Pairs of layers that a Sequential, which calls one right after the other, computes faster than that.

    BatchNorm, ReLU    in training together: the ReLU costs no pass over memory, and none on the way back; and with a
                       MaxPool2d behind them, over windows side by side, what these get is not in memory at all
    MaxPool, ReLU      together: what is not above zero becomes zero as soon as it is known
    ReLU, MaxPool      as if in turned order: the greatest of what is not negative is the greatest of all, or zero; and
                       so for the gradients
    layer, ReLU        in place, where the layer's result is new and nobody else sees it, is the usual ReLU: to write
                       the result over its input takes a pass more

A pair is two single layers again as soon as somebody could see what comes between: a hook on either, or on all modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..errors import MinidlError
from ..ops.norm_pool import windows_fit
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
    calls: list[Any] = []
    for module in modules:
        if type(module) is ReLU and calls and _joins(calls[-1], module):
            calls[-1] = partial(_with_relu, calls[-1])
        elif type(module) is ReLU and calls and _follows_unseen(calls[-1], module):
            calls.append(F.relu)
        elif type(module) in _POOLS and calls and _turns(calls[-1], module):
            calls[-1] = partial(_with_relu, module)
        elif type(module) is MaxPool2d and calls and _pools_norm(calls[-1], module):
            calls[-1] = partial(_with_relu_and_pool, calls[-1].args[0], module)
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


def _pools_norm(call: Any, pool: MaxPool2d) -> bool:
    """Whether a pool, over windows side by side, is behind batch norm with its ReLU, and computed with them."""
    if not isinstance(call, partial) or call.func is not _with_relu or type(call.args[0]) not in _NORMS:
        return False
    side_by_side = pool.stride == pool.kernel_size and pool.padding == 0 and pool.dilation == 1
    return side_by_side and not pool.ceil_mode and not pool.return_indices and _plain(pool)


def _plain(module: Any) -> bool:
    """Whether it is exactly what its class says, and nobody looks on."""
    return not has_hooks(module) and "forward" not in module.__dict__


def _with_relu(layer: Any, input: Any) -> Any:
    try:
        return layer.forward_with_relu(input)
    except MinidlError as error:
        name_layer(error, layer)
        raise


def _with_relu_and_pool(norm: Any, pool: MaxPool2d, input: Any) -> Any:
    if not windows_fit(input, norm.weight, pool.kernel_size):
        return pool(_with_relu(norm, input))
    try:
        return norm.forward_with_relu_and_pool(input, pool.kernel_size)
    except MinidlError as error:
        name_layer(error, norm)
        raise
