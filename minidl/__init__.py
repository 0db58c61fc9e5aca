"""minidl: a deep learning framework over NumPy.  Reads like micrograd, behaves like PyTorch.

    import minidl
    from minidl import nn, optim

Nothing is compiled, opened or started by the import; the parts below load when they are first named.
"""
import importlib
from typing import Any

from . import autograd
from .autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .dtypes import (
    double,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
)
from .dtypes import bool_ as bool  # noqa: A004 - PyTorch's name
from .dtypes import float32 as float  # noqa: A004
from .dtypes import int32 as int  # noqa: A004
from .errors import (
    ArgumentError,
    CheckpointError,
    DataError,
    DeviceError,
    DtypeError,
    GraphError,
    MinidlError,
    ShapeError,
)
from .kernels.threads import get_num_threads, set_num_threads
from .ops.activation import log_softmax, relu, sigmoid, softmax, tanh
from .ops.creation import (
    arange,
    as_tensor,
    empty,
    eye,
    from_numpy,
    full,
    linspace,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from .ops.elementwise import (
    abs,  # noqa: A004 - PyTorch's names from here on
    add,
    clamp,
    clone,
    cos,
    div,
    eq,
    exp,
    expm1,
    floor_divide,
    ge,
    gt,
    isfinite,
    isnan,
    le,
    log,
    log1p,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    pow,  # noqa: A004
    reciprocal,
    remainder,
    rsqrt,
    sign,
    sin,
    sqrt,
    square,
    sub,
    where,
)
from .ops.indexing import gather
from .ops.linalg import dot, matmul, mm
from .ops.reduction import (
    all,  # noqa: A004
    amax,
    amin,
    any,  # noqa: A004
    argmax,
    argmin,
    logsumexp,
    max,  # noqa: A004
    mean,
    min,  # noqa: A004
    std,
    sum,  # noqa: A004
    var,
)
from .ops.shape import (
    cat,
    chunk,
    flatten,
    flip,
    narrow,
    permute,
    reshape,
    split,
    squeeze,
    stack,
    t,
    transpose,
    unbind,
    unsqueeze,
)
from .random import Generator, get_rng_state, manual_seed, set_rng_state
from .tensor import Size, Tensor

__version__ = "0.1.0"

_LATER = {
    "nn": "nn",
    "optim": "optim",
    "data": "data",
    "training": "training",
    "save": "checkpoint",
    "load": "checkpoint",
    "set_printoptions": "formatting",
}


def __getattr__(name: str) -> Any:
    """Load a part of minidl when it is first named."""
    if name not in _LATER:
        raise AttributeError(f"module 'minidl' has no attribute {name!r}")
    module = importlib.import_module(f".{_LATER[name]}", __name__)
    value = module if name == _LATER[name] else getattr(module, name)
    globals()[name] = value
    return value
