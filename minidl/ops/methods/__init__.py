"""Operators as a tensor's methods: `x.exp()` is `exp(x)`.  Tensor inherits them, a file a family."""

from .arithmetic import OPERATORS, ArithmeticMethods
from .attributes import AttributeMethods
from .elementwise import ElementwiseMethods
from .filling import FillingMethods
from .products import ProductMethods
from .reductions import ReductionMethods
from .selection import SelectionMethods
from .shapes import ShapeMethods

__all__ = ["OPERATORS", "Methods"]


class Methods(
    AttributeMethods,
    ArithmeticMethods,
    ElementwiseMethods,
    ReductionMethods,
    ShapeMethods,
    SelectionMethods,
    ProductMethods,
    FillingMethods,
):
    """All operators."""

    __slots__ = ()
