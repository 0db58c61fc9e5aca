"""Where a function has a kink, a tie, an infinity or no value: the same choice as PyTorch's."""

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

INF, NAN = float("inf"), float("nan")
SPECIAL = [-INF, -1e30, -2.0, -1.0, -0.5, -1e-30, -0.0, 0.0, 1e-30, 0.5, 1.0, 2.0, 1e30, INF, NAN]

ONE_INPUT = {
    "abs": lambda T, x: T.abs(x),
    "clamp": lambda T, x: T.clamp(x, -1.0, 0.5),
    "clamp inverted": lambda T, x: T.clamp(x, 0.5, -1.0),
    "elu": lambda T, x: T.nn.functional.elu(x),
    "exp": lambda T, x: T.exp(x),
    "expm1": lambda T, x: T.expm1(x),
    "leaky_relu": lambda T, x: T.nn.functional.leaky_relu(x),
    "log": lambda T, x: T.log(x),
    "log1p": lambda T, x: T.log1p(x),
    "logsigmoid": lambda T, x: T.nn.functional.logsigmoid(x),
    "pow 0": lambda T, x: x**0,
    "pow 2": lambda T, x: x**2,
    "pow 3": lambda T, x: x**3,
    "pow -1": lambda T, x: x**-1,
    "pow 0.5": lambda T, x: x**0.5,
    "reciprocal": lambda T, x: T.reciprocal(x),
    "relu": lambda T, x: T.relu(x),
    "rsqrt": lambda T, x: T.rsqrt(x),
    "scalar pow": lambda T, x: 0.0**x,
    "sigmoid": lambda T, x: T.sigmoid(x),
    "sign": lambda T, x: T.sign(x),
    "softplus": lambda T, x: T.nn.functional.softplus(x),
    "sqrt": lambda T, x: T.sqrt(x),
    "square": lambda T, x: T.square(x),
    "tanh": lambda T, x: T.tanh(x),
    "where": lambda T, x: T.where(x > 0, x, 0.0),
}

TWO_INPUTS = {
    "div": lambda T, a, b: a / b,
    "floor_divide": lambda T, a, b: T.floor_divide(a.detach(), b.detach()),
    "maximum": lambda T, a, b: T.maximum(a, b),
    "minimum": lambda T, a, b: T.minimum(a, b),
    "mul": lambda T, a, b: a * b,
    "pow": lambda T, a, b: T.pow(a, b),
    "remainder": lambda T, a, b: T.remainder(a, b),
}

TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0], [NAN, 1.0, NAN, 0.0]])

REDUCTIONS = {
    "max": lambda T, x: T.max(x),
    "max of ties": lambda T, x: T.max(x[:2]),
    "min of ties": lambda T, x: T.min(x[:2]),
    "max dim": lambda T, x: T.max(x, 1)[0],
    "max dim indices": lambda T, x: T.max(x, 1)[1],
    "min dim": lambda T, x: T.min(x, 1)[0],
    "min dim indices": lambda T, x: T.min(x, 1)[1],
    "amax": lambda T, x: T.amax(x, 1),
    "amin": lambda T, x: T.amin(x, (0, 1)),
    "argmax": lambda T, x: T.argmax(x, 1),
    "argmin": lambda T, x: T.argmin(x),
    "logsumexp": lambda T, x: T.logsumexp(T.log(x * 0), 1),
    "mean of nothing": lambda T, x: x[:0].mean(0),
    "softmax": lambda T, x: T.softmax(x, 1),
    "softmax of -inf": lambda T, x: T.softmax(T.where(x > 2.5, x, -INF), 1),
    "log_softmax of -inf": lambda T, x: T.log_softmax(T.where(x > 1.5, x, -INF), 1)[:, 1],
    "sum of nothing": lambda T, x: x[:0].sum(),
    "std of equals": lambda T, x: x[1].std(),
    "var of one": lambda T, x: x[1, :1].var(),
    "max_pool2d": lambda T, x: T.nn.functional.max_pool2d(x[None], 2, 1),
}


def gradients(T, program, arrays, dtype):
    made = torch.from_numpy if T is torch else minidl.from_numpy
    inputs = [made(np.array(a, dtype)).requires_grad_() for a in arrays]
    result = program(T, *inputs)
    if not result.requires_grad:
        return result, []
    return result, T.autograd.grad(result.sum(), inputs, allow_unused=True)


def assert_same(program, arrays, dtype):
    ours, theirs = (gradients(T, program, arrays, dtype) for T in (minidl, torch))
    close = {"float32": 3e-6, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(ours[0].detach().numpy(), theirs[0].numpy(force=True), rtol=close)
    for mine, other in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(force=True), rtol=close, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ONE_INPUT)
def test_special_numbers_and_kinks(name, dtype):
    assert_same(ONE_INPUT[name], [SPECIAL], dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TWO_INPUTS)
def test_every_pair_of_special_numbers(name, dtype):
    a, b = (part.reshape(-1) for part in np.meshgrid(SPECIAL, SPECIAL))
    if name == "remainder":  # where the quotient overflows float32, PyTorch has no number though there is one
        a = np.where((np.abs(a) == 1e30) & (np.abs(b) == 1e-30), 3.0, a)
    assert_same(TWO_INPUTS[name], [a, b], dtype)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_ties_and_empty_reductions(name):
    assert_same(REDUCTIONS[name], [TIES], "float64")
