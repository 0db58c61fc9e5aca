"""Functions of two tensors at infinities, NaN, signed zeros, ties and the ends of the integers: PyTorch's answers."""

import itertools

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

INF, NAN = float("inf"), float("nan")
SPECIAL = [-INF, -1e30, -2.5, -2.0, -1.0, -0.5, -1e-30, -0.0, 0.0, 1e-30, 0.5, 1.0, 2.0, 2.5, 3.0, 1e30, INF, NAN]

NAMES = """add sub mul div floor_divide remainder fmod pow float_power maximum minimum fmax fmin atan2 hypot logaddexp
logaddexp2 xlogy copysign ldexp nextafter eq ne lt le gt ge isclose logical_and logical_or logical_xor clamp_min
clamp_max rsub heaviside"""

FLOATS = {name: (lambda T, a, b, name=name: getattr(T, name)(a, b)) for name in NAMES.split()} | {
    "addcdiv": lambda T, a, b: T.addcdiv(a, a, b, value=0.5),
    "addcmul": lambda T, a, b: T.addcmul(a, a, b, value=0.5),
    "clamp": lambda T, a, b: T.clamp(a, b, T.ones_like(a)),
    "clamp of one": lambda T, a, b: T.clamp(T.ones_like(a), a, b),
    "div floor": lambda T, a, b: T.div(a, b, rounding_mode="floor"),
    "div trunc": lambda T, a, b: T.div(a, b, rounding_mode="trunc"),
    "isclose exact": lambda T, a, b: T.isclose(a, b, rtol=0, atol=0),
    "isclose nan": lambda T, a, b: T.isclose(a, b, equal_nan=True),
    "isclose wide": lambda T, a, b: T.isclose(a, b, rtol=0.5, atol=0.1),
    "isclose without limit": lambda T, a, b: T.isclose(a, b, rtol=INF, atol=0.1),
    "lerp": lambda T, a, b: T.lerp(a, b, 0.3),
    "lerp weight": lambda T, a, b: T.lerp(a, T.ones_like(a), b),
    "max": lambda T, a, b: T.max(a, b),
    "min": lambda T, a, b: a.min(b),
    "where": lambda T, a, b: T.where(a > b, a, b),
    "xlog1py": lambda T, a, b: T.special.xlog1py(a, b),
}

WITHOUT_GRADIENT = {"floor_divide", "heaviside"}
"""PyTorch has none; the floored quotient's is zero here."""

NUMBERS = {
    "x +": lambda x, number: x + number,
    "x *": lambda x, number: x * number,
    "x /": lambda x, number: x / number,
    "x **": lambda x, number: x**number,
    "x %": lambda x, number: x % number,
    "x //": lambda x, number: x // number,
    "number **": lambda x, number: number**x,
    "number %": lambda x, number: number % x,
    "number //": lambda x, number: number // x,
    "clamp": lambda x, number: x.clamp(number, 1.0),
    "copysign": lambda x, number: x.copysign(number),
    "float_power": lambda x, number: x.float_power(number),
}

WITHOUT_GRADIENT_OF_NUMBERS = {"x //", "number //", "number %"}


def tensors_of(T, arrays, dtype, gradient):
    made = torch.from_numpy if T is torch else minidl.from_numpy
    inputs = [made(np.array(a, dtype)) for a in arrays]
    return [x.requires_grad_() for x in inputs] if gradient else inputs


def values_and_slopes(T, program, arrays, dtype, gradient):
    inputs = tensors_of(T, arrays, dtype, gradient)
    result = program(T, *inputs)
    slopes = T.autograd.grad(result.sum(), inputs, allow_unused=True) if result.requires_grad else [None] * len(inputs)
    return [result, *slopes]


def assert_same(program, arrays, dtype, gradient=True):
    ours, theirs = (values_and_slopes(T, program, arrays, dtype, gradient) for T in (minidl, torch))
    close = {"float32": 2e-5, "float64": 1e-12}[dtype]
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            a, b = mine.detach().numpy(), other.numpy(force=True)
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=close, atol=close / 1e3 if a.dtype.kind == "f" else 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FLOATS)
def test_every_pair_of_special_numbers(name, dtype):
    a, b = (part.reshape(-1) for part in np.meshgrid(SPECIAL, SPECIAL))
    if name in ("remainder", "fmod", "addcdiv"):
        # where a quotient or a square leaves float32, PyTorch has no number though there is one
        a, b = (np.where(np.abs(np.log10(np.abs(x))) == 30, 3.0, x) for x in (a, b))
    assert_same(FLOATS[name], [a, b], dtype, name not in WITHOUT_GRADIENT)


@pytest.mark.parametrize("number", SPECIAL)
@pytest.mark.parametrize("name", NUMBERS)
def test_special_numbers_with_each_other(name, number):
    def program(T, x):
        return NUMBERS[name](x, number)

    assert_same(program, [SPECIAL], "float64", name not in WITHOUT_GRADIENT_OF_NUMBERS)


@pytest.mark.parametrize("exponent", [-3, -2, -1, 0, 1, 2, 3, 4])
def test_special_numbers_to_whole_powers(exponent):
    assert_same(lambda T, x: x**exponent, [SPECIAL], "float64")


@pytest.mark.parametrize("name", ["remainder", "fmod", "floor_divide", "mul", "div", "copysign", "maximum", "atan2"])
def test_zeros_keep_pytorchs_sign(name):
    a, b = (part.reshape(-1) for part in np.meshgrid([-4.0, -2.0, -0.0, 0.0, 2.0], [-2.0, -1.0, 1.0, 2.0]))
    ours, theirs = (getattr(T, name)(*tensors_of(T, [a, b], "float64", False)).numpy() for T in (minidl, torch))
    np.testing.assert_array_equal(np.signbit(ours), np.signbit(theirs))


# --- integers ---------------------------------------------------------------------------------------------------------

WHOLE_NAMES = """add sub mul div floor_divide remainder fmod pow float_power maximum minimum fmax fmin atan2 xlogy
copysign eq ne lt le gt ge isclose logical_and logical_or logical_xor clamp_min clamp_max rsub bitwise_and bitwise_or
bitwise_xor bitwise_left_shift bitwise_right_shift heaviside gcd lcm"""

WHOLE = {name: (lambda T, a, b, name=name: getattr(T, name)(a, b)) for name in WHOLE_NAMES.split()} | {
    "div trunc": lambda T, a, b: T.div(a, b, rounding_mode="trunc"),
    "isclose exact": lambda T, a, b: T.isclose(a, b, rtol=0, atol=0),
    "by numbers": lambda T, a, b: T.stack([a // 3, a % -3, a**2, -2 % b, 7 // b, 3 & a, a | 5, a << 1, 1 << b, a >> 2]),
}

UNDEFINED = {"floor_divide", "remainder", "fmod", "div trunc", "gcd", "lcm"}
"""For the least integer, since its negative does not exist."""


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
@pytest.mark.parametrize("name", WHOLE)
def test_integers_to_their_ends(name, dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    values = [low, low + 1, -7, -3, -2, -1, 1, 2, 3, 7, 8, 20, 31, 63, 64, high - 1, high]
    pairs = [(a, b) for a, b in itertools.product(values, values) if low <= min(a, b) and 0 not in (a, b)]
    if name in UNDEFINED:
        pairs = [(a, b) for a, b in pairs if low not in (a, b) and (name != "lcm" or abs(a * b) <= high)]
    a, b = (np.array(part, dtype) for part in zip(*pairs, strict=True))
    ours, theirs = (WHOLE[name](T, *tensors_of(T, [a, b], dtype, False)).numpy() for T in (minidl, torch))
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5 if ours.dtype.kind == "f" else 0)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 2.5, -1.0, True, False])
def test_powers_of_integers_and_booleans(exponent):
    for values in ([-3, -1, 0, 2, 100], [True, False]):
        ours, theirs = ((T.tensor(values) ** exponent).numpy() for T in (minidl, torch))
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_integers_to_negative_powers_held_in_a_tensor():
    a, b = (part.reshape(-1) for part in np.meshgrid([-2, -1, 0, 1, 2], [-3, -2, -1, 0, 1]))
    a, b = a[(a != 0) | (b >= 0)], b[(a != 0) | (b >= 0)]
    ours, theirs = (T.tensor(a.tolist()) ** T.tensor(b.tolist()) for T in (minidl, torch))
    assert ours.tolist() == theirs.tolist()


# --- choices and truths -----------------------------------------------------------------------------------------------

CHOICES = {
    "places of a vector": lambda T: T.where(T.tensor([1.0, 0.0, 2.0])),
    "places of a matrix": lambda T: T.where(T.tensor([[True, False], [True, True]])),
    "places of a number": lambda T: T.where(T.tensor(3)),
    "places of nothing": lambda T: T.where(T.zeros(0, 2)),
    "floats": lambda T: T.where(T.tensor([True, False]), 1, 2.5),
    "whole numbers": lambda T: T.where(T.tensor([True, False]), 1, 2),
    "by bytes": lambda T: T.where(T.tensor([1, 0], dtype=T.uint8), 1.0, 2.0),
    "by name": lambda T: T.where(condition=T.tensor([True, False]), input=T.tensor([1, 2]), other=2.5),
    "method": lambda T: T.tensor([1, 2]).where(T.tensor([[True], [False]]), 9),
    "equal": lambda T: T.tensor(T.equal(T.tensor([1, 2]), T.tensor([1.0, 2.0]))),
    "not equal": lambda T: T.tensor(T.equal(T.zeros(2), T.zeros(2, 1))),
    "equal nothing": lambda T: T.tensor(T.equal(T.zeros(0), T.zeros(0))),
    "allclose": lambda T: T.tensor(T.allclose(T.tensor([1.0, NAN]), T.tensor([1.000001, NAN]), equal_nan=True)),
    "allclose method": lambda T: T.tensor(T.tensor([1.0, NAN]).allclose(T.tensor([1.0, NAN]))),
    "none": lambda T: T.tensor([T.zeros(2) == None, T.zeros(2) != None]),  # noqa: E711 - what a tensor makes of it
    "words": lambda T: T.tensor([T.zeros(2) == "0", T.zeros(2) != "0", T.zeros(2) == [0, 0]]),
    "add of booleans": lambda T: T.add(T.tensor([True, False]), T.tensor([True, True]), alpha=0),
    "max of two": lambda T: T.max(T.tensor([1, 5]), T.tensor([3.5, 2.0])),
    "min by name": lambda T: T.min(T.tensor([1, 5]), other=T.tensor(2)),
    "wrapping": lambda T: T.tensor([1, 2], dtype=T.int8) + 300,
    "ldexp far": lambda T: T.ldexp(T.tensor([1e-30, 1e30]), T.tensor([140, -160])),
    "lerp of integers": lambda T: T.lerp(T.tensor([1, 2]), T.tensor([2, 4]), T.tensor(0.5)),
    "logical_not of numbers": lambda T: T.logical_not(T.tensor([0.0, -0.0, NAN, 2.0])),
    "invert": lambda T: T.stack([~T.tensor([5, -1, 0]), T.tensor([5, -1, 0]).bitwise_not()]),
    "shifts": lambda T: T.stack([1 << T.tensor([0, 3]), 64 >> T.tensor([0, 3]), T.tensor([-8, 8]) >> 1]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choices_and_truths(name):
    ours, theirs = (CHOICES[name](T) for T in (minidl, torch))
    ours, theirs = (part if isinstance(part, tuple) else (part,) for part in (ours, theirs))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.numpy().dtype == other.numpy().dtype
        np.testing.assert_array_equal(mine.numpy(), other.numpy())


AUGMENTED = """
x = T.tensor([12, -7, 5]); y = x; x += 3; x -= 1; x *= 5; x //= 4; x %= 7
x &= 6; x |= 9; x ^= 3; x <<= 2; x >>= 1; x **= 2
""".strip().replace("\n", "; ")


def test_augmented_assignment_writes_in_place():
    scopes = [{"T": minidl}, {"T": torch}]
    for scope in scopes:
        exec(AUGMENTED, scope)
        assert scope["x"] is scope["y"]
    assert scopes[0]["x"].tolist() == scopes[1]["x"].tolist()


def test_what_a_tensor_is():
    for make in (lambda T: T.zeros(2, 3), lambda T: T.tensor([1, 2]), lambda T: T.tensor(True), lambda T: T.zeros(0)):
        a, b = make(minidl), make(torch)
        for question in ("is_tensor", "is_floating_point", "is_complex", "is_signed", "numel"):
            assert getattr(minidl, question)(a) == getattr(torch, question)(b)
        assert minidl.is_same_size(a, a.clone()) and not minidl.is_same_size(a, minidl.zeros(7))
        for question in ("is_complex", "is_signed", "nelement"):
            assert getattr(a, question)() == getattr(b, question)()
    assert minidl.is_tensor([1]) is torch.is_tensor([1]) is False
