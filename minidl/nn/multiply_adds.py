"""How many multiply-adds a layer computes, from shapes alone.

One product that is added to a sum counts as one.  Adding a bias does not count, nor do activations, pooling and
softmax: they are cheap beside what is counted, and conventions differ.  The rules are found by the names of classes, so
that they also hold for a subclass, such as a parametrized layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


def multiply_adds(module: Any, args: tuple[Any, ...], output: Any) -> int | None:
    """The multiply-adds of one call of a layer, whose arguments are `args`; None where no rule knows it."""
    for cls in type(module).__mro__:
        if cls.__name__ in _RULES:
            return _RULES[cls.__name__](module, args, output)
    return None


def _linear(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """Each output is a product with one row of the weight."""
    return output.numel() * module.in_features


def _bilinear(module: Any, args: tuple[Any, ...], output: Any) -> int:
    return output.numel() * module.in1_features * module.in2_features


def _convolution(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """Each output is a product with one kernel, over the channels of its group; padding counts as pixels do."""
    return output.numel() * math.prod(module.weight.shape[1:])


def _transposed_convolution(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """Each input is spread by one kernel; what falls on the padding that is cut off counts, too."""
    return args[0].numel() * math.prod(module.weight.shape[1:])


def _batch_norm(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """In evaluation: one scale and shift an element."""
    return output.numel()


def _rms_norm(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """The square and the scale of each element."""
    return 2 * output.numel()


def _norm_of_statistics(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """Each element in the mean, in the variance, and scaled and shifted."""
    return 3 * output.numel()


def _attention(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """Four projections, the scores, and the sums that they weigh (Vaswani et al. 2017)."""
    query, key, value = args[:3]
    embed = module.embed_dim
    batch = query.shape[0 if module.batch_first else 1] if query.ndim == 3 else 1
    targets, sources = query.numel() // embed, key.numel() // key.shape[-1]
    into = targets * embed * embed + sources * embed * (key.shape[-1] + value.shape[-1])
    return into + 2 * targets * (sources // max(batch, 1)) * embed + targets * embed * embed


def _recurrent(module: Any, args: tuple[Any, ...], output: Any) -> int:
    """Each matrix once a time step and sequence; packed sequences have their steps in `data`."""
    steps = getattr(args[0], "data", args[0])
    matrices = sum(weight.numel() for weight in module.parameters() if weight.ndim == 2)
    return steps.numel() // module.input_size * matrices


_RULES: dict[str, Callable[..., int]] = {
    "Linear": _linear,
    "Bilinear": _bilinear,
    **{f"Conv{n}d": _convolution for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed_convolution for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": _batch_norm for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": _norm_of_statistics for n in (1, 2, 3)},
    "LayerNorm": _norm_of_statistics,
    "GroupNorm": _norm_of_statistics,
    "RMSNorm": _rms_norm,
    "MultiheadAttention": _attention,
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), _recurrent),
}
