"""A batch norm in evaluation is one scale and one shift a channel: the layer before it can have them in its weights."""

from __future__ import annotations

import copy
from typing import Any

from ...autograd import no_grad
from ...errors import ArgumentError
from ...ops.reparametrization import scaled_and_shifted
from ...tensor import Tensor
from ..parameter import Parameter


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that gives what `bn(conv(x))` gives, both in evaluation; `transpose`: of a transposed one."""
    return _fused("fuse_conv_bn_eval", conv, bn, transpose)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that gives what `bn(linear(x))` gives, both in evaluation."""
    return _fused("fuse_linear_bn_eval", linear, bn, False)


def _fused(caller: str, layer: Any, bn: Any, transpose: bool) -> Any:
    if layer.training or bn.training or bn.running_mean is None:
        raise ArgumentError(f"{caller}: needs both layers in evaluation, with running statistics; call eval() first")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """The weight (K, C, ...) and bias (K,) of a layer that does both; `transpose`: the weight is (C, K, ...).

    bn_rm, bn_rv, bn_eps    running mean, running variance and epsilon of the batch norm, bn_w and bn_b its parameters
    """
    with no_grad():
        weight, bias = scaled_and_shifted(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, int(transpose))
    trained = conv_w.requires_grad
    return Parameter(weight, trained), Parameter(bias, trained if conv_b is None else conv_b.requires_grad)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """The weight (K, C) and bias (K,) of a linear layer that does both.  Arguments as `fuse_conv_bn_weights`'."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
