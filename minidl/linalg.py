"""The namespace `minidl.linalg`: linear algebra under the names of torch.linalg."""

from .ops.decomposition import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .ops.diagonal import matrix_diagonal as diagonal
from .ops.linalg import matmul
from .ops.norms import cond, matrix_norm, vector_norm
from .ops.norms import linalg_norm as norm
from .ops.products import linalg_cross as cross
from .ops.products import matrix_power, multi_dot, vecdot
from .ops.solving import (
    det,
    inv,
    inv_ex,
    matrix_exp,
    matrix_rank,
    pinv,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
    vander,
)
