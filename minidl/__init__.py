"""minidl: a deep learning framework over NumPy.  Reads like micrograd, behaves like PyTorch.

    import minidl
    from minidl import nn, optim

Nothing is compiled, opened or started by the import; the parts below load when they are first named.
"""

import importlib
import warnings
from math import e, inf, nan, pi
from typing import Any

from .tensor import Size, Tensor  # first, since below `minidl.tensor` becomes the function of that name

# isort: split
from . import autograd
from .autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .autograd.modes import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .autograd.modes import set_detect_anomaly as set_anomaly_enabled
from .autograd.out import let_take_out
from .devices import device
from .dtypes import bool_ as bool
from .dtypes import (
    can_cast,
    double,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    result_type,
    set_default_dtype,
    short,
    uint8,
)
from .dtypes import float32 as float
from .dtypes import int32 as int
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
from .layouts import channels_last, channels_last_3d, contiguous_format, layout, memory_format, preserve_format, strided
from .namespace import TAKE_OUT, TAKE_PLACEMENT
from .ops.activation import log_softmax, relu, sigmoid, softmax, tanh
from .ops.arithmetic import add_scaled as add
from .ops.arithmetic import div as true_divide
from .ops.arithmetic import divide, floor_divide, fmod, mul, neg, pow, remainder, rsub
from .ops.arithmetic import divide as div
from .ops.arithmetic import mul as multiply
from .ops.arithmetic import neg as negative
from .ops.arithmetic import sub_scaled as sub
from .ops.arithmetic import sub_scaled as subtract
from .ops.average_pool import adaptive_avg_pool1d, avg_pool1d
from .ops.comparison import choose as where
from .ops.comparison import clamp, clamp_max, clamp_min, eq, ge, gt, le, lt, maximum, minimum, ne
from .ops.comparison import clamp as clip
from .ops.comparison import ge as greater_equal
from .ops.comparison import gt as greater
from .ops.comparison import le as less_equal
from .ops.comparison import lt as less
from .ops.comparison import ne as not_equal
from .ops.conv import conv1d, conv2d, conv3d
from .ops.copies import (
    alias_copy,
    as_strided_copy,
    diagonal_copy,
    expand_copy,
    narrow_copy,
    permute_copy,
    select_copy,
    slice_copy,
    split_copy,
    split_with_sizes_copy,
    squeeze_copy,
    t_copy,
    transpose_copy,
    unbind_copy,
    unfold_copy,
    unsqueeze_copy,
    view_copy,
)
from .ops.creation import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    from_dlpack,
    from_numpy,
    frombuffer,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    range,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from .ops.cumulative import (
    cummax,
    cummin,
    cumprod,
    cumsum,
    cumulative_trapezoid,
    diff,
    gradient,
    logcumsumexp,
    trapezoid,
    trapz,
)
from .ops.decomposition import cholesky_of_matrix as cholesky
from .ops.decomposition import qr_of_matrix as qr
from .ops.decomposition import svd_of_matrix as svd
from .ops.detaching import detach, detach_, detach_copy
from .ops.determinant import det, logdet, slogdet
from .ops.diagonal import diag, diag_embed, diagflat, diagonal, tril, triu
from .ops.distances import cdist
from .ops.einsum import einsum, ger, inner, kron, outer, tensordot, trace
from .ops.elementwise import (
    abs,
    absolute,
    conj,
    conj_physical,
    exp,
    exp2,
    expm1,
    is_nonzero,
    log,
    log1p,
    log2,
    log10,
    positive,
    real,
    reciprocal,
    resolve_conj,
    resolve_neg,
    rsqrt,
    sqrt,
    square,
)
from .ops.elementwise_in_place import (
    abs_,
    acos_,
    acosh_,
    arccos_,
    arccosh_,
    arcsin_,
    arcsinh_,
    arctan_,
    arctanh_,
    asin_,
    asinh_,
    atan_,
    atanh_,
    ceil_,
    conj_physical_,
    cos_,
    cosh_,
    deg2rad_,
    erf_,
    erfc_,
    exp2_,
    exp_,
    expm1_,
    fix_,
    floor_,
    frac_,
    i0_,
    log1p_,
    log2_,
    log10_,
    log_,
    logit_,
    nan_to_num_,
    neg_,
    negative_,
    rad2deg_,
    reciprocal_,
    round_,
    rsqrt_,
    sigmoid_,
    sin_,
    sinc_,
    sinh_,
    sqrt_,
    square_,
    tan_,
    tanh_,
    trunc_,
)
from .ops.embedding import embedding_renorm_
from .ops.extremes import amax, amin, aminmax, argmax, argmin, max, min
from .ops.gates import (
    celu,
    celu_,
    hardshrink,
    prelu,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    threshold,
    threshold_,
)
from .ops.grids import cartesian_prod, combinations, meshgrid, tril_indices, triu_indices
from .ops.householder import geqrf, ormqr
from .ops.householder import householder_product as orgqr
from .ops.indexing import (
    argwhere,
    gather,
    nonzero,
    nonzero_static,
    select,
    take_along_dim,
    unravel_index,
)
from .ops.inplace import fill, fill_, zero_
from .ops.joining import (
    block_diag,
    cat,
    chunk,
    column_stack,
    concat,
    concatenate,
    dsplit,
    dstack,
    hsplit,
    hstack,
    row_stack,
    split,
    split_with_sizes,
    stack,
    tensor_split,
    unbind,
    unsafe_chunk,
    unsafe_split,
    unsafe_split_with_sizes,
    vsplit,
    vstack,
)
from .ops.layer_norm import group_norm, layer_norm, rms_norm
from .ops.linalg import bilinear, dot, matmul, mm
from .ops.logic import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    gcd,
    lcm,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from .ops.lowrank import pca_lowrank, svd_lowrank
from .ops.lu import lu_of_matrix as lu
from .ops.lu import lu_solve_of_matrix as lu_solve
from .ops.lu import lu_unpack
from .ops.memory import TypedStorage, UntypedStorage, clone, is_storage, resize_as_
from .ops.mixtures import addcdiv, addcmul, lerp
from .ops.native import (
    alpha_dropout,
    alpha_dropout_,
    batch_norm,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    ctc_loss,
    dropout,
    dropout_,
    embedding,
    embedding_bag,
    feature_alpha_dropout,
    feature_alpha_dropout_,
    feature_dropout,
    feature_dropout_,
    hinge_embedding_loss,
    instance_norm,
    kl_div,
    margin_ranking_loss,
    poisson_nll_loss,
    triplet_margin_loss,
)
from .ops.norms import (
    cosine_similarity,
    dist,
    frobenius_norm,
    norm,
    norm_except_dim,
    nuclear_norm,
    pairwise_distance,
    pdist,
    renorm,
)
from .ops.padding import constant_pad_nd
from .ops.pairwise import (
    allclose,
    arctan2,
    atan2,
    copysign,
    equal,
    float_power,
    fmax,
    fmin,
    heaviside,
    hypot,
    igamma,
    igammac,
    isclose,
    ldexp,
    logaddexp,
    logaddexp2,
    nextafter,
    xlogy,
)
from .ops.pixels import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
from .ops.placement import let_place
from .ops.pool import adaptive_max_pool1d, max_pool1d, max_pool1d_with_indices, max_pool2d, max_pool3d
from .ops.products import addbmm, addmm, addmv, addr, baddbmm, bmm, chain_matmul, cross, mv, vdot
from .ops.pseudoinverse import pinverse
from .ops.queries import (
    get_device,
    is_complex,
    is_conj,
    is_distributed,
    is_floating_point,
    is_inference,
    is_neg,
    is_same_size,
    is_signed,
    is_tensor,
    numel,
    typename,
)
from .ops.rearranging import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile
from .ops.reduction import (
    all,
    any,
    count_nonzero,
    logsumexp,
    mean,
    nanmean,
    nansum,
    prod,
    std,
    std_mean,
    sum,
    var,
    var_mean,
)
from .ops.rounding import (
    ceil,
    fix,
    floor,
    frac,
    frexp,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    nan_to_num,
    round,
    sgn,
    sign,
    signbit,
    trunc,
)
from .ops.sampling import (
    bernoulli,
    binomial,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from .ops.scatter import (
    index_add,
    index_copy,
    index_fill,
    index_put,
    index_reduce,
    index_select,
    masked_fill,
    masked_scatter,
    masked_select,
    put,
    scatter,
    scatter_add,
    scatter_reduce,
    take,
)
from .ops.several_in_place import addmv_, clamp_, clamp_max_, clamp_min_, clip_, gcd_, index_put_, lcm_, ldexp_, xlogy_
from .ops.shape import (
    adjoint,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    flatten,
    moveaxis,
    movedim,
    narrow,
    permute,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    swapdims,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from .ops.solving import inv as inverse
from .ops.solving import matrix_exp, matrix_power, vander
from .ops.sorting import (
    argsort,
    bucketize,
    isin,
    kthvalue,
    msort,
    searchsorted,
    sort,
    topk,
    unique,
    unique_consecutive,
)
from .ops.special import digamma, erf, erfc, erfinv, i0, lgamma, logit, mvlgamma, polygamma
from .ops.statistics import (
    bincount,
    corrcoef,
    cov,
    histc,
    histogram,
    histogramdd,
    median,
    mode,
    nanmedian,
    nanquantile,
    quantile,
)
from .ops.storage import as_strided, as_strided_, as_strided_scatter
from .ops.transposed_conv import conv_transpose1d, conv_transpose2d, conv_transpose3d
from .ops.triangular import cholesky_inverse, cholesky_solve, triangular_solve
from .ops.trigonometric import (
    acos,
    acosh,
    angle,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    deg2rad,
    rad2deg,
    sin,
    sinc,
    sinh,
    tan,
)
from .ops.view_scatter import diagonal_scatter, select_scatter, slice_scatter
from .ops.windows import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state

__version__ = "0.1.0"

newaxis = None
"""In an index, a new dimension."""

# Infinities and NaN are results, as in PyTorch.  Silencing NumPy's word on them around each operation would cost three
# times the operation itself, so it is silenced here, for what minidl's own lines compute.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minidl\.(ops|kernels|autograd)\.")

let_take_out(globals(), TAKE_OUT)
let_place(globals(), TAKE_PLACEMENT)

_LATER = {
    "amp": "amp",
    "autocast": "amp",
    "backends": "backends",
    "load": "checkpoint",
    "save": "checkpoint",
    "compile": "compiling",
    "cond": "compiling",
    "cuda": "cuda",
    "data": "data",
    "set_printoptions": "formatting",
    "linalg": "linalg",
    "masked": "masked",
    "models": "models",
    "nn": "nn",
    "conv_tbc": "ops.convolution",
    "convolution": "ops.convolution",
    "affine_grid_generator": "ops.grid_sampling",
    "grid_sampler": "ops.grid_sampling",
    "grid_sampler_2d": "ops.grid_sampling",
    "grid_sampler_3d": "ops.grid_sampling",
    "native_batch_norm": "ops.native_normalization",
    "native_dropout": "ops.native_normalization",
    "native_group_norm": "ops.native_normalization",
    "native_layer_norm": "ops.native_normalization",
    "segment_reduce": "ops.segments",
    "vmap": "ops.vmap",
    "optim": "optim",
    "are_deterministic_algorithms_enabled": "settings",
    "get_default_device": "settings",
    "get_deterministic_debug_mode": "settings",
    "get_float32_matmul_precision": "settings",
    "is_deterministic_algorithms_warn_only_enabled": "settings",
    "is_warn_always_enabled": "settings",
    "set_default_device": "settings",
    "set_default_tensor_type": "settings",
    "set_deterministic_debug_mode": "settings",
    "set_float32_matmul_precision": "settings",
    "set_flush_denormal": "settings",
    "set_warn_always": "settings",
    "use_deterministic_algorithms": "settings",
    "signal": "signal",
    "special": "special",
    "training": "training",
    "utils": "utils",
    "to_dlpack": "utils.dlpack",
}


def __getattr__(name: str) -> Any:
    """Load a part of minidl when it is first named."""
    if name not in _LATER:
        raise AttributeError(f"module 'minidl' has no attribute {name!r}")
    module = importlib.import_module(f".{_LATER[name]}", __name__)
    value = module if name == _LATER[name] else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
