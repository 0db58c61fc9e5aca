"""BLAS inside jitted code: SciPy's sgemm and dgemm, called by address.

`np.dot` in jitted code reaches the same functions, but neither adds to its output nor writes into part of a matrix.
"""

from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic

from .jit import serial

_AS_IS, _TURNED = ord("N"), ord("T")
_GEMM = {types.float32: "sgemm", types.float64: "dgemm"}

for _name in _GEMM.values():
    binding.add_symbol(f"minidl_{_name}", get_cython_function_address("scipy.linalg.cython_blas", _name))


def _typed(_: Any, flags: Any, sizes: Any, factors: Any, a: Any, b: Any, c: Any) -> Any:
    """Fortran's gemm on the data of arrays.

    flags 'N' or 'T' as bytes, sizes (m, n, k, lda, ldb, ldc), factors (alpha, beta)
    """
    real = c.dtype

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flags, sizes, factors, *arrays = arguments
        byte, integer = ir.IntType(8), ir.IntType(32)

        def at(value: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), byte.as_pointer())

        m, n, k, lda, ldb, ldc = (at(builder.trunc(s, integer)) for s in cgutils.unpack_tuple(builder, sizes))
        a_flag, b_flag = (at(builder.trunc(f, byte)) for f in cgutils.unpack_tuple(builder, flags))
        alpha, beta = (at(f) for f in cgutils.unpack_tuple(builder, factors))
        a_data, b_data, c_data = (
            builder.bitcast(context.make_array(kind)(context, builder, value).data, byte.as_pointer())
            for kind, value in zip(signature.args[3:], arrays, strict=True)
        )
        call = [a_flag, b_flag, m, n, k, alpha, a_data, lda, b_data, ldb, beta, c_data, ldc]
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer()] * len(call))
        builder.call(cgutils.get_or_insert_function(builder.module, kind, f"minidl_{_GEMM[real]}"), call)
        return context.get_dummy_value()

    two, six, reals = types.UniTuple(types.int64, 2), types.UniTuple(types.int64, 6), types.UniTuple(real, 2)
    return types.void(two, six, reals, a, b, c), emit


_gemm: Any = intrinsic(_typed)


@serial
def multiply(a, b, beta, c):
    """c = a @ b + beta * c.  Each matrix has unit stride along one axis; c along its rows."""
    real = c.dtype.type
    size = c.itemsize
    a_turned = a.strides[1] != size and a.shape[1] > 1
    b_turned = b.strides[1] != size and b.shape[1] > 1
    lda = max(a.strides[0 if not a_turned else 1] // size, a.shape[1 if not a_turned else 0], 1)
    ldb = max(b.strides[0 if not b_turned else 1] // size, b.shape[1 if not b_turned else 0], 1)
    ldc = max(c.strides[0] // size, c.shape[1], 1)
    # Fortran reads matrices by columns, so it sees each of them transposed: c.T = b.T @ a.T
    flags = _TURNED if b_turned else _AS_IS, _TURNED if a_turned else _AS_IS
    _gemm(flags, (c.shape[1], c.shape[0], a.shape[1], ldb, lda, ldc), (real(1), real(beta)), b, a, c)
