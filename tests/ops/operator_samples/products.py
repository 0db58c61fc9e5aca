"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import S, backwards, normal, positive


def seeded(T: Any, seed: int) -> Any:
    """The namespace, with its seed set: how well a random projection finds a basis is a matter of luck."""
    T.manual_seed(seed)
    return T


A_MATRIX, A_COLUMN = np.array([[0.3, -1.2, 0.8], [2.0, 0.1, -0.7]]), np.array([[1.5], [-0.4]])
OTHER_MATRICES = np.array([[[1.1, 0.2, -0.5]], [[0.31, -1.1, 0.6]]])

SAMPLES = [
    S("matmul", lambda T, a, b: a @ b, [normal(3, 5), normal(5, 2)]),
    S("matmul batch", lambda T, a, b: T.matmul(a, b), [normal(2, 1, 3, 4), normal(5, 4, 2)]),
    S("matrix vector", lambda T, a, b: a @ b, [normal(3, 4), normal(4)]),
    S("vector matrix", lambda T, a, b: a @ b, [normal(4), normal(2, 4, 3)]),
    S("vector vector", lambda T, a, b: a @ b, [normal(4), normal(4)]),
    S("matmul transposed", lambda T, a, b: a.T @ b.T, [normal(4, 3), backwards(5, 4)]),
    S("mm", lambda T, a, b: T.mm(a, b), [normal(3, 1), normal(1, 2)]),
    S("dot", lambda T, a, b: T.dot(a, b), [normal(5), normal(5)]),
    S("linear", lambda T, x, w, b: T.nn.functional.linear(x, w, b), [normal(2, 3, 5), normal(4, 5), normal(4)]),
    S(
        "bilinear",
        lambda T, a, b, w, bias: T.nn.functional.bilinear(a, b, w, bias),
        [normal(2, 3), normal(2, 2), normal(2, 3, 2), normal(2)],
    ),
    S("linear vector", lambda T, x, w: T.nn.functional.linear(x, w), [normal(5), normal(4, 5)]),
    S("bmm", lambda T, a, b: T.bmm(a, b), [normal(2, 1, 3), normal(2, 3, 2)]),
    S("mv", lambda T, a, b: T.mv(a, b), [normal(2, 3), normal(3)]),
    S("outer", lambda T, a, b: T.outer(a, b), [normal(3), normal(2)]),
    S("inner", lambda T, a, b: T.inner(a, b), [normal(2, 3), normal(3)]),
    S("addmm", lambda T, x, a, b: T.addmm(x, a, b, beta=0.5, alpha=2), [normal(2), normal(3, 2), normal(2, 2)]),
    S("addmv", lambda T, x, a, b: T.addmv(x, a, b), [normal(2), normal(2, 3), normal(3)]),
    S("addr", lambda T, x, a, b: T.addr(x, a, b, alpha=2), [normal(2, 3), normal(2), normal(3)]),
    S("baddbmm", lambda T, x, a, b: T.baddbmm(x, a, b), [normal(2, 1, 2), normal(2, 1, 3), normal(2, 3, 2)]),
    S("einsum", lambda T, a, b: T.einsum("bij,bjk->bik", a, b), [normal(2, 2, 3), normal(2, 3, 1)]),
    S("einsum diagonal", lambda T, a, b: T.einsum("ii,i...->...", a, b), [normal(3, 3), normal(3, 2)]),
    S("tensordot", lambda T, a, b: T.tensordot(a, b, [[0], [1]]), [normal(3, 2), normal(2, 3)]),
    S("kron", lambda T, a, b: T.kron(a, b), [normal(2, 2), normal(1, 2)]),
    S("cross", lambda T, a, b: T.cross(a, b, dim=-1), [normal(2, 3), normal(2, 3)]),
    S("trace", lambda T, x: T.trace(x), [normal(3, 2)]),
    S("cdist", lambda T, a, b: T.cdist(a, b), [normal(2, 3), normal(2, 3) + 0.1]),
    S("cdist p", lambda T, a, b: T.cdist(a, b, 3.0), [normal(2, 2), normal(1, 2) + 0.1]),
    S("norm", lambda T, x: T.norm(x, dim=1), [normal(2, 3)]),
    S("norm 3", lambda T, x: T.norm(x, 3), [normal(2, 3)]),
    S("renorm", lambda T, x: T.renorm(x, 2, 0, 1.0), [normal(2, 3)]),
    S("linalg.norm inf", lambda T, x: T.linalg.norm(x, float("inf")), [normal(2, 3)]),
    S("linalg.matrix_norm nuc", lambda T, x: T.linalg.matrix_norm(x, "nuc"), [normal(2, 3)]),
    S("linalg.inv", lambda T, x: T.linalg.inv(x + 4 * T.eye(3, dtype=x.dtype)), [normal(3, 3)]),
    S("linalg.solve", lambda T, a, b: T.linalg.solve(a + 4 * T.eye(2, dtype=a.dtype), b), [normal(2, 2), normal(2)]),
    S("linalg.det", lambda T, x: T.linalg.det(x), [normal(3, 3)]),
    S("linalg.slogdet", lambda T, x: T.linalg.slogdet(x)[1], [normal(3, 3)]),
    S("linalg.slogdet sign", lambda T, x: T.linalg.slogdet(x)[0], [normal(2, 2)], differentiable=False),
    S("linalg.cholesky", lambda T, x: T.linalg.cholesky(x @ x.mT + T.eye(2, dtype=x.dtype)), [normal(2, 2)]),
    S("linalg.qr", lambda T, x: T.linalg.qr(x)[0] * T.linalg.qr(x)[1].sum(), [normal(3, 2)]),
    S("linalg.qr wide", lambda T, x: T.linalg.qr(x)[1].abs(), [normal(2, 3)]),
    S("linalg.eigh", lambda T, x: T.linalg.eigh(x + x.mT)[1].abs(), [normal(3, 3)]),
    S("linalg.eigvalsh", lambda T, x: T.linalg.eigvalsh(x + x.mT), [normal(3, 3)]),
    S("linalg.svd", lambda T, x: T.linalg.svd(x, full_matrices=False)[0].abs(), [normal(3, 2)]),
    S("linalg.svd wide", lambda T, x: T.linalg.svd(x, full_matrices=False)[2].abs(), [normal(2, 3)]),
    S("linalg.svdvals", lambda T, x: T.linalg.svdvals(x), [normal(2, 3)]),
    S("linalg.cholesky_ex", lambda T, x: T.linalg.cholesky_ex(x @ x.mT + T.eye(2, dtype=x.dtype))[0], [normal(2, 2)]),
    S("linalg.lu_factor", lambda T, x: T.linalg.lu_factor(x)[0], [normal(2, 3, 3)]),
    S("linalg.lu tall", lambda T, x: T.linalg.lu(x)[1] * T.linalg.lu(x)[2].sum(), [normal(3, 2)]),
    S("linalg.lu wide", lambda T, x: T.linalg.lu(x)[2] * T.linalg.lu(x)[1].sum(), [normal(2, 3)]),
    S(
        "linalg.lu_solve",
        lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a + 3 * T.eye(2, dtype=a.dtype)), b, adjoint=True),
        [normal(2, 2), normal(2, 3)],
    ),
    S(
        "linalg.solve_triangular",
        lambda T, a, b: T.linalg.solve_triangular(a, b, upper=False),
        [positive(2, 2), normal(2, 3)],
    ),
    S("triangular_solve", lambda T, b, a: T.triangular_solve(b, a, transpose=True)[0], [normal(2, 1), positive(2, 2)]),
    S("cholesky_solve", lambda T, b, a: T.cholesky_solve(b, a.tril()), [normal(2, 1), positive(2, 2)]),
    S("linalg.lstsq", lambda T, a, b: T.linalg.lstsq(a, b)[0], [normal(3, 2), normal(3, 1)]),
    S("linalg.householder_product", lambda T, a, t: T.linalg.householder_product(a, t), [normal(3, 2), normal(2)]),
    S(
        "ormqr",
        lambda T, a, t, x: T.ormqr(a, t, x, left=False),
        [normal(3, 2), normal(2), normal(2, 3)],
        pytorch_order=1,
    ),
    S(
        "linalg.ldl_solve",
        lambda T, a, b: T.linalg.ldl_solve(*T.linalg.ldl_factor(a.detach()), b.detach()),
        [normal(2, 3, 3), normal(3, 2)],
        False,
    ),
    S("svd_lowrank", lambda T, a, b: seeded(T, 32).svd_lowrank(a @ b, 2)[1], [normal(3, 2), normal(2, 4)]),
    S(
        "pca_lowrank",
        lambda T, a, b: (lambda u, s, v: u @ v.mT)(*seeded(T, 8).pca_lowrank(a @ b, 2)),
        [normal(4, 2), normal(2, 3)],
    ),
    S("addmm beta 0", lambda T, x, a, b: T.addmm(x, a, b, beta=0), [normal(2), normal(3, 2), normal(2, 2)]),
    S("linalg.pinv", lambda T, x: T.linalg.pinv(x), [normal(3, 2)]),
    S("linalg.matrix_power", lambda T, x: T.linalg.matrix_power(x, 3), [normal(2, 2)]),
    S("linalg.multi_dot", lambda T, a, b, c: T.linalg.multi_dot([a, b, c]), [normal(2), normal(2, 3), normal(3, 1)]),
    S("matrix_exp", lambda T, x: T.matrix_exp(x), [normal(2, 2)]),
    S("linalg.vander", lambda T, x: T.linalg.vander(x), [normal(3)]),
    S("cosine_similarity", lambda T, a, b: T.cosine_similarity(a, b), [normal(2, 3), normal(2, 3) + 0.1]),
    S("pairwise_distance", lambda T, a, b: T.pairwise_distance(a, b), [normal(2, 3), normal(2, 3) + 0.1]),
    S("pdist", lambda T, x: T.pdist(x), [normal(3, 2)]),
    S("nn.functional.normalize", lambda T, x: T.nn.functional.normalize(x), [normal(2, 3)]),
    S(
        "weight_norm",
        lambda T, v, g: T.nn.utils.parametrizations._WeightNorm(0)(g, v),
        [A_MATRIX, A_COLUMN],
        pytorch_order=1,  # PyTorch takes the norms for constants in its second derivative
    ),
    S("cdist by products", lambda T, a, b: T.cdist(a, b, 2.0, "use_mm_for_euclid_dist"), [A_MATRIX, OTHER_MATRICES]),
]
