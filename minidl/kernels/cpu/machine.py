"""What the vector registers are like for which numba compiles: those of this machine, or of the one it is told.

    NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES= python ...

runs as on a machine with AVX2; the empty features stand for those that the processor of that name has.
"""

from __future__ import annotations

from llvmlite import binding, ir
from numba.core import config
from numba.core.registry import cpu_target

_X86 = binding.get_default_triple().startswith(("x86_64", "i"))


def _of_this_machine() -> int:
    features = binding.get_host_cpu_features() if _X86 else {}  # LLVM does not know them of every processor
    return 64 if features.get("avx512f") else 32 if features.get("avx") else 16


def _of_the_target() -> int:
    """Read off the instructions that LLVM chooses for 64 bytes, since llvmlite does not list what a name stands for."""
    code = cpu_target.target_context.codegen()
    module = ir.Module()
    module.triple, module.data_layout = code._llvm_module.triple, code._data_layout
    vector = ir.VectorType(ir.FloatType(), 16)
    builder = ir.IRBuilder(ir.Function(module, ir.FunctionType(vector, [vector] * 2), "add").append_basic_block())
    builder.ret(builder.fadd(*builder.function.args))
    instructions = code._tm.emit_assembly(binding.parse_assembly(str(module)))
    return 64 if "zmm" in instructions else 32 if "ymm" in instructions else 16


_told = config.CPU_NAME is not None or config.CPU_FEATURES is not None or not config.ENABLE_AVX

VECTOR_BYTES = _of_the_target() if _told else _of_this_machine()

REGISTERS = 16 if _X86 and VECTOR_BYTES < 64 else 32
"""Of vectors: 16 with SSE and AVX, 32 with AVX-512 and NEON."""
