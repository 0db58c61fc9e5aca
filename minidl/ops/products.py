"""Products of vectors and matrices with sums: addmm and its like; cross products, chains."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ..autograd import primitive
from ..errors import ArgumentError, DtypeError, ShapeError
from .comparison import where
from .einsum import outer
from .elementwise import astype
from .indexing import select
from .joining import stack
from .linalg import check_product, matmul
from .matrices import check_one_dtype
from .promotion import Array, check_floats, check_tensors
from .reduction import plain_sum
from .reduction import sum as total
from .shape import axis_of, broadcast, broadcast_shapes, broadcasts_to, reshape


def _factors(name: str, a: Array, b: Array, ranks: tuple[int, int]) -> None:
    """Raise, in the name of the operator, unless the two have these numbers of dimensions and a product."""
    check_tensors(name, a, b)
    if (a.ndim, b.ndim) != ranks:
        kinds = {1: "a vector", 2: "a matrix", 3: "a batch of matrices"}
        raise ShapeError(
            f"{name}: {tuple(a.shape)} and {tuple(b.shape)}; needs {kinds[ranks[0]]} and {kinds[ranks[1]]}"
        )
    check_product(name, a, b)


def _batches(name: str, a: Array, b: Array) -> Array:
    """The products of two batches of matrices."""
    _factors(name, a, b, (3, 3))
    if a.shape[0] != b.shape[0]:
        raise ShapeError(f"{name}: batches of {a.shape[0]} and {b.shape[0]}; needs as many")
    return matmul(a, b)


def bmm(input: Array, mat2: Array) -> Array:
    """The products of two batches of matrices: (b, n, k), (b, k, m) -> (b, n, m)."""
    return _batches("bmm", input, mat2)


def mv(input: Array, vec: Array) -> Array:
    """A matrix times a vector: (n, k), (k,) -> (n,)."""
    _factors("mv", input, vec, (2, 1))
    return matmul(input, vec)


def vdot(input: Array, other: Array) -> Array:
    """The inner product of two vectors."""
    _factors("vdot", input, other, (1, 1))
    return matmul(input, other)


def vecdot(x: Array, y: Array, *, dim: int = -1) -> Array:
    """The inner products of the vectors along `dim`."""
    check_one_dtype("vecdot", x, y)
    check_floats("vecdot", x)
    _check_broadcast("vecdot", x, y)
    product = x * y
    return total(product, axis_of("vecdot", product, dim)) if product.ndim else product


@primitive
def without_slope(value, x):
    """The value, which stands in the place of x but does not move with it: the gradient for x is zero."""
    return value


@without_slope.gradient("value")
def _(g):
    return g


@without_slope.gradient("x")
def _(g):
    return where(True, 0.0, g)


def _added(name: str, input: Array, product: Array, beta: Any, alpha: Any) -> Array:
    """beta * input + alpha * product; with beta 0 the input does not count, not even its NaN."""
    check_one_dtype(name, input, product)
    if isinstance(beta, str) or isinstance(alpha, str):
        raise DtypeError(f"{name}: beta {beta!r} and alpha {alpha!r}; needs numbers")
    if input.dtype.kind != "f":
        beta, alpha = int(beta), int(alpha)  # as PyTorch cuts them
    _check_fits(name, input, product)
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        return without_slope(scaled, input)
    return scaled + (input if beta == 1 else input * beta)


def _check_fits(name: str, input: Array, product: Array) -> None:
    if not broadcasts_to(input.shape, product.shape):
        raise ShapeError(f"{name}: input {tuple(input.shape)} does not broadcast to {tuple(product.shape)}")


def _check_broadcast(name: str, a: Array, b: Array) -> None:
    if any(m != n and 1 not in (m, n) for m, n in zip(reversed(a.shape), reversed(b.shape), strict=False)):
        raise ShapeError(f"{name}: {tuple(a.shape)} and {tuple(b.shape)} do not broadcast; sizes must be equal or 1")


def addmm(input: Array, mat1: Array, mat2: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    """beta * input + alpha * mat1 @ mat2"""
    _factors("addmm", mat1, mat2, (2, 2))
    return _added("addmm", input, matmul(mat1, mat2), beta, alpha)


def addmv(input: Array, mat: Array, vec: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    """beta * input + alpha * mat @ vec"""
    _factors("addmv", mat, vec, (2, 1))
    return _added("addmv", input, matmul(mat, vec), beta, alpha)


def addr(input: Array, vec1: Array, vec2: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    """beta * input + alpha * the outer product of two vectors"""
    check_tensors("addr", input, vec1, vec2)
    if vec1.ndim != 1 or vec2.ndim != 1:
        raise ShapeError(f"addr: {tuple(vec1.shape)} and {tuple(vec2.shape)}; needs two vectors")
    product = outer(vec1, vec2)
    _check_fits("addr", input, product)
    if product.dtype.kind != "f" and input.dtype.kind != "f" and (isinstance(beta, float) or isinstance(alpha, float)):
        raise DtypeError(
            f"addr: beta {beta} and alpha {alpha} for {input.dtype} and {product.dtype}; use whole numbers"
        )
    if product.dtype.kind == input.dtype.kind == "b":
        return (input & bool(beta)) | (product & bool(alpha))
    scaled = product if alpha == 1 else product * alpha
    return without_slope(scaled, input) if beta == 0 else scaled + (input if beta == 1 else input * beta)


def baddbmm(input: Array, batch1: Array, batch2: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    """beta * input + alpha * the products of two batches of matrices"""
    return _added("baddbmm", input, _batches("baddbmm", batch1, batch2), beta, alpha)


def addbmm(input: Array, batch1: Array, batch2: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    """beta * input + alpha * the sum of the products of two batches of matrices"""
    products = _batches("addbmm", batch1, batch2)
    return _added("addbmm", input, astype(plain_sum(products, (0,), False), products.dtype), beta, alpha)


def cross(input: Array, other: Array, dim: int | None = None) -> Array:
    """The cross products of vectors of 3 elements along `dim`; left out, the first dimension of size 3."""
    check_one_dtype("cross", input, other)
    if input.ndim != other.ndim:
        raise ShapeError(f"cross: {tuple(input.shape)} and {tuple(other.shape)}; needs as many dimensions")
    if input.dtype.kind == "b":
        raise DtypeError("cross: got booleans, needs numbers; use .int() or .float()")
    _check_broadcast("cross", input, other)
    shape = broadcast_shapes(tuple(input.shape), tuple(other.shape))
    if dim is None:
        if 3 not in shape:
            raise ShapeError(f"cross: shape {tuple(shape)} has no dimension of size 3")
        dim = shape.index(3)
    a, b = broadcast(input, shape), broadcast(other, shape)
    axis = axis_of("cross", a, dim)
    if shape[axis] != 3:
        raise ShapeError(f"cross: dim {dim} of shape {tuple(shape)} has size {shape[axis]}, needs 3")
    (a0, a1, a2), (b0, b1, b2) = ([select(x, axis, i) for i in range(3)] for x in (a, b))
    return stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis)


def linalg_cross(input: Array, other: Array, *, dim: int = -1) -> Array:
    """The cross products of vectors of 3 elements along `dim`."""
    check_tensors("cross", input, other)
    for x in (input, other):
        if not x.ndim or x.shape[axis_of("cross", x, dim)] != 3:
            raise ShapeError(f"cross: {tuple(input.shape)} and {tuple(other.shape)}; needs size 3 along dim {dim}")
    return cross(input, other, dim)


def multi_dot(tensors: Sequence[Array]) -> Array:
    """The product of several matrices, in the order that costs least; the first and last may be vectors."""
    if not isinstance(tensors, (list, tuple)):
        raise DtypeError(f"multi_dot: got {type(tensors).__name__}; needs a list of tensors")
    check_tensors("multi_dot", *tensors)
    if len(tensors) < 2:
        raise ArgumentError(f"multi_dot: got {len(tensors)} tensors; needs at least 2")
    parts = list(tensors)
    ends = (parts[0].ndim == 1, parts[-1].ndim == 1)
    parts[0] = reshape(parts[0], (1, -1)) if ends[0] else parts[0]
    parts[-1] = reshape(parts[-1], (-1, 1)) if ends[1] else parts[-1]
    for x in parts:
        if x.ndim != 2:
            raise ShapeError(f"multi_dot: shapes {[tuple(x.shape) for x in tensors]}; needs matrices")
    for a, b in itertools.pairwise(parts):
        check_product("multi_dot", a, b)
    product = _chained(parts, _best_splits([p.shape[0] for p in parts] + [parts[-1].shape[1]]), 0, len(parts) - 1)
    shape = tuple(n for n, gone in zip(product.shape, ends, strict=True) if not gone)
    return reshape(product, shape)


def _best_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to part each stretch of a chain of matrices so that the fewest products are computed (Godbole 1973)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = {k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)}
            splits[i, j] = min(costs, key=costs.__getitem__)
            cost[i, j] = costs[splits[i, j]]
    return splits


def _chained(parts: list[Array], splits: dict[tuple[int, int], int], i: int, j: int) -> Array:
    if i == j:
        return parts[i]
    k = splits[i, j]
    return matmul(_chained(parts, splits, i, k), _chained(parts, splits, k + 1, j))


def chain_matmul(*matrices: Array) -> Array:
    """`multi_dot`, of matrices given one by one."""
    if not matrices:
        raise ArgumentError("chain_matmul: got no matrices; needs at least one")
    check_tensors("chain_matmul", *matrices)
    for x in matrices:
        if x.ndim != 2:
            raise ShapeError(f"chain_matmul: shapes {[tuple(x.shape) for x in matrices]}; needs matrices")
    return multi_dot(matrices) if len(matrices) > 1 else matrices[0]
