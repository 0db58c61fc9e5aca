"""Python's operators, arithmetic, comparisons, logic and bits as methods."""

from __future__ import annotations

from typing import Any

from ...autograd.graph import Variable
from .. import arithmetic, comparison, elementwise, inplace, linalg
from ..inplace import in_place


class ArithmeticMethods(Variable):
    """`a + b`, `a.add(b)`, `a.add_(b)` and their like."""

    __slots__ = ()

    # assigned, not wrapped, since every Python frame counts here
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

    def add(self, other: Any, *, alpha: float = 1) -> Any:
        return arithmetic.add(self, other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Any:
        return arithmetic.sub(self, other if alpha == 1 else other * alpha)

    def add_(self, other: Any, *, alpha: float = 1) -> Any:
        return inplace.update(self, arithmetic.add, other if alpha == 1 else other * alpha)

    def sub_(self, other: Any, *, alpha: float = 1) -> Any:
        return inplace.update(self, arithmetic.sub, other if alpha == 1 else other * alpha)

    mul = arithmetic.mul
    mul_ = in_place(arithmetic.mul)
    div = arithmetic.div
    div_ = in_place(arithmetic.div)
    pow = arithmetic.pow
    pow_ = in_place(arithmetic.pow)
    remainder = arithmetic.remainder
    floor_divide = arithmetic.floor_divide

    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_
    __ipow__ = pow_

    maximum = comparison.maximum
    minimum = comparison.minimum
    eq = comparison.eq
    ne = comparison.ne
    lt = comparison.lt
    le = comparison.le
    gt = comparison.gt
    ge = comparison.ge
    clamp = comparison.clamp
    clip = comparison.clamp
    clamp_ = in_place(comparison.clamp)

    def where(self, condition: Any, other: Any) -> Any:
        return comparison.where(condition, self, other)


OPERATORS: dict[str, Any] = {
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
