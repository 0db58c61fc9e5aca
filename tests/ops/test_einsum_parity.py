"""All forms of einsum: PyTorch's values and gradients, and NumPy's where PyTorch has the same language."""

import itertools

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, plain  # noqa: E402 - which needs PyTorch

RNG = np.random.default_rng(13)

EQUATIONS = {
    "i->": [(3,)],
    "->": [()],
    "": [()],
    ",": [(), ()],
    "i,": [(3,), ()],
    "i->i": [(3,)],
    "ij": [(2, 3)],
    "ba": [(2, 3)],
    "ij->ji": [(2, 3)],
    "ij->j": [(2, 3)],
    "ij->": [(2, 3)],
    "ii": [(3, 3)],
    "ii->i": [(3, 3)],
    "iii->i": [(2, 2, 2)],
    "iji->j": [(3, 2, 3)],
    "iijj->ij": [(2, 2, 3, 3)],
    "ijij": [(2, 3, 2, 3)],
    "Ab": [(2, 3)],
    "bA": [(2, 3)],
    "aB,Bc": [(2, 3), (3, 4)],
    "i,i": [(3,), (3,)],
    "i,j": [(3,), (2,)],
    "i,i->i": [(3,), (3,)],
    "i,j->ji": [(3,), (2,)],
    "ij,jk": [(2, 3), (3, 4)],
    "ij,jk->ki": [(2, 3), (3, 4)],
    "ij,kj->": [(2, 3), (4, 3)],
    "ik,jk->ij": [(2, 3), (4, 3)],
    "bij,bjk->bik": [(2, 3, 4), (2, 4, 2)],
    "bij,jk->bik": [(2, 3, 4), (4, 2)],
    "bij,bkj->bk": [(2, 3, 4), (2, 2, 4)],
    "ij,ij->ij": [(2, 3), (2, 3)],
    "ij,ij": [(2, 3), (2, 3)],
    "ii,ij->j": [(3, 3), (3, 2)],
    "ij,i,j->": [(2, 3), (2,), (3,)],
    "i,j,k->kji": [(2,), (3,), (4,)],
    "ij,jk,kl->il": [(2, 3), (3, 4), (4, 2)],
    "ij,jk,ki": [(2, 3), (3, 4), (4, 2)],
    "ai,bi,ci->abc": [(2, 3), (4, 3), (2, 3)],
    "bn,anm,bm->ba": [(2, 3), (4, 3, 5), (2, 5)],
    "...": [(2, 3)],
    "...->": [(2, 3)],
    "...->...": [()],
    "i...->...": [(2, 3, 4)],
    "i...->...i": [(2, 3, 4)],
    "...i": [(2, 3)],
    "i...j->j...i": [(2, 3)],
    "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)],
    "...ij,jk": [(2, 3, 4), (4, 2)],
    "...,...": [(2, 3), (3,)],
    "...i,...i->...": [(2, 1, 3), (4, 3)],
    "i...,i...->i...": [(2, 3, 4), (2, 4)],
    "...ii->...i": [(2, 3, 3)],
    "b...,b...->b": [(2, 3), (2, 3)],
    " i j , j k -> i k ": [(2, 3), (3, 4)],
    "... i, ... i": [(2, 3), (2, 3)],
    "i j": [(2, 3)],
    "ij,jk->ik": [(2, 1), (3, 4)],
    "ij,jk->ijk": [(2, 3), (1, 4)],
    "ij,ij->i": [(2, 1), (2, 3)],
    "i,i->": [(1,), (3,)],
    "ij,jk,kl": [(2, 1), (3, 1), (4, 2)],
    "...i,...i": [(1, 3), (2, 1)],
    "ij,jk -> ik": [(2, 0), (0, 3)],
    "ij,j->i": [(0, 3), (3,)],
    "ij,jk ->ik": [(2, 0), (1, 3)],
    "i,j->ij ": [(0,), (3,)],
    "bij,bjk ->bik": [(0, 3, 4), (0, 4, 2)],
    "ii ->": [(0, 0)],
    " ...i->...": [(0, 3, 2)],
}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_equations(equation):
    arrays = [RNG.standard_normal(shape) for shape in EQUATIONS[equation]]
    assert_same(lambda T, *operands: T.einsum(equation, *operands), arrays, "float64")


SUMMED_FIRST = {"bij,bkj->bk"}
"""Sums of small integers are int64: these multiply one by what is not summed, which PyTorch refuses, too."""


@pytest.mark.parametrize("equation", [e for e in EQUATIONS if e not in SUMMED_FIRST])
@pytest.mark.parametrize("dtype", ["int64", "int32", "int8", "uint8"])
def test_integers(equation, dtype):
    arrays = [RNG.integers(0, 7, shape).astype(dtype) for shape in EQUATIONS[equation]]
    np.testing.assert_array_equal(*plain(lambda T, *operands: T.einsum(equation, *operands), arrays), strict=True)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_half_precision(equation):
    arrays = [RNG.uniform(0.5, 1.5, shape).astype(np.float16) for shape in EQUATIONS[equation]]
    mine, theirs = plain(lambda T, *operands: T.einsum(equation, *operands), arrays)
    assert mine.dtype == theirs.dtype == np.float16
    np.testing.assert_allclose(mine, theirs, rtol=5e-3)


PYTORCHS_OWN = {"...->", "b...,b...->b"}
"""NumPy does not sum what "..." stands for."""


@pytest.mark.parametrize("equation", [e for e in EQUATIONS if e not in PYTORCHS_OWN])
def test_numpy_reads_the_equations_alike(equation):
    arrays = [RNG.standard_normal(shape) for shape in EQUATIONS[equation]]
    mine = minidl.einsum(equation, *map(minidl.from_numpy, arrays)).numpy()
    np.testing.assert_allclose(mine, np.einsum(equation, *arrays), rtol=1e-12, atol=1e-12)


LISTS = {
    "matrix product": (lambda T, a, b: T.einsum(a, [0, 1], b, [1, 2], [0, 2]), [(2, 3), (3, 4)]),
    "implicit": (lambda T, a: T.einsum(a, [1, 0]), [(2, 3)]),
    "implicit sum": (lambda T, a, b: T.einsum(a, [5, 7], b, [7]), [(2, 3), (3,)]),
    "capitals come first": (lambda T, a: T.einsum(a, [26, 1]), [(2, 3)]),
    "the last letter": (lambda T, a: T.einsum(a, [51, 25]), [(2, 3)]),
    "dots": (lambda T, a, b: T.einsum(a, [..., 0, 1], b, [..., 1, 2], [..., 0, 2]), [(2, 3, 4), (4, 2)]),
    "dots implicit": (lambda T, a: T.einsum(a, [..., 1, 0]), [(2, 3, 4)]),
    "diagonal": (lambda T, a: T.einsum(a, [0, 0], [0]), [(3, 3)]),
    "everything summed": (lambda T, a: T.einsum(a, [0, 1], []), [(2, 3)]),
    "of nothing": (lambda T, a: T.einsum(a, []), [()]),
    "operands in a list": (lambda T, a, b: T.einsum("ij,jk", [a, b]), [(2, 3), (3, 4)]),
    "operands in a tuple": (lambda T, a, b: T.einsum("ij,jk", (a, b)), [(2, 3), (3, 4)]),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_numbers(name):
    program, shapes = LISTS[name]
    assert_same(program, [RNG.standard_normal(shape) for shape in shapes], "float64")


@pytest.mark.parametrize("seed", range(40))
def test_equations_made_at_random(seed):
    rng = np.random.default_rng(seed)
    sizes = dict(zip("abcdE", rng.integers(1, 4, 5).tolist(), strict=True))
    terms = ["".join(rng.choice(list(sizes), rng.integers(1, 4))) for _ in range(rng.integers(1, 4))]
    used = sorted(set("".join(terms)))
    output = "".join(rng.permutation(used)[: rng.integers(0, len(used) + 1)])
    equation = ",".join(terms) + (f"->{output}" if rng.random() < 0.7 else "")
    shapes = [tuple(sizes[s] for s in term) for term in terms]
    assert_same(lambda T, *x: T.einsum(equation, *x), [rng.standard_normal(s) for s in shapes], "float64", close=1e-10)


def test_brute_force():
    a, b, c = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 4, 2)), RNG.standard_normal((4, 3))
    wanted = np.zeros((3, 2))
    for i, j, k, m in itertools.product(range(2), range(3), range(4), range(2)):
        wanted[j, m] += a[i, j] * b[j, k, m] * c[k, j]
    made = map(minidl.from_numpy, (a, b, c))
    np.testing.assert_allclose(minidl.einsum("ij,jkm,kj->jm", *made).numpy(), wanted, rtol=1e-12)


def test_strided_operands():
    a, b = RNG.standard_normal((4, 6))[::-1, ::2], np.broadcast_to(RNG.standard_normal((3, 1)), (3, 5))
    mine = minidl.einsum("ij,jk->ki", minidl.from_numpy(a), minidl.from_numpy(b)).numpy()
    np.testing.assert_allclose(mine, (a @ b).T, rtol=1e-12)


def test_dtypes_meet_only_where_nothing_is_summed():
    for equation in ("i,i->i", "i,j->ij", "i,j"):
        arrays = [np.ones(3, np.float32), np.arange(3)]
        np.testing.assert_array_equal(*plain(lambda T, a, b, e=equation: T.einsum(e, a, b), arrays), strict=True)
