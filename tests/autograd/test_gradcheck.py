"""The checker itself: it accepts right rules and finds wrong ones."""

import pytest

import minidl
from minidl.autograd import gradcheck, gradgradcheck, primitive
from minidl.errors import GraphError


def leaf(*values):
    return minidl.tensor(list(values), dtype=minidl.float64, requires_grad=True)


@primitive
def wrong_square(x):
    return x * x


@wrong_square.gradient
def _(g, x):
    return g * x * 2.001


@primitive
def right_then_wrong(x):
    """x ** 3, whose first derivative is right and whose second is not."""
    return x * x * x


@right_then_wrong.gradient
def _(g, x):
    return g * 3 * wrong_square(x) * (1 / 1)


def test_a_right_rule_passes():
    assert gradcheck(lambda a, b: (a * b).sin(), (leaf(0.3, 1.0), leaf(2.0, -1.0)))
    assert gradgradcheck(lambda a, b: (a * b).sin(), (leaf(0.3, 1.0), leaf(2.0, -1.0)))


def test_a_wrong_gradient_is_found_and_located():
    with pytest.raises(GraphError, match=r"d output 0\[1\] / d input 0\[1\] is 4.002 by the gradient rule and 4 by"):
        gradcheck(wrong_square, leaf(0.0, 2.0), rtol=1e-6)
    assert gradcheck(wrong_square, leaf(0.0, 2.0), rtol=1e-6, raise_exception=False) is False


def test_a_wrong_second_derivative_is_found():
    x = leaf(0.7, -1.3)
    assert gradcheck(right_then_wrong, x, rtol=1e-6)
    with pytest.raises(GraphError, match="by the gradient rule"):
        gradgradcheck(right_then_wrong, x, rtol=1e-6)


def test_each_of_several_outputs_is_checked():
    with pytest.raises(GraphError, match="d output 1"):
        gradcheck(lambda x: (x * 2, wrong_square(x)), leaf(1.0), rtol=1e-6)


def test_inputs_that_cannot_be_checked_are_refused():
    with pytest.raises(GraphError, match="input 0 is float32; finite differences need float64"):
        gradcheck(minidl.sin, minidl.ones(1).requires_grad_())
    with pytest.raises(GraphError, match="no input requires a gradient"):
        gradcheck(minidl.sin, minidl.ones(1, dtype=minidl.float64))


def test_the_inputs_are_left_as_they_were():
    x = leaf(0.5, 1.5)
    gradcheck(minidl.exp, x)
    assert x.tolist() == [0.5, 1.5] and x.grad is None
