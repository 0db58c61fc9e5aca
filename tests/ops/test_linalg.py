"""What linear algebra refuses, and in which words.

Each call is a function of a namespace, so that test_decompositions_parity.py can ask PyTorch whether it refuses it too.
"""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, LinAlgError, ShapeError


def zeros(T, *shape, dtype="float32"):
    return T.zeros(shape, dtype=getattr(T, dtype))


def ones(T, *shape, dtype="float32"):
    return T.ones(shape, dtype=getattr(T, dtype))


def eye(T, dtype="float32"):
    return T.eye(2, dtype=getattr(T, dtype))


def wholes(T, *shape):
    return zeros(T, *shape, dtype="int64")


def doubles(T, *shape):
    return zeros(T, *shape, dtype="float64")


def pivots(T, *values):
    return T.tensor(values, dtype=T.int32)


def m(T):
    return zeros(T, 2, 2)


def v(T):
    return zeros(T, 2)


PRODUCTS = [
    (r"matmul: got int where a tensor is needed", DtypeError, lambda T: T.matmul(m(T), 2)),
    (r"matmul: got int where a tensor is needed", DtypeError, lambda T: m(T) @ 2),
    (r"matmul: got list where a tensor is needed", DtypeError, lambda T: m(T) @ [1.0, 2.0]),
    (r"matmul: \(\) @ \(2,\): needs at least one dimension", ShapeError, lambda T: zeros(T) @ v(T)),
    (r"matmul: \(2, 3\) @ \(2, 3\): inner sizes 3 and 2 differ", ShapeError, lambda T: zeros(T, 2, 3) @ zeros(T, 2, 3)),
    (r"matmul: got float32\(2, 1, 2\), float32\(3, 2, 1\)", ShapeError,
     lambda T: zeros(T, 2, 1, 2) @ zeros(T, 3, 2, 1)),
    (r"matmul: float32 @ int64: needs one dtype", DtypeError, lambda T: m(T) @ wholes(T, 2, 2)),
    (r"matmul: bool @ bool: needs one dtype of numbers", DtypeError, lambda T: (m(T) > 0) @ (m(T) > 0)),
    (r"mm: \(2,\) @ \(2, 2\): needs two matrices", ShapeError, lambda T: T.mm(v(T), m(T))),
    (r"mm: \(2, 2\) @ \(3, 2\): inner sizes 2 and 3 differ", ShapeError, lambda T: T.mm(m(T), zeros(T, 3, 2))),
    (r"mm: float32 @ float64: needs one dtype", DtypeError, lambda T: T.mm(m(T), doubles(T, 2, 2))),
    (r"dot: \(2, 2\) and \(2,\): needs two vectors", ShapeError, lambda T: T.dot(m(T), v(T))),
    (r"dot: \(2,\) @ \(3,\): inner sizes 2 and 3 differ", ShapeError, lambda T: T.dot(v(T), zeros(T, 3))),
    (r"dot: got int where a tensor is needed", DtypeError, lambda T: T.dot(v(T), 2)),
    (r"vdot: float32 @ int64: needs one dtype", DtypeError, lambda T: T.vdot(v(T), wholes(T, 2))),
    (r"mv: \(2,\) and \(2,\); needs a matrix and a vector", ShapeError, lambda T: T.mv(v(T), v(T))),
    (r"mv: \(2, 2\) @ \(3,\): inner sizes", ShapeError, lambda T: T.mv(m(T), zeros(T, 3))),
    (r"bmm: \(2, 2\) and \(2, 2\); needs a batch of matrices", ShapeError, lambda T: T.bmm(m(T), m(T))),
    (r"bmm: batches of 2 and 1", ShapeError, lambda T: T.bmm(zeros(T, 2, 2, 2), zeros(T, 1, 2, 2))),
    (r"bmm: .* inner sizes 3 and 2", ShapeError, lambda T: T.bmm(zeros(T, 1, 2, 3), zeros(T, 1, 2, 2))),
    (r"vecdot: float32 and float64", DtypeError, lambda T: T.linalg.vecdot(v(T), doubles(T, 2))),
    (r"vecdot: got int64, needs a floating", DtypeError, lambda T: T.linalg.vecdot(wholes(T, 1, 2), wholes(T, 2))),
    (r"vecdot: \(1, 2\) and \(3,\) do not broadcast", ShapeError,
     lambda T: T.linalg.vecdot(zeros(T, 1, 2), zeros(T, 3))),
    (r"addmm: input \(3,\) does not broadcast to \(2, 2\)", ShapeError, lambda T: T.addmm(zeros(T, 3), m(T), m(T))),
    (r"addmm: input \(1, 2, 2\) does not", ShapeError, lambda T: T.addmm(zeros(T, 1, 2, 2), m(T), m(T))),
    (r"addmm: \(2, 3\) @ \(2, 2\): inner sizes", ShapeError, lambda T: T.addmm(v(T), zeros(T, 2, 3), m(T))),
    (r"addmm: float64 and float32", DtypeError, lambda T: T.addmm(doubles(T, 2), m(T), m(T))),
    (r"addmm: beta 1 and alpha 'a'; needs numbers", DtypeError, lambda T: T.addmm(v(T), m(T), m(T), alpha="a")),
    (r"addmm: got int where", DtypeError, lambda T: T.addmm(2, m(T), m(T))),
    (r"addmv: \(2,\) and \(2,\); needs a matrix", ShapeError, lambda T: T.addmv(v(T), v(T), v(T))),
    (r"addmv: input \(3,\) does not broadcast to \(2,\)", ShapeError, lambda T: T.addmv(zeros(T, 3), m(T), v(T))),
    (r"addr: \(2, 2\) and \(2,\); needs two vectors", ShapeError, lambda T: T.addr(v(T), m(T), v(T))),
    (r"addr: input \(3,\) does not broadcast", ShapeError, lambda T: T.addr(zeros(T, 3), v(T), v(T))),
    (r"addr: beta 1 and alpha 0.5 for int64", DtypeError,
     lambda T: T.addr(wholes(T, 2), wholes(T, 2), wholes(T, 2), alpha=0.5)),
    (r"baddbmm: \(2, 2\) and \(1, 2, 2\)", ShapeError, lambda T: T.baddbmm(v(T), m(T), zeros(T, 1, 2, 2))),
    (r"baddbmm: batches of 2 and 1", ShapeError, lambda T: T.baddbmm(v(T), zeros(T, 2, 2, 2), zeros(T, 1, 2, 2))),
    (r"addbmm: input \(3,\) does not", ShapeError,
     lambda T: T.addbmm(zeros(T, 3), zeros(T, 1, 2, 2), zeros(T, 1, 2, 2))),
    (r"outer: \(2, 2\) and \(2,\); needs two vectors", ShapeError, lambda T: T.outer(m(T), v(T))),
    (r"outer: got int where", DtypeError, lambda T: T.outer(v(T), 2)),
    (r"inner: \(2,\) and \(3,\); needs the same last size", ShapeError, lambda T: T.inner(v(T), zeros(T, 3))),
    (r"inner: float32 and float64", DtypeError, lambda T: T.inner(v(T), doubles(T, 2))),
    (r"kron: got int where", DtypeError, lambda T: T.kron(v(T), 2)),
    (r"trace: shape \(2,\); needs a matrix", ShapeError, lambda T: T.trace(v(T))),
    (r"trace: got booleans", DtypeError, lambda T: T.trace(m(T) > 0)),
    (r"tensordot: dims \[1\] of \(2, 3\) and \[0\]", ShapeError,
     lambda T: T.tensordot(zeros(T, 2, 3), zeros(T, 2, 3), 1)),
    (r"tensordot: dims -1 of shapes", ArgumentError, lambda T: T.tensordot(m(T), m(T), -1)),
    (r"tensordot: dims 3 of shapes", ArgumentError, lambda T: T.tensordot(m(T), m(T), 3)),
    (r"tensordot: dims 1.5; needs a whole number", ArgumentError, lambda T: T.tensordot(m(T), m(T), 1.5)),
    (r"tensordot: dims 'a'; needs a whole number", ArgumentError, lambda T: T.tensordot(m(T), m(T), "a")),
    (r"tensordot: dims \[1\]; needs", ArgumentError, lambda T: T.tensordot(m(T), m(T), [1])),
    (r"tensordot: dims \[\[0\], \[1\], \[0\]\]", ArgumentError, lambda T: T.tensordot(m(T), m(T), [[0], [1], [0]])),
    (r"tensordot: dims .* each dimension once", ArgumentError, lambda T: T.tensordot(m(T), m(T), [[0, 0], [0, 1]])),
    (r"tensordot: dims \[0, 1\] of .* differ", ShapeError, lambda T: T.tensordot(m(T), m(T), [[0, 1], [1]])),
    (r"tensordot: dim 2 of a tensor", ShapeError, lambda T: T.tensordot(m(T), m(T), [[2], [0]])),
    (r"tensordot: float32 @ float64", DtypeError, lambda T: T.tensordot(m(T), doubles(T, 2, 2), 1)),
    (r"cross: shape \(2,\) has no dimension of size 3", ShapeError, lambda T: T.cross(v(T), v(T))),
    (r"cross: dim 0 of shape \(2, 3\) has size 2", ShapeError,
     lambda T: T.cross(zeros(T, 2, 3), zeros(T, 2, 3), dim=0)),
    (r"cross: \(3,\) and \(2, 3\); needs as many", ShapeError, lambda T: T.linalg.cross(zeros(T, 3), zeros(T, 2, 3))),
    (r"cross: \(\) and \(\); needs size 3", ShapeError, lambda T: T.linalg.cross(zeros(T), zeros(T))),
    (r"cross: \(1,\) and \(3,\); needs size 3", ShapeError, lambda T: T.linalg.cross(zeros(T, 1), zeros(T, 3))),
    (r"cross: .* do not broadcast", ShapeError, lambda T: T.linalg.cross(zeros(T, 2, 3), zeros(T, 4, 3))),
    (r"cross: got booleans", DtypeError, lambda T: T.cross(ones(T, 3) > 0, ones(T, 3) > 0)),
    (r"multi_dot: got 1 tensors; needs at least 2", ArgumentError, lambda T: T.linalg.multi_dot([m(T)])),
    (r"multi_dot: got Tensor; needs a list", DtypeError, lambda T: T.linalg.multi_dot(zeros(T, 2, 2, 2))),
    (r"multi_dot: got int where", DtypeError, lambda T: T.linalg.multi_dot([m(T), 2])),
    (r"multi_dot: shapes .* needs matrices", ShapeError, lambda T: T.linalg.multi_dot([m(T), v(T), m(T)])),
    (r"multi_dot: \(2, 3\) @ \(2, 2\)", ShapeError, lambda T: T.linalg.multi_dot([zeros(T, 2, 3), m(T), m(T)])),
    (r"multi_dot: float32 @ float64", DtypeError, lambda T: T.linalg.multi_dot([m(T), doubles(T, 2, 2)])),
    (r"chain_matmul: got no matrices", ArgumentError, lambda T: T.chain_matmul()),
    (r"chain_matmul: shapes \[\(2,\)\]; needs matrices", ShapeError, lambda T: T.chain_matmul(v(T))),
    (r"linear: input \(2, 3\) and weight \(4, 2\)", ShapeError,
     lambda T: T.nn.functional.linear(zeros(T, 2, 3), zeros(T, 4, 2))),
    (r"linear: bias float32\(3,\) for a result float32\(2, 4\)", ShapeError,
     lambda T: T.nn.functional.linear(v(T)[None].repeat(2, 1), zeros(T, 4, 2), zeros(T, 3))),
    (r"linear: input float32 and bias float64", DtypeError,
     lambda T: T.nn.functional.linear(m(T), m(T), doubles(T, 2))),
    (r"linear: input float32 and weight float64", DtypeError, lambda T: T.nn.functional.linear(m(T), doubles(T, 2, 2))),
    (r"linear: weight \(1, 2, 2\)", ShapeError, lambda T: T.nn.functional.linear(m(T), zeros(T, 1, 2, 2))),
    (r"linear: \(2, 2\) @ \(3,\)", ShapeError, lambda T: T.nn.functional.linear(m(T), zeros(T, 3))),
    (r"bilinear: inputs \(2, 2\) and \(1, 2\)", ShapeError,
     lambda T: T.nn.functional.bilinear(m(T), zeros(T, 1, 2), zeros(T, 3, 2, 2))),
    (r"bilinear: got float32, float64, float32; needs one", DtypeError,
     lambda T: T.nn.functional.bilinear(m(T), doubles(T, 2, 2), zeros(T, 3, 2, 2))),
]  # fmt: skip

EINSUM = [
    (r"einsum: 'ij,jk->ik' has 2 operands, got 1", ArgumentError, lambda T: T.einsum("ij,jk->ik", m(T))),
    (r"einsum: 'ij' has 1 operands, got 2", ArgumentError, lambda T: T.einsum("ij", m(T), m(T))),
    (r"einsum: 'i': 'i' for shape \(2, 2\); needs 2", ShapeError, lambda T: T.einsum("i", m(T))),
    (r"einsum: 'ijk': 'ijk' for shape \(2, 2\)", ShapeError, lambda T: T.einsum("ijk", m(T))),
    (r"einsum: '': '' for shape \(2,\)", ShapeError, lambda T: T.einsum("", v(T))),
    (r"einsum: 'ij,jk': 'j' has sizes 3 and 2", ShapeError, lambda T: T.einsum("ij,jk", zeros(T, 2, 3), m(T))),
    (r"einsum: 'ii': 'i' has sizes 2 and 3", ShapeError, lambda T: T.einsum("ii", zeros(T, 2, 3))),
    (r"einsum: 'ij->ii': .* appears twice", ArgumentError, lambda T: T.einsum("ij->ii", m(T))),
    (r"einsum: 'ij->k': the result's subscript 'k'", ArgumentError, lambda T: T.einsum("ij->k", m(T))),
    (r"einsum: 'i1': 'i1'; subscripts are letters", ArgumentError, lambda T: T.einsum("i1", m(T))),
    (r"einsum: 'ié': 'ié'; subscripts are letters", ArgumentError, lambda T: T.einsum("ié", m(T))),
    (r"einsum: 'i.j'", ArgumentError, lambda T: T.einsum("i.j", m(T))),
    (r"einsum: 'i\.\.\.j\.\.\.'", ArgumentError, lambda T: T.einsum("i...j...", m(T))),
    (r"einsum: 'i\.\.\.->\.\.\.\.\.\.i'", ArgumentError, lambda T: T.einsum("i...->......i", m(T))),
    (r"einsum: 'ij->i->j'", ArgumentError, lambda T: T.einsum("ij->i->j", m(T))),
    (r"einsum: 'ij-ji'", ArgumentError, lambda T: T.einsum("ij-ji", m(T))),
    (r"einsum: float32 @ float64: needs one dtype", DtypeError, lambda T: T.einsum("ij,jk", m(T), doubles(T, 2, 2))),
    (r"einsum: bool @ bool", DtypeError, lambda T: T.einsum("ij,jk", m(T) > 0, m(T) > 0)),
    (r"einsum: got int where a tensor is needed", DtypeError, lambda T: T.einsum("i,", v(T), 2)),
    (r"einsum: subscripts \[0, 52\]", ArgumentError, lambda T: T.einsum(m(T), [0, 52])),
    (r"einsum: subscripts \[0, -1\]", ArgumentError, lambda T: T.einsum(m(T), [0, -1])),
    (r"einsum: subscripts \[0, 1.5\]", ArgumentError, lambda T: T.einsum(m(T), [0, 1.5])),
]

SQUARE = ["inv", "det", "slogdet", "cholesky", "cholesky_ex", "eigh", "eigvalsh", "inv_ex"]
EVERY = [*SQUARE, "svd", "svdvals", "qr", "lu", "lu_factor", "lu_factor_ex", "pinv", "matrix_rank", "cond"]

MATRICES = [
    *[(rf"{name}: shape \(2,\); needs", ShapeError, lambda T, f=name: getattr(T.linalg, f)(v(T))) for name in EVERY],
    *[(rf"{name}: got int64, needs float32 or float64", DtypeError,
       lambda T, f=name: getattr(T.linalg, f)(eye(T, "int64"))) for name in EVERY],
    *[(rf"{name}: got float16, needs float32 or float64", DtypeError,
       lambda T, f=name: getattr(T.linalg, f)(eye(T, "float16"))) for name in EVERY],
    *[(rf"{name}: got int where a tensor is needed", DtypeError, lambda T, f=name: getattr(T.linalg, f)(2))
      for name in EVERY],
    *[(rf"{name}: shape \(2, 3\); needs square", ShapeError, lambda T, f=name: getattr(T.linalg, f)(zeros(T, 2, 3)))
      for name in SQUARE],
    *[(rf"{name}: .*did not converge", LinAlgError, lambda T, f=name: getattr(T.linalg, f)(m(T) * float("nan")))
      for name in ("svd", "svdvals", "cond")],
    (r"logdet: shape \(2, 3\)", ShapeError, lambda T: T.logdet(zeros(T, 2, 3))),
    (r"eigh: UPLO 1; needs 'L' or 'U'", ArgumentError, lambda T: T.linalg.eigh(m(T), UPLO=1)),
    (r"eigvalsh: UPLO 'X'; needs 'L' or 'U'", ArgumentError, lambda T: T.linalg.eigvalsh(m(T), UPLO="X")),
    (r"qr: mode 'full'", ArgumentError, lambda T: T.linalg.qr(m(T), mode="full")),
    (r"svd: driver 'gesvd'", ArgumentError, lambda T: T.linalg.svd(m(T), driver="gesvd")),
    (r"svdvals: driver 'gesvd'", ArgumentError, lambda T: T.linalg.svdvals(m(T), driver="gesvd")),
    (r"inv: the matrix is singular, .* \(at diagonal element 2\)", LinAlgError, lambda T: T.linalg.inv(ones(T, 2, 2))),
    (r"inv: matrix \(1,\) of the batch: the matrix is singular", LinAlgError,
     lambda T: T.linalg.inv(T.stack([eye(T), ones(T, 2, 2)]))),
    (r"inv_ex: the matrix is singular", LinAlgError, lambda T: T.linalg.inv_ex(ones(T, 2, 2), check_errors=True)),
    (r"matrix_power: n 1.5; needs a whole number", DtypeError, lambda T: T.linalg.matrix_power(m(T), 1.5)),
    (r"matrix_power: shape \(2, 3\)", ShapeError, lambda T: T.linalg.matrix_power(zeros(T, 2, 3), 2)),
    (r"matrix_power: got int64", DtypeError, lambda T: T.linalg.matrix_power(eye(T, "int64"), -1)),
    (r"matrix_power: got booleans", DtypeError, lambda T: T.linalg.matrix_power(m(T) > 0, 2)),
    (r"inv: the matrix is singular", LinAlgError, lambda T: T.linalg.matrix_power(m(T), -2)),
    (r"solve: A \(2, 2\) and B \(3, 1\) do not fit", ShapeError, lambda T: T.linalg.solve(m(T), zeros(T, 3, 1))),
    (r"solve: A \(2, 2\) and B \(2, 3\) do not", ShapeError,
     lambda T: T.linalg.solve(m(T), zeros(T, 2, 3), left=False)),
    (r"solve: the batches of \(2, 2, 2\) and \(3, 2, 1\)", ShapeError,
     lambda T: T.linalg.solve(zeros(T, 2, 2, 2), zeros(T, 3, 2, 1))),
    (r"solve: float32 and float64", DtypeError, lambda T: T.linalg.solve(eye(T), doubles(T, 2))),
    (r"solve: A \(2, 2\) and B \(\)", ShapeError, lambda T: T.linalg.solve(eye(T), zeros(T))),
    (r"solve: got int where", DtypeError, lambda T: T.linalg.solve(eye(T), 2)),
    (r"solve: the matrix is singular, .* element 1", LinAlgError, lambda T: T.linalg.solve(m(T), v(T))),
    (r"solve_ex: the matrix is singular", LinAlgError,
     lambda T: T.linalg.solve_ex(ones(T, 2, 2), v(T), check_errors=True)),
    (r"cholesky: the matrix is not positive definite \(at diagonal element 1\)", LinAlgError,
     lambda T: T.linalg.cholesky(-eye(T))),
    (r"cholesky: matrix \(1,\) of the batch", LinAlgError, lambda T: T.linalg.cholesky(T.stack([eye(T), -eye(T)]))),
    (r"cholesky_ex: the matrix is not", LinAlgError, lambda T: T.linalg.cholesky_ex(-eye(T), check_errors=True)),
    (r"lu_factor: pivot=False", ArgumentError, lambda T: T.linalg.lu_factor(eye(T), pivot=False)),
    (r"lu_factor_ex: U has a zero", LinAlgError, lambda T: T.linalg.lu_factor_ex(ones(T, 2, 2), check_errors=True)),
    (r"lu_unpack: pivots int64\(2,\)", ShapeError, lambda T: T.lu_unpack(eye(T), wholes(T, 2))),
    (r"lu_unpack: pivots from 0 to 1; needs rows from 1 to 2", ArgumentError,
     lambda T: T.lu_unpack(eye(T), pivots(T, 0, 1))),
    (r"lu_unpack: pivots from 2 to 7; needs rows from 1 to 2", ArgumentError,
     lambda T: T.lu_unpack(eye(T), pivots(T, 7, 2))),
    (r"lu_solve: pivots from 0 to 0", ArgumentError,
     lambda T: T.linalg.lu_solve(eye(T), pivots(T, 0, 0), zeros(T, 2, 1))),
    (r"lu_solve: pivots of int64; needs int32", DtypeError,
     lambda T: T.linalg.lu_solve(eye(T), wholes(T, 2), zeros(T, 2, 1))),
    (r"lu_solve: LU \(2, 2\), pivots \(2,\), B \(3, 1\)", ShapeError,
     lambda T: T.linalg.lu_solve(eye(T), pivots(T, 1, 2), zeros(T, 3, 1))),
    (r"lu_solve: the batches", ShapeError,
     lambda T: T.linalg.lu_solve(zeros(T, 2, 2, 2), T.stack([pivots(T, 1, 2)] * 2), zeros(T, 3, 2, 1))),
    *[(rf"{name}: {said}", kind, lambda T, f=f, a=a, b=b: f(T, a(T), b(T)))
      for name, f in (
          ("solve_triangular", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True)),
          ("triangular_solve", lambda T, a, b: T.triangular_solve(b, a)),
          ("cholesky_solve", lambda T, a, b: T.cholesky_solve(b, a)),
      )
      for said, kind, a, b in (
          (r"A \(2, 2\) and B \(3, 1\) do not fit", ShapeError, m, lambda T: zeros(T, 3, 1)),
          (r"shape \(2,\); needs matrices", ShapeError, m, v),
          (r"shape \(2, 3\); needs square", ShapeError, lambda T: zeros(T, 2, 3), lambda T: zeros(T, 2, 1)),
          (r"the batches of \(2, 2, 2\)", ShapeError, lambda T: zeros(T, 2, 2, 2), lambda T: zeros(T, 3, 2, 1)),
          (r"got int64", DtypeError, lambda T: wholes(T, 2, 2), lambda T: wholes(T, 2, 1)),
      )],
    (r"cholesky_inverse: the factor is singular \(at diagonal element 1\)", LinAlgError,
     lambda T: T.cholesky_inverse(m(T))),
    (r"householder_product: A \(2, 3\); needs at least as many rows", ShapeError,
     lambda T: T.linalg.householder_product(zeros(T, 2, 3), v(T))),
    (r"householder_product: A \(3, 2\) and tau \(3,\)", ShapeError,
     lambda T: T.linalg.householder_product(zeros(T, 3, 2), zeros(T, 3))),
    (r"ormqr: input \(3, 2\) and other \(2, 2\)", ShapeError, lambda T: T.ormqr(zeros(T, 3, 2), v(T), m(T))),
    (r"ormqr: input \(1, 3, 2\) and other \(2, 3, 2\)", ShapeError,
     lambda T: T.ormqr(zeros(T, 1, 3, 2), zeros(T, 1, 2), zeros(T, 2, 3, 2))),
    (r"geqrf: shape \(2,\)", ShapeError, lambda T: T.geqrf(v(T))),
    (r"pinv: shape \(2, 3\); needs square", ShapeError, lambda T: T.linalg.pinv(zeros(T, 2, 3), hermitian=True)),
    (r"matrix_rank: shape \(2, 3\)", ShapeError, lambda T: T.linalg.matrix_rank(zeros(T, 2, 3), hermitian=True)),
    (r"lstsq: driver 'x'; needs one of", ArgumentError, lambda T: T.linalg.lstsq(m(T), m(T), driver="x")),
    (r"lstsq: A \(2, 2\) and B \(3, 1\)", ShapeError, lambda T: T.linalg.lstsq(m(T), zeros(T, 3, 1))),
    (r"lstsq: the batches", ShapeError, lambda T: T.linalg.lstsq(zeros(T, 2, 2, 2), zeros(T, 4, 2, 1))),
    (r"tensorinv: ind 0 of shape \(2, 2\)", ShapeError, lambda T: T.linalg.tensorinv(m(T), ind=0)),
    (r"tensorinv: ind 1 of shape \(2, 3\)", ShapeError, lambda T: T.linalg.tensorinv(zeros(T, 2, 3), ind=1)),
    (r"tensorinv: got int64", DtypeError, lambda T: T.linalg.tensorinv(wholes(T, 2, 2), ind=1)),
    (r"tensorsolve: A \(2, 3\) for B \(2,\)", ShapeError, lambda T: T.linalg.tensorsolve(zeros(T, 2, 3), v(T))),
    (r"tensorsolve: dim 5", ShapeError, lambda T: T.linalg.tensorsolve(eye(T), v(T), dims=(5,))),
    (r"tensorsolve: float32 and float64", DtypeError, lambda T: T.linalg.tensorsolve(eye(T), doubles(T, 2))),
    (r"vander: N 1 for shape \(2,\)", ArgumentError, lambda T: T.linalg.vander(v(T), N=1)),
]  # fmt: skip

NORMS = [
    (r"vector_norm: got int64, needs a floating", DtypeError, lambda T: T.linalg.vector_norm(wholes(T, 2))),
    (r"vector_norm: got int64", DtypeError, lambda T: T.linalg.vector_norm(wholes(T, 2), dtype=T.float32)),
    (r"vector_norm: dtype float32 for float64; needs", DtypeError,
     lambda T: T.linalg.vector_norm(doubles(T, 2), dtype=T.float32)),
    (r"vector_norm: dim 1 of a tensor", ShapeError, lambda T: T.linalg.vector_norm(v(T), dim=1)),
    (r"vector_norm: ord 'fro'; needs a number", ArgumentError, lambda T: T.linalg.vector_norm(v(T), "fro")),
    (r"vector_norm: ord inf of no elements", ShapeError, lambda T: T.linalg.vector_norm(zeros(T, 0), float("inf"))),
    (r"vector_norm: ord -1 of no elements", ShapeError, lambda T: T.linalg.vector_norm(zeros(T, 2, 0), -1, dim=1)),
    (r"matrix_norm: dim \(-2, -1\) of shape \(2,\)", ShapeError, lambda T: T.linalg.matrix_norm(v(T))),
    (r"matrix_norm: dim 1 of shape \(2, 2, 2\); needs two", ShapeError,
     lambda T: T.linalg.matrix_norm(zeros(T, 2, 2, 2), dim=1)),
    (r"matrix_norm: dims \(0, -2\) are the same", ArgumentError, lambda T: T.linalg.matrix_norm(m(T), dim=(0, -2))),
    (r"matrix_norm: ord 3; needs 'fro'", ArgumentError, lambda T: T.linalg.matrix_norm(m(T), 3)),
    (r"matrix_norm: ord -1 of matrices without elements", ShapeError,
     lambda T: T.linalg.matrix_norm(zeros(T, 2, 0), -1)),
    (r"matrix_norm: ord -2 of matrices without elements", ShapeError,
     lambda T: T.linalg.matrix_norm(zeros(T, 0, 2), -2)),
    (r"matrix_norm: got float16", DtypeError, lambda T: T.linalg.matrix_norm(eye(T, "float16"), "nuc")),
    (r"norm: ord 2 without dim of shape \(2, 2, 2\)", ShapeError, lambda T: T.linalg.norm(zeros(T, 2, 2, 2), 2)),
    (r"norm: dim \(0, 1, 2\); needs 1 or 2", ShapeError, lambda T: T.linalg.norm(zeros(T, 2, 2, 2), dim=(0, 1, 2))),
    (r"norm: dim \(-2, -1\) of shape \(2,\)", ShapeError, lambda T: T.linalg.norm(v(T), "fro")),
    (r"norm: ord 'foo'", ArgumentError, lambda T: T.linalg.norm(m(T), "foo")),
    (r"norm: p 'foo'; needs a number, 'fro' or 'nuc'", ArgumentError, lambda T: T.norm(m(T), "foo")),
    (r"norm: p 'fro' over dim \(0, 1, 2\)", ShapeError, lambda T: T.norm(zeros(T, 2, 2, 2), "fro", dim=(0, 1, 2))),
    (r"norm: dim \(0, 1, 2\) of shape", ShapeError, lambda T: T.norm(zeros(T, 2, 2, 2), "nuc")),
    (r"norm: got int64", DtypeError, lambda T: T.norm(wholes(T, 2))),
    (r"cond: ord 3; needs", ArgumentError, lambda T: T.linalg.cond(eye(T), 3)),
    (r"cond: shape \(2, 3\); needs square", ShapeError, lambda T: T.linalg.cond(zeros(T, 2, 3), "fro")),
    (r"renorm: p 2, maxnorm 1.0, shape \(2,\)", ArgumentError, lambda T: T.renorm(v(T), 2, 0, 1.0)),
    (r"renorm: p 0, maxnorm", ArgumentError, lambda T: T.renorm(m(T), 0, 0, 1.0)),
    (r"renorm: p 2, maxnorm -1.0", ArgumentError, lambda T: T.renorm(m(T), 2, 0, -1.0)),
    (r"renorm: dim 2 of a tensor", ShapeError, lambda T: T.renorm(m(T), 2, 2, 1.0)),
    (r"renorm: got int64", DtypeError, lambda T: T.renorm(wholes(T, 2, 2), 2, 0, 1.0)),
    (r"dist: \(2,\) and \(3,\) do not broadcast", ShapeError, lambda T: T.dist(v(T), zeros(T, 3))),
    (r"dist: got int64", DtypeError, lambda T: T.dist(wholes(T, 2), wholes(T, 2))),
    (r"cdist: \(2,\) and \(2, 2\); needs \(\.\.\., n, d\)", ShapeError, lambda T: T.cdist(v(T), m(T))),
    (r"cdist: \(2, 3\) and \(2, 2\)", ShapeError, lambda T: T.cdist(zeros(T, 2, 3), m(T))),
    (r"cdist: p -1; needs at least 0", ArgumentError, lambda T: T.cdist(m(T), m(T), -1)),
    (r"cdist: compute_mode 'fast'; needs one of", ArgumentError, lambda T: T.cdist(m(T), m(T), 2, "fast")),
    (r"cdist: got int64", DtypeError, lambda T: T.cdist(wholes(T, 2, 2), wholes(T, 2, 2))),
    (r"cdist: float32 and float64", DtypeError, lambda T: T.cdist(m(T), doubles(T, 2, 2))),
    (r"cdist: the batches", ShapeError, lambda T: T.cdist(zeros(T, 2, 2, 2), zeros(T, 3, 2, 2))),
    (r"pdist: shape \(2,\)", ShapeError, lambda T: T.pdist(v(T))),
    (r"pdist: got int64", DtypeError, lambda T: T.pdist(wholes(T, 2, 2))),
    (r"pairwise_distance: \(2, 2\) and \(3,\)", ShapeError, lambda T: T.pairwise_distance(m(T), zeros(T, 3))),
    (r"cosine_similarity: int64 and int64", DtypeError,
     lambda T: T.cosine_similarity(wholes(T, 2, 2), wholes(T, 2, 2))),
    (r"cosine_similarity: dim 1 of a tensor", ShapeError, lambda T: T.cosine_similarity(v(T), v(T))),
    (r"cosine_similarity: \(2, 2\) and \(2, 3\)", ShapeError, lambda T: T.cosine_similarity(m(T), zeros(T, 2, 3))),
    (r"normalize: got int64", DtypeError, lambda T: T.nn.functional.normalize(wholes(T, 2, 2))),
    (r"normalize: dim 1 of a tensor", ShapeError, lambda T: T.nn.functional.normalize(v(T))),
]  # fmt: skip

REFUSED = PRODUCTS + EINSUM + MATRICES + NORMS


@pytest.mark.parametrize(("message", "error", "program"), REFUSED)
def test_refusals(message, error, program):
    with pytest.raises(error, match=f"^{message}"):
        program(minidl)


def test_arrays_are_taken_and_given():
    a = np.eye(3)[::-1]
    for result in (minidl.matmul(a, a), minidl.linalg.inv(a), minidl.linalg.det(a), minidl.einsum("ij->ji", a)):
        assert type(result) is np.ndarray
    np.testing.assert_array_equal(minidl.linalg.inv(a), a.T)


def test_a_singular_matrix_among_others_is_named():
    batch = minidl.eye(2).repeat(2, 3, 1, 1)
    batch[1, 2] = 0.0
    with pytest.raises(LinAlgError, match=r"^inv: matrix \(1, 2\) of the batch"):
        minidl.linalg.inv(batch)
    inverse, info = minidl.linalg.inv_ex(batch)
    assert info.tolist() == [[0, 0, 0], [0, 0, 1]]
    assert minidl.isfinite(inverse[:, :2]).all() and not minidl.isfinite(inverse[1, 2]).any()
