"""Einstein's summation: any product of tensors, summed over the subscripts that the result lacks.

Two tensors at a time are brought to one batched matrix product: subscripts of both that are still needed are its batch,
those of one side alone its rows or columns, those of both that nothing else needs its inner dimension.  It is made of
operators, so gradients of any order follow.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError, ShapeError
from .diagonal import diagonal
from .linalg import matmul
from .promotion import Array
from .reduction import plain_sum
from .reduction import sum as total
from .shape import axis_of, permute, reshape


def einsum(equation: Any, *operands: Any) -> Array:
    """`einsum("ij,jk->ik", a, b)`, or with lists of numbers as subscripts: `einsum(a, [0, 1], b, [1, 2], [0, 2])`.

    Without "->" the result has the subscripts that stand once, in alphabetical order.  A repeated subscript in one
    operand takes the diagonal; "..." stands for further dimensions, which broadcast.
    """
    given: Sequence[Any] = operands
    if not isinstance(equation, str):
        equation, given = _from_lists((equation, *operands))
    tensors = list(given[0]) if len(given) == 1 and isinstance(given[0], (list, tuple)) else list(given)
    inputs, output = _parsed(equation, tensors)
    sizes: dict[str, int] = {}
    parts = [_own_diagonals(x, subscripts, sizes, equation) for x, subscripts in zip(tensors, inputs, strict=True)]
    for subscript in output:
        if subscript not in sizes:
            raise ArgumentError(f"einsum: {equation!r}: the result's subscript {subscript!r} is in no operand")
    x, subscripts = parts[0]
    x, subscripts = _summed(x, subscripts, {s for _, other in parts[1:] for s in other} | set(output))
    for i in range(1, len(parts)):
        needed = {s for _, other in parts[i + 1 :] for s in other} | set(output)
        x, subscripts = _product(x, subscripts, *_summed(*parts[i], needed | set(subscripts)), needed)
    return permute(x, tuple(subscripts.index(s) for s in output)) if output else x


def _from_lists(given: Sequence[Any]) -> tuple[str, list[Any]]:
    """The equation of the form with lists of numbers."""

    def letters(numbers: Sequence[Any]) -> str:
        if any(n is not Ellipsis and not (isinstance(n, int) and 0 <= n < 52) for n in numbers):
            raise ArgumentError(f"einsum: subscripts {list(numbers)}; needs numbers from 0 to 51, or ...")
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)

    operands, lists = list(given[0::2]), list(given[1::2])
    result = letters(operands.pop()) if len(given) % 2 else None
    equation = ",".join(letters(part) for part in lists)
    return equation if result is None else f"{equation}->{result}", operands


def _parsed(equation: str, tensors: list[Any]) -> tuple[list[str], str]:
    """The subscripts of each operand and of the result; the dimensions of "..." as characters of their own."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(tensors):
        raise ArgumentError(f"einsum: {equation!r} has {len(terms)} operands, got {len(tensors)}")
    extra = 0
    for term, x in zip(terms, tensors, strict=True):
        named = len(term.replace("...", ""))
        if not set(term.replace("...", "")) <= set(string.ascii_letters):
            raise ArgumentError(f"einsum: {equation!r}: subscripts are letters, and '...'")
        if named > x.ndim or (named < x.ndim and "..." not in term):
            raise ShapeError(f"einsum: {equation!r}: {term!r} for shape {tuple(x.shape)}; needs {x.ndim} subscripts")
        extra = max(extra, x.ndim - named if "..." in term else 0)
    dots = [chr(0x3B1 + i) for i in range(extra)]  # characters that no equation has
    inputs = [
        term.replace("...", "".join(dots[extra - (x.ndim - len(term.replace("...", ""))) :]))
        for term, x in zip(terms, tensors, strict=True)
    ]
    if arrow:
        if len(set(right.replace("...", ""))) < len(right.replace("...", "")):
            raise ArgumentError(f"einsum: {equation!r}: a subscript of the result appears twice")
        return inputs, right.replace("...", "".join(dots))
    written = "".join(term.replace("...", "") for term in terms)
    return inputs, "".join(dots) + "".join(sorted(s for s in set(written) if written.count(s) == 1))


def _own_diagonals(x: Array, subscripts: str, sizes: dict[str, int], equation: str) -> tuple[Array, str]:
    """Each subscript once; the sizes of all are noted, and sizes of 1 dropped where another operand has more."""
    while len(set(subscripts)) < len(subscripts):
        twice = next(s for s in subscripts if subscripts.count(s) > 1)
        first = subscripts.index(twice)
        second = subscripts.index(twice, first + 1)
        if x.shape[first] != x.shape[second]:
            raise ShapeError(f"einsum: {equation!r}: {twice!r} has sizes {x.shape[first]} and {x.shape[second]}")
        x = diagonal(x, 0, first, second)
        subscripts = subscripts[:first] + subscripts[first + 1 : second] + subscripts[second + 1 :] + twice
    for s, n in zip(subscripts, x.shape, strict=True):
        known = sizes.get(s, 1)
        if n != known and 1 not in (n, known):
            raise ShapeError(f"einsum: {equation!r}: {s!r} has sizes {known} and {n}")
        sizes[s] = max(n, known) if 0 not in (n, known) else 0
    return x, subscripts


def _summed(x: Array, subscripts: str, needed: set[str]) -> tuple[Array, str]:
    """Without the subscripts that nothing else needs."""
    axes = tuple(i for i, s in enumerate(subscripts) if s not in needed)
    return (plain_sum(x, axes, False) if axes else x), "".join(s for s in subscripts if s in needed)


def _product(a: Array, left: str, b: Array, right: str, needed: set[str]) -> tuple[Array, str]:
    """The product of two, summed over the subscripts of both that nothing else needs."""
    a, left = _without_ones(a, left, b, right)
    b, right = _without_ones(b, right, a, left)
    batch = [s for s in left if s in right and s in needed]
    inner = [s for s in left if s in right and s not in needed]
    rows = [s for s in left if s not in right]
    columns = [s for s in right if s not in left]
    sizes = {**dict(zip(left, a.shape, strict=True)), **dict(zip(right, b.shape, strict=True))}

    def matrix(x: Array, subscripts: str, *groups: list[str]) -> Array:
        ordered = permute(x, tuple(subscripts.index(s) for group in groups for s in group))
        shape = [_count(sizes, group) for group in groups]
        return reshape(ordered, (*(sizes[s] for s in groups[0]), *shape[1:]))

    product = matmul(matrix(a, left, batch, rows, inner), matrix(b, right, batch, inner, columns))
    subscripts = [*batch, *rows, *columns]
    return reshape(product, tuple(sizes[s] for s in subscripts)), "".join(subscripts)


def _count(sizes: dict[str, int], group: list[str]) -> int:
    count = 1
    for s in group:
        count *= sizes[s]
    return count


def _without_ones(a: Array, left: str, b: Array, right: str) -> tuple[Array, str]:
    """a, without dimensions of size 1 that b has larger: they broadcast."""
    sizes = dict(zip(right, b.shape, strict=True))
    axes = tuple(i for i, s in enumerate(left) if a.shape[i] == 1 and sizes.get(s, 1) != 1)
    if not axes:
        return a, left
    kept = [i for i in range(a.ndim) if i not in axes]
    return reshape(a, tuple(a.shape[i] for i in kept)), "".join(left[i] for i in kept)


# --- products that einsum generalises --------------------------------------------------------------------------------


def tensordot(a: Array, b: Array, dims: Any = 2) -> Array:
    """The product summed over dimensions of both: the last `dims` of a and the first of b, or two lists of them."""
    if isinstance(dims, int) or getattr(dims, "ndim", None) == 0:
        count = int(dims)
        if count < 0 or count > min(a.ndim, b.ndim):
            raise ArgumentError(f"tensordot: dims {count} of shapes {tuple(a.shape)} and {tuple(b.shape)}")
        dims = [list(range(a.ndim - count, a.ndim)), list(range(count))]
    first, second = _axes(dims[0], a), _axes(dims[1], b)
    for i, j in zip(first, second, strict=False):  # a size of 1 counts for all of the other
        if a.shape[i] == 1 != b.shape[j]:
            b = plain_sum(b, (j,), True)
        elif b.shape[j] == 1 != a.shape[i]:
            a = plain_sum(a, (i,), True)
    if [a.shape[i] for i in first] != [b.shape[i] for i in second]:
        raise ShapeError(f"tensordot: dims {first} of {tuple(a.shape)} and {second} of {tuple(b.shape)} differ in size")
    rows, columns = [i for i in range(a.ndim) if i not in first], [i for i in range(b.ndim) if i not in second]
    inner = 1
    for i in first:
        inner *= a.shape[i]
    left = reshape(permute(a, (*rows, *first)), (-1, inner)) if inner else reshape(a, (_size(a, rows), inner))
    right = reshape(permute(b, (*second, *columns)), (inner, -1)) if inner else reshape(b, (inner, _size(b, columns)))
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
    if input.ndim != 1 or vec2.ndim != 1:
        raise ShapeError(f"outer: {tuple(input.shape)} and {tuple(vec2.shape)}; needs two vectors")
    return reshape(input, (-1, 1)) * vec2


def inner(input: Array, other: Array) -> Array:
    """The sum of products over the last dimension of both: (..., k), (..., k) -> the leading dimensions of both."""
    if not input.ndim or not other.ndim:
        return input * other
    return tensordot(input, other, [[input.ndim - 1], [other.ndim - 1]])


def kron(input: Array, other: Array) -> Array:
    """Kronecker's product: a block of `other` for each element of the input."""
    ndim = max(input.ndim, other.ndim)
    a = reshape(input, (1,) * (ndim - input.ndim) + tuple(input.shape))
    b = reshape(other, (1,) * (ndim - other.ndim) + tuple(other.shape))
    wide = tuple(n for size in a.shape for n in (size, 1))
    product = reshape(a, wide) * reshape(b, tuple(n for size in b.shape for n in (1, size)))
    return reshape(product, tuple(m * n for m, n in zip(a.shape, b.shape, strict=True)))


def trace(input: Array) -> Array:
    """The sum of the diagonal of a matrix."""
    if input.ndim != 2:
        raise ShapeError(f"trace: shape {tuple(input.shape)}; needs a matrix")
    return total(diagonal(input))


ger = outer
