"""The namespace `minidl.linalg`: linear algebra under the names of torch.linalg."""

from .autograd.out import let_take_out
from .errors import LinAlgError
from .namespace import LINALG_TAKES_OUT
from .ops.decomposition import cholesky, cholesky_ex, eigh, eigvalsh, qr, svd, svdvals
from .ops.determinant import det, slogdet
from .ops.diagonal import matrix_diagonal as diagonal
from .ops.householder import householder_product
from .ops.ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.linalg import matmul
from .ops.lu import lu, lu_factor, lu_factor_ex, lu_solve
from .ops.norms import cond, matrix_norm, vector_norm
from .ops.norms import linalg_norm as norm
from .ops.products import linalg_cross as cross
from .ops.products import multi_dot, vecdot
from .ops.pseudoinverse import lstsq, matrix_rank, pinv
from .ops.solving import inv, inv_ex, matrix_exp, matrix_power, solve, solve_ex, tensorinv, tensorsolve
from .ops.solving import linalg_vander as vander
from .ops.triangular import solve_triangular

let_take_out(globals(), LINALG_TAKES_OUT)
