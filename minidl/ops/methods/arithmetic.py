"""Python's operators, arithmetic, comparisons, logic and bits as methods."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...autograd.graph import Variable
from ...errors import DtypeError
from .. import arithmetic, comparison, elementwise, inplace, linalg, logic, mixtures, pairwise, queries
from .. import several_in_place as written
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
    __lt__ = comparison.lt
    __le__ = comparison.le
    __gt__ = comparison.gt
    __ge__ = comparison.ge
    __and__ = logic.bitwise_and
    __or__ = logic.bitwise_or
    __xor__ = logic.bitwise_xor
    __invert__ = logic.bitwise_not
    __lshift__ = logic.bitwise_left_shift
    __rshift__ = logic.bitwise_right_shift
    __radd__ = arithmetic.add
    __rmul__ = arithmetic.mul
    __rand__ = logic.bitwise_and
    __ror__ = logic.bitwise_or
    __rxor__ = logic.bitwise_xor
    __pos__ = elementwise.positive

    def __eq__(self, other: Any) -> Any:
        return comparison.eq(self, other) if _is_comparable(other) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return comparison.ne(self, other) if _is_comparable(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return arithmetic.sub(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.div(other, self)

    __rdiv__ = __rtruediv__

    def __rfloordiv__(self, other: Any) -> Any:
        return arithmetic.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Any:
        return arithmetic.remainder(other, self)

    def __rpow__(self, other: Any) -> Any:
        return arithmetic.pow(other, self)

    def __rmatmul__(self, other: Any) -> Any:
        return linalg.matmul(other, self)

    def __rlshift__(self, other: Any) -> Any:
        return logic.bitwise_left_shift(other, self)

    def __rrshift__(self, other: Any) -> Any:
        return logic.bitwise_right_shift(other, self)

    # --- sums, products, quotients, powers ----------------------------------------------------------------------------

    add = arithmetic.add_scaled
    add_ = in_place(arithmetic.add_scaled)
    sub = subtract = arithmetic.sub_scaled
    sub_ = subtract_ = in_place(arithmetic.sub_scaled)
    mul = multiply = arithmetic.mul
    mul_ = multiply_ = in_place(arithmetic.mul)
    div = divide = arithmetic.divide
    div_ = divide_ = in_place(arithmetic.divide)
    true_divide = arithmetic.div
    true_divide_ = in_place(arithmetic.div)
    floor_divide = arithmetic.floor_divide
    floor_divide_ = in_place(arithmetic.floor_divide)
    remainder = arithmetic.remainder
    remainder_ = in_place(arithmetic.remainder)
    fmod = arithmetic.fmod
    fmod_ = in_place(arithmetic.fmod)
    pow = arithmetic.pow
    pow_ = in_place(arithmetic.pow)
    float_power = pairwise.float_power

    def float_power_(self, exponent: Any) -> Any:
        """As `float_power`, in place; only for float64, which its results have."""
        if self.array.dtype != dtypes.float64:
            raise DtypeError(f"float_power_: results of float64 do not fit into a tensor of {self.array.dtype}")
        return inplace.update(self, pairwise.float_power, exponent)

    __iadd__ = in_place(arithmetic.add)
    __isub__ = in_place(arithmetic.sub)
    __imul__ = in_place(arithmetic.mul)
    __itruediv__ = in_place(arithmetic.div)
    __ifloordiv__ = in_place(arithmetic.floor_divide)
    __imod__ = in_place(arithmetic.remainder)
    __ipow__ = in_place(arithmetic.pow)
    __iand__ = in_place(logic.bitwise_and)
    __ior__ = in_place(logic.bitwise_or)
    __ixor__ = in_place(logic.bitwise_xor)
    __ilshift__ = in_place(logic.bitwise_left_shift)
    __irshift__ = in_place(logic.bitwise_right_shift)

    # --- functions of two and three -----------------------------------------------------------------------------------

    lerp = mixtures.lerp
    lerp_ = in_place(mixtures.lerp)
    addcmul = mixtures.addcmul
    addcmul_ = in_place(mixtures.addcmul)
    addcdiv = mixtures.addcdiv
    addcdiv_ = in_place(mixtures.addcdiv)
    logaddexp = pairwise.logaddexp
    logaddexp2 = pairwise.logaddexp2
    xlogy = pairwise.xlogy
    xlogy_ = written.xlogy_
    hypot = pairwise.hypot
    hypot_ = in_place(pairwise.hypot)
    atan2 = arctan2 = pairwise.atan2
    atan2_ = arctan2_ = in_place(pairwise.atan2)
    copysign = pairwise.copysign
    copysign_ = in_place(pairwise.copysign)
    heaviside = pairwise.heaviside
    heaviside_ = in_place(pairwise.heaviside)
    nextafter = pairwise.nextafter
    nextafter_ = in_place(pairwise.nextafter)
    ldexp = pairwise.ldexp
    ldexp_ = written.ldexp_
    igamma = pairwise.igamma
    igamma_ = in_place(pairwise.igamma)
    igammac = pairwise.igammac
    igammac_ = in_place(pairwise.igammac)

    # --- comparison ---------------------------------------------------------------------------------------------------

    maximum = comparison.maximum
    minimum = comparison.minimum
    fmax = pairwise.fmax
    fmin = pairwise.fmin
    eq = comparison.eq
    eq_ = in_place(comparison.eq)
    ne = not_equal = comparison.ne
    ne_ = not_equal_ = in_place(comparison.ne)
    lt = less = comparison.lt
    lt_ = less_ = in_place(comparison.lt)
    le = less_equal = comparison.le
    le_ = less_equal_ = in_place(comparison.le)
    gt = greater = comparison.gt
    gt_ = greater_ = in_place(comparison.gt)
    ge = greater_equal = comparison.ge
    ge_ = greater_equal_ = in_place(comparison.ge)
    equal = pairwise.equal
    isclose = pairwise.isclose
    allclose = pairwise.allclose
    clamp = clip = comparison.clamp
    clamp_ = clip_ = written.clamp_
    clamp_min = comparison.clamp_min
    clamp_min_ = written.clamp_min_
    clamp_max = comparison.clamp_max
    clamp_max_ = written.clamp_max_

    def where(self, condition: Any, other: Any) -> Any:
        """This tensor where the condition holds, else the other."""
        return comparison.choose(condition, self, other)

    is_complex = queries.is_complex
    is_signed = queries.is_signed
    is_same_size = queries.is_same_size
    nelement = queries.numel

    # --- logic and bits -----------------------------------------------------------------------------------------------

    logical_and = logic.logical_and
    logical_and_ = in_place(logic.logical_and)
    logical_or = logic.logical_or
    logical_or_ = in_place(logic.logical_or)
    logical_xor = logic.logical_xor
    logical_xor_ = in_place(logic.logical_xor)
    logical_not = logic.logical_not
    logical_not_ = in_place(logic.logical_not)
    bitwise_and = logic.bitwise_and
    bitwise_and_ = in_place(logic.bitwise_and)
    bitwise_or = logic.bitwise_or
    bitwise_or_ = in_place(logic.bitwise_or)
    bitwise_xor = logic.bitwise_xor
    bitwise_xor_ = in_place(logic.bitwise_xor)
    bitwise_not = logic.bitwise_not
    bitwise_not_ = in_place(logic.bitwise_not)
    bitwise_left_shift = logic.bitwise_left_shift
    bitwise_left_shift_ = in_place(logic.bitwise_left_shift)
    bitwise_right_shift = logic.bitwise_right_shift
    bitwise_right_shift_ = in_place(logic.bitwise_right_shift)
    gcd = logic.gcd
    gcd_ = written.gcd_
    lcm = logic.lcm
    lcm_ = written.lcm_


def _is_comparable(other: Any) -> bool:
    """Whether elements can equal it: None, strings and the like are another thing than any tensor."""
    return isinstance(other, (Variable, int, float)) or hasattr(other, "dtype")


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
