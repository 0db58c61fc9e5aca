"""What arithmetic, comparison and logic refuse, and in which words; their names; what in-place forms leave alone."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, GraphError, ShapeError

WHOLE = minidl.tensor([1, 2])
FLOATS = minidl.tensor([1.0, 2.0])
MASK = minidl.tensor([True, False])
SMALL = minidl.tensor([1, 2], dtype=minidl.int8)

REFUSED = {
    "add shapes": (lambda: minidl.zeros(2) + minidl.zeros(3), ShapeError, r"^add: got float32\(2,\), float32\(3,\)"),
    "add two numbers": (lambda: minidl.mul(2, 3), DtypeError, r"^mul: got 2, 3: int where a tensor is needed"),
    "add a word": (lambda: FLOATS + "1", DtypeError, r"^add: got str where a tensor or a number"),
    "add of a huge number": (
        lambda: WHOLE + 2**63,
        ArgumentError,
        r"^add: 9223372036854775808 does not fit into int64",
    ),
    "add alpha": (lambda: minidl.add(WHOLE, WHOLE, alpha=0.5), DtypeError, r"^add: alpha=0.5 for int64"),
    "add alpha of a truth": (lambda: minidl.sub(FLOATS, 1, alpha=False), DtypeError, r"^sub: alpha=False for float32"),
    "sub of booleans": (lambda: MASK - MASK, DtypeError, r"^sub: "),
    "sub of a boolean": (lambda: 1 - MASK, DtypeError, r"^sub: got booleans; use ~"),
    "sub of a truth": (lambda: FLOATS - True, DtypeError, r"^sub: got booleans; use ~"),
    "rsub of booleans": (lambda: minidl.rsub(MASK, FLOATS, alpha=2), DtypeError, r"^rsub: got booleans"),
    "neg of booleans": (lambda: -MASK, DtypeError, r"^neg: got bool"),
    "floor_divide by zero": (
        lambda: WHOLE // 0,
        ArgumentError,
        r"^floor_divide: an integer divided by zero; use floats",
    ),
    "remainder by zero": (lambda: WHOLE % minidl.tensor([1, 0]), ArgumentError, r"^remainder: an integer divided"),
    "fmod by zero": (lambda: minidl.fmod(WHOLE, 0), ArgumentError, r"^fmod: an integer divided"),
    "remainder of booleans": (lambda: MASK % MASK, DtypeError, r"^remainder: got booleans"),
    "div trunc by zero": (
        lambda: minidl.div(WHOLE, 0, rounding_mode="trunc"),
        ArgumentError,
        r"^trunc_divide: an integer divided by zero",
    ),
    "div rounding": (
        lambda: minidl.div(FLOATS, 2, rounding_mode="up"),
        ArgumentError,
        r"^div: rounding_mode 'up'; needs None, 'trunc' or 'floor'",
    ),
    "pow negative": (lambda: WHOLE**-1, ArgumentError, r"^pow: integers to the power -1; use .float\(\)"),
    "pow too great": (lambda: SMALL**300, ArgumentError, r"^pow: the exponent 300 does not fit into int8"),
    "pow of booleans": (lambda: MASK**MASK, DtypeError, r"^pow: got booleans"),
    "maximum shapes": (lambda: minidl.maximum(minidl.zeros(2), minidl.zeros(3)), ShapeError, r"^maximum: got"),
    "clamp without limits": (lambda: FLOATS.clamp(), ArgumentError, r"^clamp: got neither min nor max"),
    "clamp too far": (lambda: SMALL.clamp(max=300), ArgumentError, r"^clip: 300 does not fit into int8"),
    "clamp of booleans": (lambda: MASK.clamp(min=True), DtypeError, r"^clip: got booleans"),
    "where condition": (lambda: minidl.where(WHOLE, 1, 2), DtypeError, r"^where: a condition of int64; needs booleans"),
    "where method": (lambda: FLOATS.where(FLOATS, 1), DtypeError, r"^where: a condition of float32"),
    "where of one": (lambda: minidl.where(MASK, FLOATS), ArgumentError, r"^where: got one of input and other"),
    "where too far": (lambda: minidl.where(MASK, SMALL, 300), ArgumentError, r"^where: 300 does not fit into int8"),
    "where of no tensor": (lambda: minidl.where(True, 1, 2), DtypeError, r"^where: got bool where a tensor is needed"),
    "equal to a number": (lambda: minidl.equal(FLOATS, 2), DtypeError, r"^equal: got int where a tensor is needed"),
    "isclose dtypes": (lambda: minidl.isclose(FLOATS, WHOLE), DtypeError, r"isclose: float32 and int64; needs one"),
    "isclose tolerance": (lambda: FLOATS.isclose(FLOATS, rtol=-1), ArgumentError, r"isclose: rtol -1 and atol 1e-08"),
    "lerp dtypes": (lambda: FLOATS.lerp(WHOLE, 0.5), DtypeError, r"^lerp: input float32 and end int64"),
    "lerp weight": (lambda: FLOATS.lerp(FLOATS, WHOLE), DtypeError, r"^lerp: input float32 and weight int64"),
    "lerp of integers": (lambda: WHOLE.lerp(WHOLE, 0.5), DtypeError, r"^lerp: got int64, needs floats"),
    "addcmul of a number": (lambda: FLOATS.addcmul(2, FLOATS), DtypeError, r"^addcmul: got .*: int where a tensor"),
    "addcmul of booleans": (lambda: MASK.addcmul(MASK, MASK), DtypeError, r"^addcmul: got booleans"),
    "addcdiv of integers": (lambda: FLOATS.addcdiv(WHOLE, WHOLE), DtypeError, r"^addcdiv: int64 / int64; needs floats"),
    "logaddexp of integers": (
        lambda: minidl.logaddexp(WHOLE, WHOLE),
        DtypeError,
        r"^logaddexp: got int64, needs floats",
    ),
    "hypot of integers": (lambda: minidl.hypot(WHOLE, WHOLE), DtypeError, r"^hypot: got int64, needs floats"),
    "nextafter of integers": (lambda: minidl.nextafter(WHOLE, WHOLE), DtypeError, r"^nextafter: got int64"),
    "ldexp by a number": (lambda: minidl.ldexp(FLOATS, 2), DtypeError, r"^ldexp: got int where a tensor is needed"),
    "ldexp by booleans": (lambda: minidl.ldexp(FLOATS, MASK), DtypeError, r"^ldexp: got booleans as exponents"),
    "heaviside dtypes": (lambda: minidl.heaviside(FLOATS, WHOLE), DtypeError, r"^heaviside: input float32 and values"),
    "igamma of integers": (lambda: minidl.igamma(WHOLE, WHOLE), DtypeError, r"^igamma: got int64, needs floats"),
    "and of floats": (lambda: FLOATS & 1, DtypeError, r"^bitwise_and: got float32"),
    "not of floats": (lambda: ~FLOATS, DtypeError, r"^bitwise_not: got float32"),
    "shift of floats": (lambda: FLOATS << 1, DtypeError, r"^bitwise_left_shift: got float32, needs integers"),
    "shift of booleans": (lambda: MASK >> MASK, DtypeError, r"^bitwise_right_shift: got bool, needs integers"),
    "gcd of floats": (lambda: minidl.gcd(FLOATS, FLOATS), DtypeError, r"^gcd: got float32"),
    "add_ float to integers": (lambda: WHOLE.clone().add_(0.5), DtypeError, r"^add_: a result of float32 does not fit"),
    "div_ of integers": (lambda: WHOLE.clone().div_(2), DtypeError, r"^div_: a result of float32 does not fit"),
    "mul_ of booleans": (lambda: MASK.clone().mul_(2), DtypeError, r"^mul_: a result of int64 does not fit"),
    "add_ shapes": (lambda: minidl.zeros(2).add_(minidl.zeros(3, 1)), ShapeError, r"^add_: a result of shape \(3, 2\)"),
    "float_power_": (lambda: FLOATS.clone().float_power_(2), DtypeError, r"^float_power_: results of float64"),
    "is_complex of a number": (lambda: minidl.is_complex(2), DtypeError, r"^is_complex: got int where a tensor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_name(name):
    program, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        program()


@pytest.mark.parametrize("name", ["heaviside", "igamma", "igammac"])
def test_where_there_is_no_gradient_only_the_backward_pass_says_so(name):
    x, other = (FLOATS.clone().requires_grad_() for _ in range(2))
    result = getattr(minidl, name)(x, other)
    assert result.requires_grad
    with pytest.raises(GraphError, match=f"^{name} has no gradient for its input a"):
        result.sum().backward()


@pytest.mark.parametrize("operation", ["add", "mul", "pow", "maximum", "eq", "logical_and", "atan2", "where"])
def test_arrays_give_arrays(operation):
    a, b = np.array([1.0, 2.0]), np.array([2.0, 2.0])
    result = getattr(minidl, operation)(*((a > 1,) if operation == "where" else ()), a, b)
    assert type(result) is np.ndarray
    tensors = [minidl.from_numpy(x) for x in (*((a > 1,) if operation == "where" else ()), a, b)]
    np.testing.assert_array_equal(result, getattr(minidl, operation)(*tensors).numpy())


def test_arguments_go_by_pytorchs_names():
    x, y = FLOATS, minidl.tensor([0.5, -3.0])
    assert minidl.add(input=x, other=y, alpha=2).tolist() == [2, -4]
    assert minidl.pow(input=x, exponent=2).tolist() == x.pow(exponent=2).tolist() == [1, 4]
    assert minidl.clamp(input=y, min=-1, max=0).tolist() == [0, -1]
    assert minidl.lerp(input=x, end=y, weight=1.0).tolist() == y.tolist()
    assert minidl.addcmul(input=x, tensor1=x, tensor2=y, value=2).tolist() == [2, -10]
    assert minidl.heaviside(input=y, values=x).tolist() == [1, 0]
    assert minidl.where(condition=MASK, input=x, other=y).tolist() == [1, -3]
    assert minidl.float_power(input=x, exponent=y).dtype == minidl.float64
    assert minidl.isclose(input=x, other=y, rtol=0.0, atol=1.0, equal_nan=False).tolist() == [True, False]


def test_a_refused_write_changes_nothing():
    x = minidl.tensor([4, 6])
    for write in (
        lambda: x.div_(4),
        lambda: x.add_(1, alpha=0.5),
        lambda: x.add_(minidl.zeros(3, 1)),
        lambda: x.pow_(-1),
    ):
        with pytest.raises((DtypeError, ShapeError, ArgumentError)):
            write()
    assert x.tolist() == [4, 6]


def test_gradients_flow_through_arithmetic_in_place():
    x = minidl.tensor([0.5, 2.0], requires_grad=True)
    y = x * 1
    y += x
    y *= x
    y.sub_(1, alpha=2).clamp_(min=0).lerp_(x, 0.25)
    y.sum().backward()
    assert x.grad.tolist() == [0.25, 0.75 * 8 + 0.25]


def test_tensors_are_compared_with_anything():
    assert (FLOATS == None) is False and (FLOATS != None) is True  # noqa: E711 - what a tensor makes of it
    assert (FLOATS == "1") is False
    assert FLOATS in [FLOATS] and len({FLOATS, WHOLE}) == 2
    assert (np.array([1.0, 3.0]) == FLOATS).tolist() == (minidl.tensor([1.0, 3.0]) == FLOATS).tolist() == [True, False]


# --- large arrays, which threads divide -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "small", [(1, 16, 1, 1), (16, 1, 1), (8, 16, 1, 1), (8, 1, 24, 24), (24,), (1, 1, 1, 1)], ids=str
)
@pytest.mark.parametrize("channels_last", [False, True])
def test_gradients_of_what_was_broadcast(channels_last, small):
    random = np.random.default_rng(8)
    x, g = (random.standard_normal((8, 24, 24, 16)).astype(np.float32).transpose(0, 3, 1, 2) for _ in range(2))
    if not channels_last:
        x, g = np.ascontiguousarray(x), np.ascontiguousarray(g)
    s = random.uniform(1, 2, small).astype(np.float32)
    wide, exact = x.astype(np.float64), g.astype(np.float64)
    axes = tuple(i for i, n in enumerate((1,) * (4 - len(small)) + small) if n == 1)
    for operator, slope, own in (
        (lambda a, b: a * b, s, exact * wide),
        (lambda a, b: b * a, s, exact * wide),
        (lambda a, b: a / b, 1 / s.astype(np.float64), -exact * wide / s.astype(np.float64) ** 2),
        (lambda a, b: a - b, 1.0, -exact),
        (lambda a, b: a + b, 1.0, exact),
    ):
        a, b = (minidl.tensor(values, requires_grad=True) for values in (x, s))
        operator(a, b).backward(minidl.from_numpy(g))
        np.testing.assert_allclose(a.grad.numpy(), exact * slope, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(b.grad.numpy(), own.sum(axes, keepdims=True).reshape(small), rtol=1e-5, atol=2e-3)


@pytest.mark.parametrize("channels_last", [False, True])
def test_large_images_joined_and_turned_round(channels_last):
    random = np.random.default_rng(9)
    a, b = (random.standard_normal((6, 40, 36, n)).astype(np.float32).transpose(0, 3, 1, 2) for n in (24, 40))
    if not channels_last:
        a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    x, y = (minidl.tensor(values, requires_grad=True) for values in (a, b))
    joined = minidl.cat([x, y], 1)
    np.testing.assert_array_equal(joined.detach().numpy(), np.concatenate([a, b], 1))
    g = random.standard_normal(joined.shape).astype(np.float32)
    joined.flip(2, 3).backward(minidl.from_numpy(g))
    np.testing.assert_array_equal(x.grad.numpy(), g[:, :24, ::-1, ::-1])
    np.testing.assert_array_equal(y.grad.numpy(), g[:, 24:, ::-1, ::-1])
    for dim in range(5):
        np.testing.assert_array_equal(minidl.stack([x, x * 2], dim).detach().numpy(), np.stack([a, a * 2], dim))
