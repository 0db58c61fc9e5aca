"""Which dtype an operation has, and which it refuses: PyTorch's answer for every pair."""

import itertools
import operator

import numpy as np
import pytest

import minidl
from minidl import dtypes
from minidl.errors import MinidlError

torch = pytest.importorskip("torch")

NAMES = [dtype.name for dtype in dtypes.ALL]
PAIRS = list(itertools.product(NAMES, NAMES))
SHAPES = [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())]

FUNCTIONS = """add sub mul div true_divide floor_divide remainder fmod pow float_power rsub maximum minimum fmax fmin
max min eq ne lt le gt ge equal isclose allclose atan2 hypot logaddexp logaddexp2 xlogy copysign heaviside nextafter gcd
lcm igamma igammac logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor bitwise_left_shift
bitwise_right_shift clamp_min clamp_max clamp result_type"""

OPERATIONS = {name: (lambda T, a, b, name=name: getattr(T, name)(a, b)) for name in FUNCTIONS.split()} | {
    "xlog1py": lambda T, a, b: T.special.xlog1py(a, b),
    "div trunc": lambda T, a, b: T.div(a, b, rounding_mode="trunc"),
    "div floor": lambda T, a, b: T.div(a, b, rounding_mode="floor"),
    "add alpha": lambda T, a, b: T.add(a, b, alpha=2),
    "add alpha of a float": lambda T, a, b: T.add(a, b, alpha=2.5),
    "sub alpha": lambda T, a, b: T.sub(a, b, alpha=2),
    "rsub alpha of a float": lambda T, a, b: T.rsub(a, b, alpha=2.5),
    "where": lambda T, a, b: T.where(T.tensor([True, False]), a, b),
    "where condition": lambda T, a, b: T.where(a, b, b),
    "lerp": lambda T, a, b: T.lerp(a, b, 0.5),
    "lerp weight": lambda T, a, b: T.lerp(a, a, b),
    "addcmul": lambda T, a, b: T.addcmul(a, b, b),
    "addcmul value": lambda T, a, b: T.addcmul(a, a, b, value=2.5),
    "addcdiv": lambda T, a, b: T.addcdiv(a, a, b),
    "addcdiv value": lambda T, a, b: T.addcdiv(a, b, b, value=2.5),
    "clamp both": lambda T, a, b: T.clamp(a, b, b),
    "clamp max": lambda T, a, b: T.clamp(a, max=b),
}

SIGNS = "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift eq ne lt le gt ge"

PYTHONS = {name: (lambda T, a, b, name=name: getattr(operator, name)(a, b)) for name in SIGNS.split()}

TAKES_NUMBERS = """add sub mul div true_divide floor_divide remainder pow float_power eq ne lt le gt ge xlogy copysign
bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift where result_type"""
"""As the second argument; elsewhere minidl is less strict than PyTorch, and takes numbers where it has tensors."""

IN_PLACE = """add_ sub_ mul_ div_ true_divide_ floor_divide_ remainder_ fmod_ pow_ float_power_ eq_ ne_ lt_ le_ gt_ ge_
not_equal_ less_ less_equal_ greater_ greater_equal_ clamp_min_ clamp_max_ clamp_ clip_ atan2_ arctan2_ hypot_ xlogy_
copysign_ heaviside_ ldexp_ nextafter_ gcd_ lcm_ igamma_ igammac_ logical_and_ logical_or_ logical_xor_ bitwise_and_
bitwise_or_ bitwise_xor_ bitwise_left_shift_ bitwise_right_shift_ __iadd__ __isub__ __imul__ __itruediv__ __ifloordiv__
__imod__ __ipow__ __iand__ __ior__ __ixor__ __ilshift__ __irshift__"""


def made(T, name, shape, values):
    array = np.array(values if shape else values[0]).astype(name)
    return torch.from_numpy(array) if T is torch else minidl.from_numpy(array)


def outcome(compute):
    """Dtype name, shape and values of a result; or the error."""
    try:
        result = compute()
    except Exception as error:
        return error
    if isinstance(result, (minidl.Tensor, torch.Tensor)):
        array = result.detach().numpy()
        return array.dtype.name, array.shape, array
    if isinstance(result, (torch.dtype, np.dtype)):
        return str(result).removeprefix("torch."), (), 0
    return type(result).__name__, (), result


def differs(ours, theirs):
    """Whether two outcomes do; a refusal must be one of minidl's own errors."""
    if isinstance(theirs, Exception):
        return not isinstance(ours, MinidlError)
    if isinstance(ours, Exception) or ours[:2] != theirs[:2]:
        return True
    close = 2e-3 if theirs[0] == "float16" else 1e-5
    return not np.allclose(ours[2], theirs[2], rtol=close, equal_nan=True)


def differences(function, cases):
    found = []
    for case in cases:
        ours, theirs = (outcome(lambda T=T, case=case: function(T, *case(T))) for T in (minidl, torch))
        if differs(ours, theirs):
            found.append((case(torch), ours, theirs))
    return found


@pytest.mark.parametrize("name", [*OPERATIONS, *PYTHONS])
def test_every_pair_of_dtypes(name):
    cases = [
        lambda T, d=d, s=s: (made(T, d[0], s[0], [3, 1]), made(T, d[1], s[1], [2, 1]))
        for d, s in itertools.product(PAIRS, SHAPES)
    ]
    assert not differences((OPERATIONS | PYTHONS)[name], cases)


@pytest.mark.parametrize("name", [*TAKES_NUMBERS.split(), *PYTHONS])
def test_every_dtype_with_every_kind_of_number(name):
    cases = [
        lambda T, d=d, s=s, n=n: (made(T, d, s, [3, 1]), n)
        for d, s, n in itertools.product(NAMES, [(2,), ()], [True, False, 0, 2, -2, 300, 2.5])
    ]
    if name in ("pow", *PYTHONS):
        cases += [lambda T, case=case: case(T)[::-1] for case in list(cases)]
    assert not differences((OPERATIONS | PYTHONS)[name], cases)


def written(name):
    def write(T, a, b):
        getattr(a, name)(b)
        return a

    return write


@pytest.mark.parametrize("name", IN_PLACE.split())
def test_every_pair_of_dtypes_in_place(name):
    cases = [
        lambda T, d=d, s=s: (made(T, d[0], s[0], [3, 1]), made(T, d[1], s[1], [2, 1]))
        for d, s in itertools.product(PAIRS, SHAPES)
    ]
    assert not differences(written(name), cases)


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_one_tensor_in_place(name):
    for function in ("logical_not_", "bitwise_not_", "neg_"):
        cases = [lambda T: (made(T, name, (2,), [3, 0]), None)]
        assert not differences(lambda T, a, _, function=function: getattr(a, function)(), cases)


@pytest.mark.parametrize("name", NAMES)
def test_functions_that_need_floats_make_them(name):
    a, ta = minidl.ones(2, dtype=getattr(minidl, name)), torch.ones(2, dtype=getattr(torch, name))
    for function in ("exp", "log", "sqrt", "tanh", "sigmoid", "sin"):
        assert getattr(minidl, function)(a).dtype.name == str(getattr(torch, function)(ta).dtype).removeprefix("torch.")
    assert a.sum().dtype.name == str(ta.sum().dtype).removeprefix("torch.")


@pytest.mark.parametrize("name", NAMES)
def test_ldexp_by_whole_numbers_keeps_the_dtype_of_floats(name):
    for exponents in ("int8", "int16", "int32", "int64", "uint8"):
        case = [lambda T, d=exponents: (made(T, name, (2,), [3, 1]), made(T, d, (2,), [2, 1]))]
        assert not differences(lambda T, a, b: T.ldexp(a, b), case)


def test_the_dtype_of_two_dtypes_and_whether_one_can_be_cast():
    for first, second in PAIRS:
        ours, theirs = ((getattr(T, first), getattr(T, second)) for T in (minidl, torch))
        assert minidl.promote_types(*ours).name == str(torch.promote_types(*theirs)).removeprefix("torch.")
        assert minidl.can_cast(*ours) is torch.can_cast(*theirs)


@pytest.mark.parametrize("name", NAMES)
def test_limits_of_dtypes(name):
    floating = name.startswith("float")
    kind = "finfo" if floating else "iinfo"
    if name == "bool":
        with pytest.raises(MinidlError, match="iinfo: bool is no integer dtype"):
            minidl.iinfo(minidl.bool)
        return
    ours, theirs = (getattr(T, kind)(getattr(T, name)) for T in (minidl, torch))
    fields = "bits eps max min tiny smallest_normal resolution dtype" if floating else "bits max min dtype"
    for field in fields.split():
        assert getattr(ours, field) == getattr(theirs, field), field
    if floating:
        assert repr(ours) == repr(theirs)
    with pytest.raises(MinidlError, match="use "):
        getattr(minidl, "iinfo" if floating else "finfo")(getattr(minidl, name))


def test_the_default_dtype_is_what_numbers_become():
    for T in (minidl, torch):
        T.set_default_dtype(T.float64)
    try:
        for compute in (lambda T: T.tensor([1, 2]) / 2, lambda T: T.tensor([1]) * 0.5, lambda T: T.result_type(1, 0.5)):
            assert not differs(outcome(lambda c=compute: c(minidl)), outcome(lambda c=compute: c(torch)))
        assert minidl.finfo().bits == torch.finfo().bits == 64
    finally:
        for T in (minidl, torch):
            T.set_default_dtype(T.float32)


@pytest.mark.parametrize("python_type", [bool, int, float])
def test_pythons_types_are_dtypes(python_type):
    expected = str(torch.zeros(1, dtype=python_type).dtype).removeprefix("torch.")
    assert minidl.zeros(1, dtype=python_type).dtype == np.dtype(expected)
