"""Factors of symmetric matrices, decompositions of low rank, histograms of points; what they refuse."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, GraphError, LinAlgError, ShapeError

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(21)


def symmetric(*shape):
    x = RNG.standard_normal(shape)
    return x + x.swapaxes(-1, -2)


INDEFINITE = [symmetric(1, 1), symmetric(5, 5), symmetric(3, 2, 4, 4), np.zeros((0, 3, 3)), np.zeros((0, 0)),
              np.array([[0.0, 1.0], [1.0, 0.0]])]  # fmt: skip


@pytest.mark.parametrize("a", INDEFINITE, ids=lambda a: str(a.shape))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ldl_factors_and_solutions_equal_pytorchs(a, dtype):
    b = RNG.standard_normal((a.shape[-1], 2)).astype(dtype)
    ours, theirs = (
        T.linalg.ldl_factor_ex(T.from_numpy(np.tril(a).astype(dtype)), hermitian=True) for T in (minidl, torch)
    )
    close = {"rtol": 0, "atol": 1e-4 if dtype == "float32" else 1e-10}
    for mine, other in zip(ours, theirs, strict=True):
        assert str(mine.dtype) == str(other.dtype).removeprefix("torch.")
        np.testing.assert_allclose(mine.numpy(), other.numpy(), **close)
    x = minidl.linalg.ldl_solve(*ours[:2], minidl.from_numpy(b)).numpy()
    assert x.dtype == dtype
    np.testing.assert_allclose(a @ x, np.broadcast_to(b, x.shape), rtol=0, atol=1e-3 if dtype == "float32" else 1e-10)


def test_ldl_solve_broadcasts_batches():
    a, b = symmetric(2, 3, 3), RNG.standard_normal((4, 1, 3, 2))
    x = minidl.linalg.ldl_solve(*minidl.linalg.ldl_factor(minidl.from_numpy(a)), minidl.from_numpy(b)).numpy()
    assert x.shape == (4, 2, 3, 2)
    np.testing.assert_allclose(a @ x, np.broadcast_to(b, x.shape), atol=1e-10)


def test_ldl_has_no_gradient_and_says_so():
    a = minidl.from_numpy(symmetric(3, 3)).requires_grad_()
    with pytest.raises(GraphError, match="ldl_factor has no gradient"):
        minidl.linalg.ldl_factor(a).LD.sum().backward()
    factors = minidl.linalg.ldl_factor(a.detach())
    with pytest.raises(GraphError, match="ldl_solve has no gradient"):
        minidl.linalg.ldl_solve(*factors, minidl.ones(3, 1, dtype=minidl.float64, requires_grad=True)).sum().backward()


def test_singular_factors_are_told_of():
    zeros = minidl.zeros(2, 3, 3)
    assert (
        minidl.linalg.ldl_factor_ex(zeros).info.tolist()
        == torch.linalg.ldl_factor_ex(torch.zeros(2, 3, 3)).info.tolist()
    )
    with pytest.raises(LinAlgError, match=r"ldl_factor: matrix \(0,\) of the batch: D is singular"):
        minidl.linalg.ldl_factor(zeros)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 5, 5)])
@pytest.mark.parametrize("name", ["svd_lowrank", "pca_lowrank"])
def test_decompositions_of_low_rank_find_all_of_a_matrix_of_that_rank(name, shape):
    minidl.manual_seed(0)
    a = RNG.standard_normal((*shape[:-1], 2)) @ RNG.standard_normal((*shape[:-2], 2, shape[-1]))
    u, s, v = (part.numpy() for part in getattr(minidl, name)(minidl.from_numpy(a), 2))
    wanted = a - a.mean(-2, keepdims=True) if name == "pca_lowrank" else a
    np.testing.assert_allclose(u * s[..., None, :] @ v.swapaxes(-1, -2), wanted, atol=1e-12)
    np.testing.assert_allclose(s, np.linalg.svd(wanted)[1][..., :2], atol=1e-12)
    np.testing.assert_allclose(v.swapaxes(-1, -2) @ v, np.broadcast_to(np.eye(2), (*shape[:-2], 2, 2)), atol=1e-12)


def test_decompositions_of_low_rank_come_near_the_best_of_a_matrix_of_full_rank():
    minidl.manual_seed(0)
    a = np.linalg.qr(RNG.standard_normal((30, 20)))[0] * 0.5 ** np.arange(20)
    u, s, v = minidl.svd_lowrank(minidl.from_numpy(a), 5)
    left = np.linalg.norm(a - (u * s @ v.mT).numpy(), 2)
    assert 0.5**5 <= left < 1.05 * 0.5**5


def test_the_seed_decides_and_what_is_subtracted_is():
    a, m = minidl.from_numpy(RNG.standard_normal((5, 4))), minidl.from_numpy(RNG.standard_normal((1, 4)))
    results = []
    for x, subtracted in ((a, m), (a - m, None)):
        minidl.manual_seed(3)
        results.append(minidl.svd_lowrank(x, 2, M=subtracted))
    for first, second in zip(*results, strict=True):
        assert (first.numpy() == second.numpy()).all()


@pytest.mark.parametrize("shape", [(3, 2), (2, 0), (1, 4), (4, 3)])
def test_shapes_of_low_rank_equal_pytorchs(shape):
    for name, q in (("svd_lowrank", 6), ("svd_lowrank", 0), ("pca_lowrank", None), ("pca_lowrank", 0)):
        if name == "pca_lowrank" or min(shape):
            ours, theirs = (getattr(T, name)(T.ones(*shape), q) for T in (minidl, torch))
            assert [tuple(part.shape) for part in ours] == [tuple(part.shape) for part in theirs]


# --- histograms of points ---------------------------------------------------------------------------------------------

POINTS = RNG.standard_normal((40, 2, 3))
WEIGHT = RNG.random((40, 2))
EDGES = [np.sort(RNG.standard_normal(n)) for n in (2, 4, 6)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("bins", [4, [1, 2, 5], EDGES])
@pytest.mark.parametrize("limits", [None, [-1.0, 1.5, 0.0, 2.0, 0.5, 0.5]])
def test_histograms_of_points_equal_pytorchs(dtype, density, weighted, bins, limits):
    def counted(T):
        given = bins
        if bins is EDGES:
            given = [T.from_numpy(edges.astype(dtype)) for edges in EDGES]
        weight = T.from_numpy(WEIGHT.astype(dtype)) if weighted else None
        points = T.from_numpy(POINTS.astype(dtype))
        hist, edges = T.histogramdd(points, given, range=limits, weight=weight, density=density)
        return [part.numpy() for part in (hist, *edges)]

    for ours, theirs in zip(counted(minidl), counted(torch), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-7)


def test_a_point_on_an_edge_counts_to_the_interval_above_and_the_last_to_the_last():
    points = minidl.tensor([[0.0], [1.0], [2.0], [3.0]])
    assert minidl.histogramdd(points, [minidl.tensor([0.0, 1.0, 2.0])]).hist.tolist() == [1.0, 2.0]


PAIR = minidl.zeros(4, 2)
FACTORS = minidl.linalg.ldl_factor(minidl.eye(3))


@pytest.mark.parametrize(
    ("error", "message", "program"),
    [
        (ShapeError, "ldl_factor: shape \\(4, 2\\); needs square", lambda: minidl.linalg.ldl_factor(PAIR)),
        (DtypeError, "ldl_factor: got int64", lambda: minidl.linalg.ldl_factor_ex(minidl.eye(3).long())),
        (DtypeError, "ldl_solve: pivots of float32",
         lambda: minidl.linalg.ldl_solve(FACTORS.LD, FACTORS.pivots.float(), minidl.ones(3, 1))),
        (ShapeError, "ldl_solve: LD \\(3, 3\\), pivots \\(3,\\), B \\(2, 1\\)",
         lambda: minidl.linalg.ldl_solve(*FACTORS, minidl.ones(2, 1))),
        (DtypeError, "ldl_solve: float32 and float64",
         lambda: minidl.linalg.ldl_solve(*FACTORS, minidl.ones(3, 1).double())),
        *[
            (ArgumentError, "ldl_solve: pivots that are no rows 1 to 3",
             lambda pivots=pivots: minidl.linalg.ldl_solve(FACTORS.LD, minidl.tensor(pivots), minidl.ones(3, 1)))
            for pivots in ([0, 1, 2], [1, 2, 4], [1, 2, -3], [-1, -2, 3], [-2, 2, 3])
        ],
        (ArgumentError, "svd_lowrank: q -1", lambda: minidl.svd_lowrank(PAIR, -1)),
        (ArgumentError, "pca_lowrank: q 2, niter -1", lambda: minidl.pca_lowrank(PAIR, 2, niter=-1)),
        (ShapeError, "pca_lowrank: q 3 of shape \\(4, 2\\); needs at most 2", lambda: minidl.pca_lowrank(PAIR, 3)),
        (DtypeError, "svd_lowrank: got int64", lambda: minidl.svd_lowrank(PAIR.long())),
        (DtypeError, "svd_lowrank: A float32 and M float64", lambda: minidl.svd_lowrank(PAIR, 1, M=PAIR.double())),
        (ShapeError, "pca_lowrank: shape \\(4,\\)", lambda: minidl.pca_lowrank(minidl.ones(4), 1)),
        (ShapeError, "histogramdd: shape \\(4,\\)", lambda: minidl.histogramdd(minidl.ones(4), 2)),
        (DtypeError, "histogramdd: got int64", lambda: minidl.histogramdd(PAIR.long(), 2)),
        (ShapeError, "bins for 3 dimensions; needs as many as coordinates, 2",
         lambda: minidl.histogramdd(PAIR, [1, 2, 3])),
        (ArgumentError, "histogramdd: 0 bins", lambda: minidl.histogramdd(PAIR, [2, 0])),
        (ShapeError, "histogramdd: range of 2 numbers; needs two a dimension, 4",
         lambda: minidl.histogramdd(PAIR, 2, range=[0, 1])),
        (ArgumentError, "histogramdd: range 1 to 0", lambda: minidl.histogramdd(PAIR, 2, range=[1, 0, 0, 1])),
        (ArgumentError, "histogramdd: range nan to nan", lambda: minidl.histogramdd(PAIR * float("nan"), 2)),
        (ShapeError, "histogramdd: weight float32\\(3,\\); needs float32\\(4,\\)",
         lambda: minidl.histogramdd(PAIR, 2, weight=minidl.ones(3))),
        (ArgumentError, "histogramdd: edges .* none below the one before",
         lambda: minidl.histogramdd(PAIR, [minidl.tensor([1.0, 0.0]), minidl.tensor([0.0, 1.0])])),
        (DtypeError, "histogramdd: edges of float64",
         lambda: minidl.histogramdd(PAIR, [minidl.tensor([0.0, 1.0]).double()] * 2)),
        (ArgumentError, "histogram: edges .* none below",
         lambda: minidl.histogram(PAIR, minidl.tensor([0.0, 2.0, 1.0]))),
    ],
)  # fmt: skip
def test_refusals(error, message, program):
    with pytest.raises(error, match=message):
        program()
