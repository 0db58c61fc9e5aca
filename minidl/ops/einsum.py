"""Einstein's summation: any product of tensors, summed over the subscripts that the result lacks.

Two tensors at a time are brought to one batched matrix product: subscripts of both that are still needed are its batch,
those of one side alone its rows or columns, those of both that nothing else needs its inner dimension.  Of several
tensors the two that cost the fewest multiplications come first.  It is made of operators, so gradients of any order
follow.
"""

from __future__ import annotations

import itertools
import math
import string
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import ArgumentError, DtypeError, ShapeError
from .diagonal import diagonal
from .elementwise import astype
from .linalg import check_product, matmul
from .matrices import check_one_dtype
from .promotion import Array, check_tensors
from .reduction import plain_sum
from .reduction import sum as total
from .shape import axis_of, permute, reshape

Part = tuple[Array, str]
"""A tensor and its subscripts, each of them once."""


def einsum(equation: Any, *operands: Any) -> Array:
    """`einsum("ij,jk->ik", a, b)`, or with lists of numbers as subscripts: `einsum(a, [0, 1], b, [1, 2], [0, 2])`.

    Without "->" the result has the subscripts that stand once, in alphabetical order, capitals first.  A repeated
    subscript in one operand takes the diagonal; "..." stands for further dimensions.  Sizes of 1 broadcast.
    """
    given: Sequence[Any] = operands
    if not isinstance(equation, str):
        equation, given = _from_lists((equation, *operands))
    tensors = list(given[0]) if len(given) == 1 and isinstance(given[0], (list, tuple)) else list(given)
    inputs, output = _parsed(equation, tensors)
    parts = [_own_diagonals(x, subscripts, equation) for x, subscripts in zip(tensors, inputs, strict=True)]
    sizes = _sizes(parts, equation)
    for subscript in output:
        if subscript not in sizes:
            raise ArgumentError(f"einsum: {equation!r}: the result's subscript {subscript!r} is in no operand")
    parts = [_without_ones(part, sizes) for part in parts]
    while len(parts) > 1:
        i, j = _cheapest_pair(parts, sizes) if len(parts) > 2 else (0, 1)
        others = parts[:i] + parts[i + 1 : j] + parts[j + 1 :]
        needed = set(output).union(*(subscripts for _, subscripts in others))
        a = _summed(parts[i], needed.union(parts[j][1]))
        b = _summed(parts[j], needed.union(parts[i][1]))
        parts = [_product(a, b, needed, sizes), *others]
    x, subscripts = _summed(parts[0], set(output))
    return permute(x, tuple(subscripts.index(s) for s in output)) if output else x


# --- the equation ----------------------------------------------------------------------------------------------------


def _from_lists(given: Sequence[Any]) -> tuple[str, list[Any]]:
    """The equation of the form with lists of numbers."""
    letters = string.ascii_uppercase + string.ascii_lowercase

    def written(numbers: Sequence[Any]) -> str:
        if not isinstance(numbers, (list, tuple)):
            raise DtypeError(f"einsum: {type(numbers).__name__} where a list of subscripts is needed")
        if any(n is not Ellipsis and not (isinstance(n, int) and 0 <= n < 52) for n in numbers):
            raise ArgumentError(f"einsum: subscripts {list(numbers)}; needs numbers from 0 to 51, or ...")
        return "".join("..." if n is Ellipsis else letters[n] for n in numbers)

    operands, lists = list(given[0::2]), list(given[1::2])
    result = written(operands.pop()) if len(given) % 2 else None
    equation = ",".join(written(part) for part in lists)
    return equation if result is None else f"{equation}->{result}", operands


def _letters(term: str, equation: str) -> str:
    """The subscripts of a term that are written out."""
    written = term.replace("...", "", 1)
    if not set(written) <= set(string.ascii_letters):
        raise ArgumentError(f"einsum: {equation!r}: {term!r}; subscripts are letters, and '...' once")
    return written


def _parsed(equation: str, tensors: list[Any]) -> tuple[list[str], str]:
    """The subscripts of each operand and of the result; the dimensions of "..." as characters of their own."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(tensors):
        raise ArgumentError(f"einsum: {equation!r} has {len(terms)} operands, got {len(tensors)}")
    written = [_letters(term, equation) for term in terms]
    for term, letters, x in zip(terms, written, tensors, strict=True):
        if not hasattr(x, "ndim"):
            raise DtypeError(f"einsum: got {type(x).__name__} where a tensor is needed; use minidl.tensor(...) on it")
        if len(letters) > x.ndim or (len(letters) < x.ndim and "..." not in term):
            raise ShapeError(f"einsum: {equation!r}: {term!r} for shape {tuple(x.shape)}; needs {x.ndim} subscripts")
    spans = [x.ndim - len(letters) for letters, x in zip(written, tensors, strict=True)]
    dots = [chr(0x3B1 + i) for i in range(max(spans))]  # characters that no equation has
    inputs = [term.replace("...", "".join(dots[len(dots) - span :])) for term, span in zip(terms, spans, strict=True)]
    if arrow:
        letters = _letters(right, equation)
        if len(set(letters)) < len(letters):
            raise ArgumentError(f"einsum: {equation!r}: a subscript of the result appears twice")
        return inputs, right.replace("...", "".join(dots))
    letters = "".join(written)
    return inputs, "".join(dots) + "".join(sorted(s for s in set(letters) if letters.count(s) == 1))


# --- one tensor ------------------------------------------------------------------------------------------------------


def _own_diagonals(x: Array, subscripts: str, equation: str) -> Part:
    """A tensor with each of its subscripts once."""
    while len(set(subscripts)) < len(subscripts):
        twice = next(s for s in subscripts if subscripts.count(s) > 1)
        first = subscripts.index(twice)
        second = subscripts.index(twice, first + 1)
        if x.shape[first] != x.shape[second]:
            raise ShapeError(f"einsum: {equation!r}: {twice!r} has sizes {x.shape[first]} and {x.shape[second]}")
        x = diagonal(x, 0, first, second)
        subscripts = subscripts[:first] + subscripts[first + 1 : second] + subscripts[second + 1 :] + twice
    return x, subscripts


def _sizes(parts: Iterable[Part], equation: str) -> dict[str, int]:
    """The size of each subscript."""
    sizes: dict[str, int] = {}
    for x, subscripts in parts:
        for s, n in zip(subscripts, x.shape, strict=True):
            known = sizes.get(s, 1)
            if n != known and 1 not in (n, known):
                raise ShapeError(f"einsum: {equation!r}: {s!r} has sizes {known} and {n}")
            sizes[s] = n if known == 1 else known
    return sizes


def _without_ones(part: Part, sizes: dict[str, int]) -> Part:
    """Without the dimensions of size 1 that another operand has larger: they broadcast."""
    x, subscripts = part
    kept = [i for i, s in enumerate(subscripts) if x.shape[i] == sizes[s]]
    if len(kept) == x.ndim:
        return part
    return reshape(x, tuple(x.shape[i] for i in kept)), "".join(subscripts[i] for i in kept)


def _summed(part: Part, needed: set[str]) -> Part:
    """Without the subscripts that nothing else needs."""
    x, subscripts = part
    axes = tuple(i for i, s in enumerate(subscripts) if s not in needed)
    if not axes:
        return part
    return (plain_sum(x, axes, False) if x.dtype.kind == "f" else total(x, axes)), "".join(
        s for s in subscripts if s in needed
    )


# --- two tensors -----------------------------------------------------------------------------------------------------


def _count(sizes: dict[str, int], subscripts: Iterable[str]) -> int:
    return math.prod(sizes[s] for s in subscripts)


def _cheapest_pair(parts: list[Part], sizes: dict[str, int]) -> tuple[int, int]:
    """The two whose product takes the fewest multiplications; of equals those that give the smallest result."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        both = set(parts[pair[0]][1]).union(parts[pair[1]][1])
        left = {s for k, (_, subscripts) in enumerate(parts) if k not in pair for s in subscripts}
        return _count(sizes, both), _count(sizes, both & left)

    return min(itertools.combinations(range(len(parts)), 2), key=cost)


def _product(first: Part, second: Part, needed: set[str], sizes: dict[str, int]) -> Part:
    """The product of two, summed over the subscripts of both that nothing else needs."""
    (a, left), (b, right) = first, second
    batch = [s for s in left if s in right and s in needed]
    inner = [s for s in left if s in right and s not in needed]
    rows = [s for s in left if s not in right]
    columns = [s for s in right if s not in left]
    subscripts = [*batch, *rows, *columns]

    def arranged(x: Array, own: str, order: list[str], shape: tuple[int, ...]) -> Array:
        return reshape(permute(x, tuple(own.index(s) for s in order)), shape)

    count = tuple(_count(sizes, group) for group in (batch, rows, inner, columns))
    if inner:
        matrices = arranged(a, left, [*batch, *rows, *inner], (count[0], count[1], count[2]))
        others = arranged(b, right, [*batch, *inner, *columns], (count[0], count[2], count[3]))
        check_product("einsum", matrices, others)
        product = matmul(matrices, others)
    else:
        product = arranged(a, left, [*batch, *rows], (count[0], count[1], 1)) * arranged(
            b, right, [*batch, *columns], (count[0], 1, count[3])
        )
    return reshape(product, tuple(sizes[s] for s in subscripts)), "".join(subscripts)


# --- products that einsum generalises --------------------------------------------------------------------------------


def tensordot(a: Array, b: Array, dims: Any = 2) -> Array:
    """The product summed over dimensions of both: the last `dims` of a and the first of b, or two lists of them."""
    check_tensors("tensordot", a, b)
    if isinstance(dims, int) or getattr(dims, "ndim", None) == 0:
        count = int(dims)
        if count < 0 or count > min(a.ndim, b.ndim):
            raise ArgumentError(f"tensordot: dims {count} of shapes {tuple(a.shape)} and {tuple(b.shape)}")
        dims = [list(range(a.ndim - count, a.ndim)), list(range(count))]
    if isinstance(dims, (str, float)) or len(dims) != 2:
        raise ArgumentError(f"tensordot: dims {dims!r}; needs a whole number, or two lists of dimensions")
    first, second = _axes(dims[0], a), _axes(dims[1], b)
    if len(set(first)) < len(first) or len(set(second)) < len(second):
        raise ArgumentError(f"tensordot: dims {dims}; needs each dimension once")
    for i, j in zip(first, second, strict=False):  # a size of 1 counts for all of the other
        if a.shape[i] == 1 != b.shape[j]:
            b = astype(plain_sum(b, (j,), True), b.dtype)
        elif b.shape[j] == 1 != a.shape[i]:
            a = astype(plain_sum(a, (i,), True), a.dtype)
    if [a.shape[i] for i in first] != [b.shape[i] for i in second]:
        raise ShapeError(f"tensordot: dims {first} of {tuple(a.shape)} and {second} of {tuple(b.shape)} differ in size")
    rows, columns = [i for i in range(a.ndim) if i not in first], [i for i in range(b.ndim) if i not in second]
    inner = 1
    for i in first:
        inner *= a.shape[i]
    left = reshape(permute(a, (*rows, *first)), (-1, inner)) if inner else reshape(a, (_size(a, rows), inner))
    right = reshape(permute(b, (*second, *columns)), (inner, -1)) if inner else reshape(b, (inner, _size(b, columns)))
    check_product("tensordot", left, right)
    return reshape(matmul(left, right), (*(a.shape[i] for i in rows), *(b.shape[i] for i in columns)))


def _axes(dims: Any, x: Array) -> list[int]:
    return [axis_of("tensordot", x, int(d)) for d in ([dims] if isinstance(dims, int) else dims)]


def _size(x: Array, axes: list[int]) -> int:
    count = 1
    for i in axes:
        count *= x.shape[i]
    return count


def outer(input: Array, vec2: Array) -> Array:
    """The product of each element of one vector and each of another: (n,), (m,) -> (n, m)."""
    check_tensors("outer", input, vec2)
    if input.ndim != 1 or vec2.ndim != 1:
        raise ShapeError(f"outer: {tuple(input.shape)} and {tuple(vec2.shape)}; needs two vectors")
    return reshape(input, (-1, 1)) * vec2


def inner(input: Array, other: Array) -> Array:
    """The sum of products over the last dimension of both: (..., k), (..., k) -> the leading dimensions of both."""
    check_tensors("inner", input, other)
    if not input.ndim or not other.ndim:
        return input * other
    check_one_dtype("inner", input, other)
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(f"inner: {tuple(input.shape)} and {tuple(other.shape)}; needs the same last size")
    return tensordot(input, other, [[input.ndim - 1], [other.ndim - 1]])


def kron(input: Array, other: Array) -> Array:
    """Kronecker's product: a block of `other` for each element of the input."""
    check_tensors("kron", input, other)
    ndim = max(input.ndim, other.ndim)
    a = reshape(input, (1,) * (ndim - input.ndim) + tuple(input.shape))
    b = reshape(other, (1,) * (ndim - other.ndim) + tuple(other.shape))
    wide = tuple(n for size in a.shape for n in (size, 1))
    product = reshape(a, wide) * reshape(b, tuple(n for size in b.shape for n in (1, size)))
    return reshape(product, tuple(m * n for m, n in zip(a.shape, b.shape, strict=True)))


def trace(input: Array) -> Array:
    """The sum of the diagonal of a matrix."""
    check_tensors("trace", input)
    if input.ndim != 2:
        raise ShapeError(f"trace: shape {tuple(input.shape)}; needs a matrix")
    if input.dtype.kind == "b":
        raise DtypeError("trace: got booleans, needs numbers")
    return total(diagonal(input))


ger = outer
