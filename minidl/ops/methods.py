"""Operators as a tensor's methods: `x.exp()` is `exp(x)`.  Tensor inherits them."""
from __future__ import annotations

from typing import Any

from ..autograd.graph import Variable
from ..random import Generator, numpy_generator
from . import activation, elementwise, indexing, inplace, linalg, reduction, shape
from .elementwise import astype
from .reduction import Dim


class Methods(Variable):
    """The operators, one line each."""

    __slots__ = ()

    # --- arithmetic: assigned, not wrapped, since every Python frame counts here -----------------------------------

    __add__ = elementwise.add
    __sub__ = elementwise.sub
    __mul__ = elementwise.mul
    __truediv__ = elementwise.div
    __floordiv__ = elementwise.floor_divide
    __mod__ = elementwise.remainder
    __pow__ = elementwise.pow
    __matmul__ = linalg.matmul
    __neg__ = elementwise.neg
    __abs__ = elementwise.abs
    __eq__ = elementwise.eq
    __ne__ = elementwise.ne
    __lt__ = elementwise.lt
    __le__ = elementwise.le
    __gt__ = elementwise.gt
    __ge__ = elementwise.ge
    __and__ = elementwise.bitwise_and
    __or__ = elementwise.bitwise_or
    __xor__ = elementwise.bitwise_xor
    __invert__ = elementwise.bitwise_not
    __getitem__ = indexing.getitem
    __setitem__ = inplace.setitem
    __radd__ = elementwise.add
    __rmul__ = elementwise.mul

    def __rsub__(self, other: Any) -> Any:
        return elementwise.sub(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return elementwise.div(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return elementwise.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Any:
        return elementwise.remainder(other, self)

    def __rpow__(self, other: Any) -> Any:
        return elementwise.pow(other, self)

    def __rmatmul__(self, other: Any) -> Any:
        return linalg.matmul(other, self)

    # --- in place --------------------------------------------------------------------------------------------------

    def add_(self, other: Any, *, alpha: float = 1) -> Any:
        return inplace.update(self, elementwise.add, other if alpha == 1 else other * alpha)

    def sub_(self, other: Any, *, alpha: float = 1) -> Any:
        return inplace.update(self, elementwise.sub, other if alpha == 1 else other * alpha)

    def mul_(self, other: Any) -> Any:
        return inplace.update(self, elementwise.mul, other)

    def div_(self, other: Any) -> Any:
        return inplace.update(self, elementwise.div, other)

    def pow_(self, exponent: Any) -> Any:
        return inplace.update(self, elementwise.pow, exponent)

    def clamp_(self, min: Any = None, max: Any = None) -> Any:
        return inplace.update(self, elementwise.clip, min, max)

    def relu_(self) -> Any:
        return inplace.update(self, activation.relu)

    def exp_(self) -> Any:
        return inplace.update(self, elementwise.exp)

    def neg_(self) -> Any:
        return inplace.update(self, elementwise.neg)

    def copy_(self, source: Any) -> Any:
        return inplace.copy_(self, source)

    def fill_(self, value: Any) -> Any:
        return inplace.copy_(self, value)

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

    # --- elementwise -------------------------------------------------------------------------------------------------

    def add(self, other: Any, *, alpha: float = 1) -> Any:
        return elementwise.add(self, other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Any:
        return elementwise.sub(self, other if alpha == 1 else other * alpha)

    def mul(self, other: Any) -> Any:
        return elementwise.mul(self, other)

    def div(self, other: Any) -> Any:
        return elementwise.div(self, other)

    def maximum(self, other: Any) -> Any:
        return elementwise.maximum(self, other)

    def minimum(self, other: Any) -> Any:
        return elementwise.minimum(self, other)

    def remainder(self, other: Any) -> Any:
        return elementwise.remainder(self, other)

    def floor_divide(self, other: Any) -> Any:
        return elementwise.floor_divide(self, other)

    def eq(self, other: Any) -> Any:
        return elementwise.eq(self, other)

    def ne(self, other: Any) -> Any:
        return elementwise.ne(self, other)

    def lt(self, other: Any) -> Any:
        return elementwise.lt(self, other)

    def le(self, other: Any) -> Any:
        return elementwise.le(self, other)

    def gt(self, other: Any) -> Any:
        return elementwise.gt(self, other)

    def ge(self, other: Any) -> Any:
        return elementwise.ge(self, other)

    def pow(self, exponent: Any) -> Any:
        return elementwise.pow(self, exponent)

    def neg(self) -> Any:
        return elementwise.neg(self)

    def abs(self) -> Any:
        return elementwise.abs(self)

    def sign(self) -> Any:
        return elementwise.sign(self)

    def square(self) -> Any:
        return elementwise.square(self)

    def sqrt(self) -> Any:
        return elementwise.sqrt(self)

    def rsqrt(self) -> Any:
        return elementwise.rsqrt(self)

    def reciprocal(self) -> Any:
        return elementwise.reciprocal(self)

    def exp(self) -> Any:
        return elementwise.exp(self)

    def log(self) -> Any:
        return elementwise.log(self)

    def log1p(self) -> Any:
        return elementwise.log1p(self)

    def expm1(self) -> Any:
        return elementwise.expm1(self)

    def sin(self) -> Any:
        return elementwise.sin(self)

    def cos(self) -> Any:
        return elementwise.cos(self)

    def isnan(self) -> Any:
        return elementwise.isnan(self)

    def isfinite(self) -> Any:
        return elementwise.isfinite(self)

    def clone(self) -> Any:
        return elementwise.clone(self)

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        return elementwise.clamp(self, min, max)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return elementwise.clamp(self, min, max)

    def where(self, condition: Any, other: Any) -> Any:
        return elementwise.where(condition, self, other)

    def type_as(self, other: Any) -> Any:
        return astype(self, other.dtype)

    # --- activations -------------------------------------------------------------------------------------------------

    def tanh(self) -> Any:
        return activation.tanh(self)

    def sigmoid(self) -> Any:
        return activation.sigmoid(self)

    def relu(self) -> Any:
        return activation.relu(self)

    def logsigmoid(self) -> Any:
        return activation.logsigmoid(self)

    def softmax(self, dim: int) -> Any:
        return activation.softmax(self, dim)

    def log_softmax(self, dim: int) -> Any:
        return activation.log_softmax(self, dim)

    # --- reductions --------------------------------------------------------------------------------------------------

    def sum(self, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None, **numpy_words: Any) -> Any:
        return reduction.sum(self, **({"dim": dim, "keepdim": keepdim} | numpy_words), dtype=dtype)

    def mean(self, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None, **numpy_words: Any) -> Any:
        return reduction.mean(self, **({"dim": dim, "keepdim": keepdim} | numpy_words), dtype=dtype)

    def var(
        self, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: int | None = None,
        **numpy_words: Any,
    ) -> Any:
        words = {"dim": dim, "keepdim": keepdim} | numpy_words
        return reduction.var(self, unbiased=unbiased, correction=correction, **words)

    def std(
        self, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: int | None = None,
        **numpy_words: Any,
    ) -> Any:
        words = {"dim": dim, "keepdim": keepdim} | numpy_words
        return reduction.std(self, unbiased=unbiased, correction=correction, **words)

    def amax(self, dim: Dim = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.amax(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def amin(self, dim: Dim = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.amin(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def max(self, dim: Any = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.max(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def min(self, dim: Any = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.min(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def argmax(self, dim: int | None = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.argmax(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def argmin(self, dim: int | None = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.argmin(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def all(self, dim: Dim = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.all(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def any(self, dim: Dim = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.any(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    def logsumexp(self, dim: Dim = None, keepdim: bool = False, **numpy_words: Any) -> Any:
        return reduction.logsumexp(self, **({"dim": dim, "keepdim": keepdim} | numpy_words))

    # --- shape -------------------------------------------------------------------------------------------------------

    def reshape(self, *shape_: Any) -> Any:
        return shape.reshape(self, *shape_)

    def view(self, *shape_: Any) -> Any:
        return shape.view(self, *shape_)

    def permute(self, *dims: Any) -> Any:
        return shape.permute(self, *dims)

    def expand(self, *sizes: Any) -> Any:
        return shape.expand(self, *sizes)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        return shape.flatten(self, start_dim, end_dim)

    def squeeze(self, dim: Any = None) -> Any:
        return shape.squeeze(self, dim)

    def unsqueeze(self, dim: int) -> Any:
        return shape.unsqueeze(self, dim)

    def transpose(self, dim0: int, dim1: int) -> Any:
        return shape.transpose(self, dim0, dim1)

    def t(self) -> Any:
        return shape.t(self)

    def contiguous(self) -> Any:
        return shape.contiguous(self)

    def narrow(self, dim: int, start: int, length: int) -> Any:
        return shape.narrow(self, dim, start, length)

    def split(self, split_size: Any, dim: int = 0) -> Any:
        return shape.split(self, split_size, dim)

    def chunk(self, chunks: int, dim: int = 0) -> Any:
        return shape.chunk(self, chunks, dim)

    def unbind(self, dim: int = 0) -> Any:
        return shape.unbind(self, dim)

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

    # --- selection and products ----------------------------------------------------------------------------------------

    def gather(self, dim: int, index: Any) -> Any:
        return indexing.gather(self, dim, index)

    def matmul(self, other: Any) -> Any:
        return linalg.matmul(self, other)

    def mm(self, other: Any) -> Any:
        return linalg.mm(self, other)

    def dot(self, other: Any) -> Any:
        return linalg.dot(self, other)


OPERATORS = {
    "add": elementwise.add,
    "subtract": elementwise.sub,
    "multiply": elementwise.mul,
    "divide": elementwise.div,
    "floor_divide": elementwise.floor_divide,
    "remainder": elementwise.remainder,
    "power": elementwise.pow,
    "matmul": linalg.matmul,
    "maximum": elementwise.maximum,
    "minimum": elementwise.minimum,
    "equal": elementwise.eq,
    "not_equal": elementwise.ne,
    "less": elementwise.lt,
    "less_equal": elementwise.le,
    "greater": elementwise.gt,
    "greater_equal": elementwise.ge,
}
"""NumPy's ufuncs that have an operator here: `array + tensor` reaches Tensor by these names."""
