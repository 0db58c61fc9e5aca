"""Products of vectors and matrices, and linear algebra, as methods."""

from __future__ import annotations

from ...autograd.graph import Variable
from .. import (
    decomposition,
    determinant,
    einsum,
    householder,
    linalg,
    lu,
    norms,
    products,
    pseudoinverse,
    several_in_place,
    solving,
    triangular,
)
from ..inplace import in_place


class ProductMethods(Variable):
    """`x.matmul()`, `x.addmm()`, `x.norm()`, `x.inverse()` and their like."""

    __slots__ = ()

    matmul = linalg.matmul
    mm = linalg.mm
    dot = linalg.dot
    bmm = products.bmm
    mv = products.mv
    vdot = products.vdot
    outer = ger = einsum.outer
    inner = einsum.inner
    kron = einsum.kron
    trace = einsum.trace
    cross = products.cross
    addmm = products.addmm
    addmm_ = in_place(products.addmm)
    addmv = products.addmv
    addmv_ = several_in_place.addmv_
    addr = products.addr
    addr_ = in_place(products.addr)
    addbmm = products.addbmm
    addbmm_ = in_place(products.addbmm)
    baddbmm = products.baddbmm
    baddbmm_ = in_place(products.baddbmm)
    matrix_power = solving.matrix_power
    norm = norms.norm
    renorm = norms.renorm
    renorm_ = in_place(norms.renorm)
    dist = norms.dist
    det = determinant.det
    logdet = determinant.logdet
    slogdet = determinant.slogdet
    inverse = solving.inv
    pinverse = pseudoinverse.pinverse
    matrix_exp = solving.matrix_exp
    cholesky = decomposition.cholesky_of_matrix
    cholesky_solve = triangular.cholesky_solve
    cholesky_inverse = triangular.cholesky_inverse
    triangular_solve = triangular.triangular_solve
    qr = decomposition.qr_of_matrix
    svd = decomposition.svd_of_matrix
    geqrf = householder.geqrf
    ormqr = householder.ormqr
    orgqr = householder.householder_product
    lu_solve = lu.lu_solve_of_matrix
    lu = lu.lu_of_matrix
