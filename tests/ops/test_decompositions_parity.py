"""Decompositions, solutions, determinants, norms of empty, singular, repeated and infinite matrices: as in PyTorch."""

import math

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same  # noqa: E402 - which needs PyTorch
from test_linalg import REFUSED  # noqa: E402

RNG = np.random.default_rng(14)
INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(("message", "error", "program"), REFUSED)
def test_pytorch_refuses_what_is_refused_here(message, error, program):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)):
        program(torch)


def normal(*shape):
    return RNG.standard_normal(shape)


def spread(values, rows=None, columns=None):
    """A matrix with these singular values."""
    n = len(values)
    left = np.linalg.qr(normal(rows or n, n))[0]
    right = np.linalg.qr(normal(columns or n, n))[0]
    return left * values @ right.T


def definite(values):
    """A symmetric matrix with these eigenvalues."""
    vectors = np.linalg.qr(normal(len(values), len(values)))[0]
    return vectors * values @ vectors.T


def symmetric(T, x):
    return (x + x.mT) / 2


# --- of nothing -------------------------------------------------------------------------------------------------------

SQUARE = {
    "inv": lambda T, x: T.linalg.inv(x),
    "inv_ex": lambda T, x: T.linalg.inv_ex(x)[0],
    "det": lambda T, x: T.linalg.det(x),
    "slogdet": lambda T, x: T.linalg.slogdet(x)[1],
    "logdet": lambda T, x: T.logdet(x @ x.mT),
    "cholesky": lambda T, x: T.linalg.cholesky(x @ x.mT),
    "cholesky upper": lambda T, x: T.linalg.cholesky(x @ x.mT, upper=True),
    "cholesky_inverse": lambda T, x: T.cholesky_inverse(T.linalg.cholesky(x @ x.mT)),
    "eigvalsh": lambda T, x: T.linalg.eigvalsh(symmetric(T, x)),
    "eigh": lambda T, x: T.linalg.eigh(symmetric(T, x))[1].abs(),
    "matrix_exp": lambda T, x: T.linalg.matrix_exp(x),
    "matrix_power -2": lambda T, x: T.linalg.matrix_power(x, -2),
    "matrix_power 0": lambda T, x: T.linalg.matrix_power(x, 0),
    "matrix_power 3": lambda T, x: T.linalg.matrix_power(x, 3),
    "lu": lambda T, x: T.linalg.lu(x)[1] @ T.linalg.lu(x)[2],
    "lu_factor": lambda T, x: T.linalg.lu_factor(x)[0],
    "solve": lambda T, x: T.linalg.solve(x, x + 1),
    "solve right": lambda T, x: T.linalg.solve(x, x + 1, left=False),
    "solve_triangular": lambda T, x: T.linalg.solve_triangular(x, x + 1, upper=True),
    "cond 1": lambda T, x: T.linalg.cond(x, 1),
    "cond fro": lambda T, x: T.linalg.cond(x, "fro"),
}

WITHOUT_GRADIENT = ("cond 1", "cond fro")
"""In PyTorch, which overwrites what its own rule needs."""

ANY = {
    "svdvals": lambda T, x: T.linalg.svdvals(x),
    "svd": lambda T, x: T.linalg.svd(x, full_matrices=False)[0].abs(),
    "svd full": lambda T, x: T.linalg.svd(x)[1],
    "qr": lambda T, x: T.linalg.qr(x)[0] @ T.linalg.qr(x)[1],
    "pinv": lambda T, x: T.linalg.pinv(x),
    "lu of any": lambda T, x: T.linalg.lu(x)[1] @ T.linalg.lu(x)[2],
    "cond": lambda T, x: T.linalg.cond(x),
    "cond -2": lambda T, x: T.linalg.cond(x, -2),
    "lstsq": lambda T, x: T.linalg.lstsq(x, x + 1)[0],
    "norm 2": lambda T, x: T.linalg.matrix_norm(x, 2),
    "norm nuc": lambda T, x: T.linalg.matrix_norm(x, "nuc"),
    "norm fro": lambda T, x: T.linalg.matrix_norm(x, "fro"),
    "norm 1": lambda T, x: T.linalg.matrix_norm(x, 1, keepdim=True),
    "norm inf": lambda T, x: T.linalg.matrix_norm(x, INF),
    "vector_norm 0": lambda T, x: T.linalg.vector_norm(x, 0, dim=-1),
    "vector_norm 2": lambda T, x: T.linalg.vector_norm(x, 2, dim=(-1, -2), keepdim=True),
}


@pytest.mark.parametrize("shape", [(1, 1), (0, 0), (0, 3, 3), (2, 0, 0), (2, 0, 3, 3), (2, 1, 3, 3)], ids=str)
@pytest.mark.parametrize("name", SQUARE | ANY)
def test_empty_batches_and_empty_matrices(name, shape):
    x = normal(*shape) + 3 * np.eye(shape[-1])
    order = 0 if name in WITHOUT_GRADIENT or (x.size == 0 and name in ("qr", "lu of any")) else 1
    assert_same((SQUARE | ANY)[name], [x], "float64", order, 1e-9)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 3, 0), (0, 2, 3), (0, 3, 2)], ids=str)
@pytest.mark.parametrize("name", ANY)
def test_empty_matrices_that_are_not_square(name, shape):
    assert_same(ANY[name], [normal(*shape)], "float64", order=0)


TWO = {
    "solve": (lambda T, a, b: T.linalg.solve(a, b), [(3, 3), (3,)]),
    "solve one for all": (lambda T, a, b: T.linalg.solve(a, b), [(3, 3), (2, 3, 4)]),
    "solve all for one": (lambda T, a, b: T.linalg.solve(a, b), [(2, 1, 3, 3), (4, 3, 2)]),
    "solve vectors": (lambda T, a, b: T.linalg.solve(a, b), [(2, 3, 3), (2, 3)]),
    "solve right": (lambda T, a, b: T.linalg.solve(a, b, left=False), [(2, 1, 3, 3), (4, 2, 3)]),
    "solve no columns": (lambda T, a, b: T.linalg.solve(a, b), [(3, 3), (3, 0)]),
    "solve_ex": (lambda T, a, b: T.linalg.solve_ex(a, b)[0], [(2, 3, 3), (3, 1)]),
    "triangular": (lambda T, a, b: T.linalg.solve_triangular(a, b, upper=False), [(2, 1, 3, 3), (4, 3, 2)]),
    "triangular right": (
        lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True, left=False, unitriangular=True),
        [(3, 3), (2, 4, 3)],
    ),
    "triangular no columns": (lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True), [(3, 3), (3, 0)]),
    "lu_solve": (lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a), b), [(2, 1, 3, 3), (4, 3, 2)]),
    "lu_solve right": (
        lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a), b, left=False, adjoint=True),
        [(2, 3, 3), (2, 4, 3)],
    ),
    "lstsq": (lambda T, a, b: T.linalg.lstsq(a, b)[0], [(2, 4, 3), (2, 4, 2)]),
    "lstsq wide": (lambda T, a, b: T.linalg.lstsq(a, b)[0], [(3, 4), (3, 2)]),
    "tensorsolve": (lambda T, a, b: T.linalg.tensorsolve(a, b), [(2, 3, 6), (2, 3)]),
    "tensorsolve dims": (lambda T, a, b: T.linalg.tensorsolve(a, b, dims=(0,)), [(3, 3), (3,)]),
}


@pytest.mark.parametrize("name", TWO)
def test_batches_that_broadcast(name):
    program, (first, second) = TWO[name]
    a = normal(*first)
    if first[-1] == first[-2]:
        a += 3 * np.eye(first[-1])
    assert_same(program, [a, normal(*second)], "float64", order=1 if "lstsq" in name else 2, close=1e-8)


# --- singular, and nearly ---------------------------------------------------------------------------------------------

RANKS = {
    "rank 2 of 3": spread([3.0, 1.0, 0.0]),
    "rank 1 of 3": spread([2.0, 0.0, 0.0]),
    "zero": np.zeros((3, 3)),
    "tall rank 1": spread([2.0, 0.0], rows=4),
    "wide rank 1": spread([2.0, 0.0], columns=4),
    "batch": np.stack([spread([3.0, 1.0, 0.0]), spread([3.0, 2.0, 1.0])]),
    "equal": spread([2.0, 2.0, 1.0]),
    "small": spread([1.0, 1e-4, 1e-12]),
}


@pytest.mark.parametrize("name", RANKS)
def test_ranks_and_pseudoinverses(name):
    x = RANKS[name]
    assert_same(lambda T, x: T.linalg.matrix_rank(x), [x], "float64", 0)
    assert_same(lambda T, x: T.linalg.matrix_rank(x, rtol=1e-3), [x], "float64", 0)
    assert_same(lambda T, x: T.linalg.matrix_rank(x, atol=1.5, rtol=0.1), [x], "float64", 0)
    assert_same(lambda T, x: T.linalg.pinv(x, rtol=1e-3), [x], "float64", 1, 1e-8)
    assert_same(lambda T, x: T.linalg.pinv(x, atol=1e-3), [x], "float64", 1, 1e-8)
    # PyTorch's own least squares by "gelsd" has no gradient for deficient matrices, the pseudoinverse has
    assert_same(lambda T, x: T.linalg.lstsq(x, x + 1, rcond=1e-3, driver="gelsd")[0], [x], "float64", 0, 1e-8)
    assert_same(lambda T, x: T.linalg.lstsq(x, x + 1, rcond=1e-3, driver="gelsd")[2], [x], "float64", 0)


@pytest.mark.parametrize("name", ["rank 2 of 3", "rank 1 of 3", "zero", "batch"])
def test_determinants_of_singular_matrices(name):
    x = np.round(RANKS[name], 12) if name != "zero" else RANKS[name]
    assert_same(lambda T, x: T.linalg.det(x), [x], "float64", 1, 1e-9)


def test_a_determinant_of_exactly_zero():
    x = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert_same(lambda T, x: T.linalg.det(x), [x], "float64", 2, 1e-9)
    assert_same(lambda T, x: T.stack(list(T.linalg.slogdet(x))), [x], "float64", 0)
    assert_same(lambda T, x: T.logdet(x), [x], "float64", 0)


def cofactors(x):
    """The derivative of the determinant by each element, by its minors."""
    minors = [np.delete(np.delete(x, i, 0), j, 1) for i, j in np.ndindex(x.shape)]
    signs = [(-1) ** (i + j) for i, j in np.ndindex(x.shape)]
    return np.reshape([s * np.linalg.det(minor) for s, minor in zip(signs, minors, strict=True)], x.shape)


SINGULAR = [np.diag([1.0, 2.0, 0.0]), np.arange(9.0).reshape(3, 3), np.diag([1.0, 0.0, 0.0])]


@pytest.mark.parametrize("x", SINGULAR, ids=str)
def test_the_slope_of_a_zero_determinant_is_its_cofactors(x):
    """PyTorch's is 0 there, unless it is to be differentiated again."""
    batch = minidl.from_numpy(np.stack([x, np.eye(3)])).requires_grad_()
    minidl.linalg.det(batch).sum().backward()
    np.testing.assert_allclose(batch.grad.numpy(), [cofactors(x), np.eye(3)], atol=1e-9)


@pytest.mark.parametrize("limits", [[0.9, 0.1], [[0.9], [0.1]], [[0.9], [0.1], [0.3]]], ids=str)
def test_tolerances_broadcast_with_the_batch(limits):
    x = np.stack([spread([3.0, 2.0, 0.5])] * 2)
    for program in (
        lambda T, x, t: T.linalg.pinv(x, atol=t.detach()),
        lambda T, x, t: T.linalg.pinv(x, rtol=t.detach()),
        lambda T, x, t: T.linalg.matrix_rank(x, atol=t.detach()),
    ):
        assert_same(program, [x, np.array(limits)], "float64", 1, 1e-8)


@pytest.mark.parametrize("name", ["rank 2 of 3", "zero", "tall rank 1", "wide rank 1", "equal", "batch"])
def test_singular_values_that_are_zero_or_equal(name):
    x = RANKS[name]
    assert_same(lambda T, x: T.linalg.svdvals(x), [x], "float64", 0, 1e-9)
    assert_same(lambda T, x: T.linalg.matrix_norm(x, "fro"), [x], "float64", 1, 1e-9)
    u, s, vh = minidl.linalg.svd(minidl.from_numpy(x), full_matrices=False)
    np.testing.assert_allclose((u * s.unsqueeze(-2) @ vh).numpy(), x, atol=1e-12)
    eye = np.broadcast_to(np.eye(s.shape[-1]), (*s.shape, s.shape[-1]))
    for part in (u.mT @ u, vh @ vh.mT):
        np.testing.assert_allclose(part.numpy(), eye, atol=1e-12)


@pytest.mark.parametrize("ord", ["nuc", 2, -2, 1, -1, INF, -INF, "fro"])
def test_norms_over_any_two_dimensions(ord):
    x = normal(2, 3, 4)
    for dim in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (-1, -2), (-1, 0), (-3, 2)):
        for keepdim in (False, True):
            assert_same(
                lambda T, x, d=dim, k=keepdim: T.linalg.matrix_norm(x, ord, d, k), [x], "float64", 1, close=1e-9
            )


def test_repeated_eigenvalues():
    x = definite([1.0, 1.0, 3.0])
    assert_same(lambda T, x: T.linalg.eigvalsh(symmetric(T, x)), [x], "float64", 0, 1e-10)
    assert_same(lambda T, x: T.linalg.eigvalsh(symmetric(T, x)).sum(), [x], "float64", 1, 1e-9)


@pytest.mark.parametrize("uplo", ["L", "U", "l", "u"])
def test_one_triangle_is_read(uplo):
    x = definite([1.0, 2.0, 4.0])
    hidden = x + (np.triu if uplo in "Ll" else np.tril)(normal(3, 3), 1 if uplo in "Ll" else -1)
    mine = minidl.linalg.eigvalsh(minidl.from_numpy(hidden), uplo).numpy()
    np.testing.assert_allclose(mine, np.linalg.eigvalsh(x), rtol=1e-12)
    np.testing.assert_allclose(mine, torch.linalg.eigvalsh(torch.from_numpy(hidden), UPLO=uplo).numpy(), rtol=1e-12)


def test_what_is_known_of_failures():
    """Of matrices that do not factor: where, and what came before."""
    batch = np.stack([np.eye(3), definite([1.0, -1.0, 2.0]), np.diag([1.0, 1.0, -1.0]), np.ones((3, 3))])
    for program in (
        lambda T, x: T.linalg.cholesky_ex(x)[1],
        lambda T, x: T.linalg.inv_ex(x)[1],
        lambda T, x: T.linalg.lu_factor_ex(x)[2],
        lambda T, x: T.linalg.lu_factor_ex(x)[1],
        lambda T, x: T.linalg.solve_ex(x, x)[1],
        lambda T, x: T.linalg.slogdet(x)[0],
    ):
        assert_same(program, [batch], "float64", 0)


@pytest.mark.parametrize("p", [None, 1, -1, 2, -2, INF, -INF, "fro"])
def test_condition_numbers_of_singular_matrices(p):
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    program = lambda T, x: 1 / T.linalg.cond(x, p)  # noqa: E731 - so that infinities and 1e17 are alike
    if p == -2:
        program = lambda T, x: T.linalg.cond(x, p)  # noqa: E731
    for x in (singular, np.stack([singular, np.diag([1.0, 2.0])])):
        mine, theirs = (
            program(T, made(x)).numpy() for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy))
        )
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
    assert_same(lambda T, x: T.linalg.cond(x, p), [normal(2, 3, 3)], "float64", int(p in (None, 2, -2)), 1e-8)


@pytest.mark.parametrize("p", [1, -1, INF, -INF, "fro"])
def test_condition_numbers_have_the_gradient_of_their_formula(p):
    def written(T, x):
        if T is minidl:
            return T.linalg.cond(x, p)
        return T.linalg.matrix_norm(x, p) * T.linalg.matrix_norm(T.linalg.inv(x), p)

    assert_same(written, [normal(2, 3, 3)], "float64", 2, 1e-7)


# --- infinities and NaN ----------------------------------------------------------------------------------------------

STRANGE = {
    "infinity": np.array([[INF, 1.0], [1.0, 2.0]]),
    "all NaN": np.full((2, 2), NAN),
}
PASSED_ON = [
    "inv",
    "det",
    "slogdet",
    "solve",
    "lu",
    "matrix_power 3",
    "solve_triangular",
    "norm fro",
    "norm 1",
    "norm inf",
]


@pytest.mark.parametrize("matrix", STRANGE)
@pytest.mark.parametrize("name", PASSED_ON)
def test_nan_and_infinities_are_passed_on(name, matrix):
    assert_same((SQUARE | ANY)[name], [STRANGE[matrix]], "float64", 0)


VECTORS = [
    np.array(x) for x in ([0.0, 0.0], [3.0, 0.0, -4.0], [INF, 1.0], [NAN, 1.0], [-INF, NAN], [0.0], [1e20, 1e-20])
]


@pytest.mark.parametrize("ord", [0, 0.5, 1, 1.5, 2, 3, 4, -0.5, -1, -2, INF, -INF])
@pytest.mark.parametrize("x", VECTORS, ids=str)
def test_norms_of_vectors(ord, x):
    order = 0 if abs(ord) == INF and np.isnan(x).any() else 1  # no element is the greatest then
    assert_same(lambda T, x: T.linalg.vector_norm(x, ord), [x], "float64", order, 1e-12)
    assert_same(lambda T, x: T.norm(x, ord), [x], "float64", order, 1e-12)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, INF])
def test_distances_at_zero_and_infinity(p):
    x = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    assert_same(lambda T, a: T.cdist(a, a[:2] + 0.0, p), [x], "float64", 1, 1e-10)
    assert_same(lambda T, a: T.pdist(a, p), [x], "float64", 1, 1e-10)
    assert_same(lambda T, a: T.cdist(a[:0], a, p), [x], "float64", 1)
    assert_same(lambda T, a, b: T.cdist(a, b, p), [normal(2, 1, 3, 2), normal(4, 2, 2)], "float64", 1, 1e-10)
    assert_same(lambda T, a: T.cdist(a, T.ones_like(a), p), [np.array([[INF, 0.0], [1.0, -INF]])], "float64", 0)


def test_similarities_at_zero():
    a, b = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [0.0, 0.0], [-3.0, -4.0]])
    assert_same(lambda T, a, b: T.cosine_similarity(a, b), [a, b], "float64", 1)
    assert_same(lambda T, a, b: T.cosine_similarity(a, b, dim=0, eps=10.0), [a, b], "float64", 1)
    assert_same(lambda T, a, b: T.cosine_similarity(a, b, dim=-1), [a[:, None], b[0]], "float64", 1)
    assert_same(lambda T, a: T.cosine_similarity(a, T.tensor([[1, 2]])), [a], "float32", 1)
    assert_same(lambda T, a: T.nn.functional.normalize(a), [a], "float64", 1)
    assert_same(lambda T, a: T.renorm(a, 2, 0, 1.0), [a], "float64", 1, 1e-6)
