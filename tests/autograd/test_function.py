"""Operators that users define in PyTorch's form."""

import gc
import weakref

import numpy as np
import pytest

import minidl
from minidl.autograd import Function, grad, gradcheck, gradgradcheck, once_differentiable
from minidl.errors import GraphError


class Scale(Function):
    """x * factor, with several outputs' worth of PyTorch's habits."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx, g):
        return g * ctx.factor, None


class Product(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return (g * b if ctx.needs_input_grad[0] else None), (g * a if ctx.needs_input_grad[1] else None)


def leaf(*values):
    return minidl.tensor(list(values), dtype=minidl.float64, requires_grad=True)


def test_gradients_follow_backward():
    x = leaf(1.0, -2.0)
    y = Scale.apply(x, 3)
    assert y.grad_fn.name == "ScaleBackward"
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3])


def test_first_and_second_derivatives_are_right():
    a, b = leaf(0.5, 2.0), leaf(-1.0, 0.3)
    assert gradcheck(Product.apply, (a, b))
    assert gradgradcheck(Product.apply, (a, b))


def test_needs_input_grad_tells_what_is_wanted():
    a = leaf(2.0)
    wanted = []

    class Watching(Product):
        @staticmethod
        def backward(ctx, g):
            wanted.append(ctx.needs_input_grad)
            return Product.backward(ctx, g)

    Watching.apply(a, minidl.ones(1, dtype=minidl.float64)).sum().backward()
    assert wanted == [(True, False)]


def test_an_output_may_be_saved():
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y

    x = leaf(0.3, -1.0)
    assert gradcheck(Exp.apply, x)
    assert gradgradcheck(Exp.apply, x)


def test_several_outputs():
    class SinCos(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin(), x.cos()

        @staticmethod
        def backward(ctx, g_sin, g_cos):
            (x,) = ctx.saved_tensors
            return g_sin * x.cos() - g_cos * x.sin()

    x = leaf(0.3, 2.0)
    assert gradcheck(lambda t: SinCos.apply(t)[0] * 2, x)
    assert gradcheck(lambda t: SinCos.apply(t)[0] * SinCos.apply(t)[1], x)
    assert gradgradcheck(lambda t: SinCos.apply(t), x)


def test_an_output_that_received_nothing_gives_zeros_or_none():
    arrived = []

    class Pair(Function):
        @staticmethod
        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, g, h):
            arrived.append(None if h is None else h.tolist())
            return g, None

    for materialize in (True, False):
        Pair.apply(leaf(1.0), materialize)[0].sum().backward()
    assert arrived == [[0.0], None]


def test_an_output_marked_as_constant_has_no_gradient():
    class Rank(Function):
        @staticmethod
        def forward(ctx, x):
            order = (x > 0).double()
            ctx.mark_non_differentiable(order)
            return x * 2, order

        @staticmethod
        def backward(ctx, g, _):
            return g * 2

    value, order = Rank.apply(leaf(1.0, -1.0))
    assert value.requires_grad and not order.requires_grad


def test_the_form_with_setup_context():
    class Cube(Function):
        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    assert gradcheck(Cube.apply, leaf(0.4, -1.2))
    assert gradgradcheck(Cube.apply, leaf(0.4, -1.2))


def test_once_differentiable_refuses_a_second_derivative():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 * x

    x = leaf(3.0)
    assert grad(Square.apply(x).sum(), x)[0].item() == 6
    (first,) = grad(Square.apply(x).sum(), x, create_graph=True)
    assert first.item() == 6
    with pytest.raises(GraphError, match=r"Square.backward is marked once_differentiable"):
        grad((first * x).sum(), x)


def test_nothing_is_recorded_when_nothing_wants_a_gradient():
    assert not Scale.apply(minidl.ones(1), 2).requires_grad
    with minidl.no_grad():
        assert not Scale.apply(leaf(1.0), 2).requires_grad


def test_misuse_is_named():
    class Short(Product):
        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(GraphError, match=r"Short.backward returned 1 gradients for 2 inputs"):
        Short.apply(leaf(1.0), leaf(1.0)).sum().backward()

    y = Product.apply(leaf(1.0), leaf(2.0)).sum()
    y.backward()
    with pytest.raises(GraphError, match=r"Product a second time.*retain_graph=True"):
        y.backward()

    a = leaf(1.0) * 1
    y = Product.apply(a, a).sum()
    a.mul_(2)
    with pytest.raises(GraphError, match="Product: a tensor saved for backward was changed in place"):
        y.backward()


def test_memory_returns_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        held = x * 2
        array = weakref.ref(held.array)
        y = Product.apply(held, held)
        del held
        y.sum().backward()
        assert array() is None
        unused = Product.apply(x * 2, x * 3)
        tensor = weakref.ref(unused)
        del unused
        assert tensor() is None
    finally:
        gc.enable()
