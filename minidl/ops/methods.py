"""Operators as a tensor's methods: `x.exp()` is `exp(x)`.  Tensor inherits them."""

from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..random import Generator, numpy_generator
from . import activation, arithmetic, comparison, elementwise, indexing, inplace, linalg, reduction, shape
from .elementwise import astype


class Methods(Variable):
    """The operators, one line each."""

    __slots__ = ()

    # --- arithmetic: assigned, not wrapped, since every Python frame counts here --------------------------------------

    __add__ = arithmetic.add
    __sub__ = arithmetic.sub
    __mul__ = arithmetic.mul
    __truediv__ = arithmetic.div
    __floordiv__ = arithmetic.floor_divide
    __mod__ = arithmetic.remainder
    __pow__ = arithmetic.pow
    __matmul__ = linalg.matmul
    __neg__ = arithmetic.neg
    __abs__ = elementwise.abs
    __eq__ = comparison.eq
    __ne__ = comparison.ne
    __lt__ = comparison.lt
    __le__ = comparison.le
    __gt__ = comparison.gt
    __ge__ = comparison.ge
    __and__ = comparison.bitwise_and
    __or__ = comparison.bitwise_or
    __xor__ = comparison.bitwise_xor
    __invert__ = comparison.bitwise_not
    __getitem__ = indexing.getitem
    __setitem__ = inplace.setitem
    __radd__ = arithmetic.add
    __rand__ = comparison.bitwise_and
    __ror__ = comparison.bitwise_or
    __rxor__ = comparison.bitwise_xor
    __rmul__ = arithmetic.mul

    def __rsub__(self, other: Any) -> Any:
        return arithmetic.sub(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.div(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return arithmetic.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Any:
        return arithmetic.remainder(other, self)

    def __rpow__(self, other: Any) -> Any:
        return arithmetic.pow(other, self)

    def __rmatmul__(self, other: Any) -> Any:
        return linalg.matmul(other, self)

    # --- in place -----------------------------------------------------------------------------------------------------

    def add_(self, other: Any, *, alpha: float = 1) -> Any:
        return inplace.update(self, arithmetic.add, other if alpha == 1 else other * alpha)

    def sub_(self, other: Any, *, alpha: float = 1) -> Any:
        return inplace.update(self, arithmetic.sub, other if alpha == 1 else other * alpha)

    def mul_(self, other: Any) -> Any:
        return inplace.update(self, arithmetic.mul, other)

    def div_(self, other: Any) -> Any:
        return inplace.update(self, arithmetic.div, other)

    def pow_(self, exponent: Any) -> Any:
        return inplace.update(self, arithmetic.pow, exponent)

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        return inplace.update(self, comparison.clip, min, max)

    def relu_(self) -> Any:
        return inplace.update(self, activation.relu)

    def exp_(self) -> Any:
        return inplace.update(self, elementwise.exp)

    def neg_(self) -> Any:
        return inplace.update(self, arithmetic.neg)

    copy_ = inplace.copy_
    fill_ = inplace.copy_

    def zero_(self) -> Any:
        return inplace.copy_(self, 0)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
        return inplace.copy_(self, numpy_generator(generator).normal(mean, std, self.array.shape))

    def uniform_(self, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Any:
        return inplace.copy_(self, numpy_generator(generator).uniform(low, high, self.array.shape))

    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_
    __ipow__ = pow_

    # --- elementwise --------------------------------------------------------------------------------------------------

    def add(self, other: Any, *, alpha: float = 1) -> Any:
        return arithmetic.add(self, other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Any:
        return arithmetic.sub(self, other if alpha == 1 else other * alpha)

    mul = arithmetic.mul
    div = arithmetic.div
    maximum = comparison.maximum
    minimum = comparison.minimum
    remainder = arithmetic.remainder
    floor_divide = arithmetic.floor_divide
    eq = comparison.eq
    ne = comparison.ne
    lt = comparison.lt
    le = comparison.le
    gt = comparison.gt
    ge = comparison.ge
    pow = arithmetic.pow
    neg = arithmetic.neg
    abs = elementwise.abs
    sign = elementwise.sign
    square = elementwise.square
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    reciprocal = elementwise.reciprocal
    exp = elementwise.exp
    log = elementwise.log
    log1p = elementwise.log1p
    expm1 = elementwise.expm1
    sin = elementwise.sin
    cos = elementwise.cos
    isnan = comparison.isnan
    isfinite = elementwise.isfinite
    clone = elementwise.clone
    clamp = comparison.clamp
    clip = comparison.clamp

    def where(self, condition: Any, other: Any) -> Any:
        return comparison.where(condition, self, other)

    def type_as(self, other: Any) -> Any:
        return astype(self, other.dtype)

    # --- activations --------------------------------------------------------------------------------------------------

    tanh = activation.tanh
    sigmoid = activation.sigmoid
    relu = activation.relu
    logsigmoid = activation.logsigmoid
    softmax = activation.softmax
    log_softmax = activation.log_softmax
    # --- reductions ---------------------------------------------------------------------------------------------------

    sum = reduction.sum
    mean = reduction.mean
    var = reduction.var
    std = reduction.std
    amax = reduction.amax
    amin = reduction.amin
    max = reduction.max
    min = reduction.min
    argmax = reduction.argmax
    argmin = reduction.argmin
    all = reduction.all
    any = reduction.any
    logsumexp = reduction.logsumexp
    # --- shape --------------------------------------------------------------------------------------------------------

    reshape = shape.reshape
    view = shape.view
    permute = shape.permute
    expand = shape.expand
    flatten = shape.flatten
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    transpose = shape.transpose
    t = shape.t
    contiguous = shape.contiguous
    narrow = shape.narrow
    split = shape.split
    chunk = shape.chunk
    unbind = shape.unbind

    def flip(self, *dims: Any) -> Any:
        return shape.flip(self, shape.size_of(dims))

    def view_as(self, other: Any) -> Any:
        return shape.view(self, *other.shape)

    def expand_as(self, other: Any) -> Any:
        return shape.expand(self, *other.shape)

    @property
    def T(self) -> Any:  # noqa: N802 - PyTorch's name
        """The dimensions in reverse order."""
        return shape.permute(self, tuple(reversed(range(self.array.ndim))))

    @property
    def mT(self) -> Any:  # noqa: N802 - PyTorch's name
        """The last two dimensions exchanged."""
        return shape.matrix_transpose(self)

    # --- selection and products ---------------------------------------------------------------------------------------

    gather = indexing.gather
    matmul = linalg.matmul
    mm = linalg.mm
    dot = linalg.dot


OPERATORS = {
    "add": arithmetic.add,
    "subtract": arithmetic.sub,
    "multiply": arithmetic.mul,
    "divide": arithmetic.div,
    "floor_divide": arithmetic.floor_divide,
    "remainder": arithmetic.remainder,
    "power": arithmetic.pow,
    "matmul": linalg.matmul,
    "maximum": comparison.maximum,
    "minimum": comparison.minimum,
    "equal": comparison.eq,
    "not_equal": comparison.ne,
    "less": comparison.lt,
    "less_equal": comparison.le,
    "greater": comparison.gt,
    "greater_equal": comparison.ge,
}
"""NumPy's ufuncs that have an operator here: `array + tensor` reaches Tensor by these names."""
