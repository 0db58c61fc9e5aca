"""The backward pass: where gradients go, what they sum to, and what is left behind."""

import gc
import math
import weakref

import numpy as np
import pytest

import minidl
from minidl import autograd
from minidl.autograd import grad
from minidl.errors import GraphError, ShapeError


def leaf(*values, dtype=minidl.float64):
    return minidl.tensor(list(values), dtype=dtype, requires_grad=True)


# --- where gradients go -------------------------------------------------------------------------------------------


def test_gradients_accumulate_until_they_are_cleared():
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * 2 * x.detach().numpy())
    x.grad = None
    x.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1])


def test_gradients_of_two_paths_are_summed():
    x = leaf(0.3, -0.7)
    y = minidl.sin(x)
    (y * x + y.exp() + x).sum().backward()
    v = x.detach().numpy()
    np.testing.assert_allclose(x.grad.numpy(), np.cos(v) * v + np.sin(v) + np.exp(np.sin(v)) * np.cos(v) + 1)


def test_only_leaves_keep_a_gradient_unless_asked():
    x = leaf(2.0)
    y = x * 3
    kept = y * 2
    kept.retain_grad()
    (kept * kept).sum().backward()
    assert y.grad is None
    np.testing.assert_allclose(kept.grad.numpy(), 2 * kept.detach().numpy())


def test_no_gradient_is_computed_for_an_input_that_needs_none():
    calls = []

    @autograd.primitive
    def product(a, b):
        return a * b

    @product.gradient("a")
    def _(g, b):
        calls.append("a")
        return g * b

    @product.gradient("b")
    def _(g, a):
        calls.append("b")
        return g * a

    x = leaf(2.0)
    product(x, minidl.tensor([3.0], dtype=minidl.float64)).sum().backward()
    assert calls == ["a"]


def test_backward_can_be_limited_to_some_inputs():
    x, w = leaf(1.0), leaf(5.0)
    y = x * w
    (y * y).sum().backward(inputs=[y, x])
    assert w.grad is None
    np.testing.assert_allclose(x.grad.numpy(), [2 * 5 * 5])
    np.testing.assert_allclose(y.grad.numpy(), [10])


def test_a_starting_gradient_weights_the_outputs():
    x = leaf(1.0, 2.0)
    (x * x).backward(minidl.tensor([1.0, 10.0], dtype=minidl.float64))
    np.testing.assert_allclose(x.grad.numpy(), [2, 40])


def test_several_roots_run_in_one_pass():
    x = leaf(3.0)
    autograd.backward([(x * x).sum(), (5 * x).sum()])
    np.testing.assert_allclose(x.grad.numpy(), [11])


# --- grad() -------------------------------------------------------------------------------------------------------


def test_grad_returns_gradients_and_touches_no_leaf():
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = grad((x * y * y).sum(), [x, y])
    assert (gx.item(), gy.item()) == (9, 12)
    assert x.grad is None and y.grad is None


def test_grad_of_an_intermediate_value():
    x = leaf(2.0)
    y = x * x
    (g,) = grad((y * y).sum(), y)
    assert g.item() == 8


def test_an_unused_input_is_an_error_none_or_zeros():
    x, unused = leaf(1.0), leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"grad: the outputs do not depend on input 1 \(float64\(2,\)\)"):
        grad((x * x).sum(), [x, unused])
    assert grad((x * x).sum(), [x, unused], allow_unused=True)[1] is None
    zeros = grad((x * x).sum(), [x, unused], materialize_grads=True)[1]
    np.testing.assert_array_equal(zeros.numpy(), [0, 0])


def test_nodes_that_lead_to_no_input_do_not_run():
    @autograd.primitive
    def refuse(x):
        return x * 1

    @refuse.gradient
    def _(g):
        raise AssertionError("this gradient was asked for by nobody")

    x, other = leaf(1.0), leaf(1.0)
    assert grad((refuse(other) + x * 2).sum(), x)[0].item() == 2


# --- derivatives of derivatives -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "derivatives"),
    [
        (lambda x: x**3, [lambda v: 3 * v**2, lambda v: 6 * v, lambda v: 6 + 0 * v]),
        (minidl.sin, [math.cos, lambda v: -math.sin(v), lambda v: -math.cos(v), math.sin]),
        (lambda x: (x * x).exp(), [lambda v: 2 * v * math.exp(v * v), lambda v: (2 + 4 * v * v) * math.exp(v * v)]),
    ],
)
def test_derivatives_of_higher_order(function, derivatives):
    x = leaf(0.7)
    y = function(x)
    for derivative in derivatives:
        (y,) = grad(y.sum(), x, create_graph=True)
        assert y.item() == pytest.approx(derivative(0.7), rel=1e-12)


def test_the_third_derivative_of_a_network_agrees_with_differences_of_the_second():
    rng = np.random.default_rng(0)
    w1, w2 = (minidl.from_numpy(rng.standard_normal(shape)) for shape in ((1, 5), (5, 1)))

    def derivative(v, order):
        x = minidl.tensor([[v]], dtype=minidl.float64, requires_grad=True)
        y = minidl.tanh(x @ w1) @ w2
        for _ in range(order):
            (y,) = grad(y.sum(), x, create_graph=True)
        return y.item()

    for order in (1, 2, 3):
        difference = (derivative(0.4 + 1e-5, order - 1) - derivative(0.4 - 1e-5, order - 1)) / 2e-5
        assert derivative(0.4, order) == pytest.approx(difference, rel=1e-8)


def test_backward_with_create_graph_gives_a_gradient_that_can_be_differentiated():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    (second,) = grad(x.grad.sum(), x)
    assert second.item() == 12


# --- graphs are used once -----------------------------------------------------------------------------------------


def test_a_second_pass_needs_retain_graph():
    x = leaf(1.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 4
    with pytest.raises(GraphError, match=r"backward through mul a second time.*retain_graph=True"):
        y.backward()


def test_a_graph_that_kept_no_values_can_be_used_again():
    x = leaf(1.0, 2.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2])


def test_what_was_kept_is_released_by_the_pass():
    x = leaf(1.0, 2.0)
    y = minidl.exp(x)
    kept = weakref.ref(y.grad_fn.kept[0])
    node = y.grad_fn
    total = y.sum()
    del y
    total.backward()
    assert node.kept is None
    assert kept() is None


# --- roots that cannot be ----------------------------------------------------------------------------------------


def test_a_root_of_several_elements_needs_a_gradient():
    with pytest.raises(GraphError, match=r"backward: .* only for one number, not for float64\(2,\).*sum\(\)"):
        (leaf(1.0, 2.0) * 2).backward()


def test_a_root_without_a_graph_is_named():
    with pytest.raises(GraphError, match=r"backward: the tensor float32\(2,\) has no graph"):
        minidl.ones(2).backward()


def test_a_starting_gradient_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"starting gradient \(3,\) for a tensor \(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(minidl.ones(3))
    with pytest.raises(GraphError, match="1 tensors but 2 starting gradients"):
        grad([leaf(1.0) * 2], [leaf(1.0)], [minidl.ones(1), minidl.ones(1)])


def test_grad_of_an_input_without_gradient_is_refused():
    x = leaf(1.0)
    with pytest.raises(GraphError, match="grad: input 0 does not require a gradient"):
        grad((x * 2).sum(), minidl.ones(1))


# --- hooks --------------------------------------------------------------------------------------------------------


def test_hooks_see_the_whole_gradient_and_may_replace_it():
    x = leaf(1.0)
    seen = []
    y = x * 2
    y.register_hook(lambda g: seen.append(("y", g.item())) or g * 10)
    first = x.register_hook(lambda g: seen.append(("x", g.item())))
    (y + y).sum().backward()
    assert seen == [("y", 2.0), ("x", 40.0)]
    assert x.grad.item() == 40
    first.remove()
    (x * 3).sum().backward()
    assert len(seen) == 2


def test_hooks_run_in_the_order_of_registration_each_on_what_the_last_gave():
    x = leaf(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 5)
    x.sum().backward()
    assert x.grad.item() == 10


def test_a_hook_needs_a_tensor_that_requires_a_gradient():
    with pytest.raises(GraphError, match="register_hook"):
        minidl.ones(1).register_hook(print)


# --- buffers that others hold -------------------------------------------------------------------------------------


def test_the_starting_gradient_is_never_written_to():
    x = leaf(1.0, 2.0)
    seed = minidl.ones(2, dtype=minidl.float64)
    y = x * 1
    (y + y + x).backward(seed)
    x.grad.zero_()
    np.testing.assert_array_equal(seed.numpy(), [1, 1])


def test_a_hooked_gradient_that_somebody_keeps_is_never_written_to():
    x = leaf(1.0)
    held = []
    y = x * 1
    y.register_hook(held.append)
    z = y * 1
    (z + y).sum().backward()
    x.grad.zero_()
    assert held[0].item() == 2


def test_two_leaves_never_share_a_gradient():
    a, b = leaf(1.0), leaf(1.0)
    (a + b).sum().backward()
    a.grad.add_(5)
    assert b.grad.item() == 1


def test_an_accumulated_gradient_is_added_to_in_place():
    x = leaf(1.0)
    x.sum().backward()
    first = x.grad
    x.sum().backward()
    assert x.grad is first
    assert first.item() == 2


# --- size and memory ----------------------------------------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand_operations():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1e-5
    y.sum().backward()
    assert x.grad.item() == 1
    del y


def test_memory_returns_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(*range(5))
        model = minidl.nn.Sequential(minidl.nn.Linear(5, 3), minidl.nn.Tanh()).double()
        y = model(x[None])
        array, tensor = weakref.ref(y.array), weakref.ref(y)
        y.sum().backward()
        del y
        assert array() is None and tensor() is None
        unused = model(x[None]).exp()
        array = weakref.ref(unused.grad_fn.kept[0])
        del unused
        assert array() is None
        (g,) = grad((x * x * x).sum(), x, create_graph=True)
        array = weakref.ref(g.array)
        del g
        assert array() is None
    finally:
        gc.enable()


def test_a_gradient_in_half_precision_is_summed_to_its_input_in_single():
    bias = minidl.zeros(2, dtype=minidl.float16).requires_grad_()
    (minidl.ones(5000, 2, dtype=minidl.float16) + bias).sum().backward()
    assert bias.grad.dtype == minidl.float16 and bias.grad.tolist() == [5000, 5000]


# --- gradients of parts -----------------------------------------------------------------------------------------------


def test_gradients_of_pieces_are_written_into_one_array_without_zeros(monkeypatch):
    x = minidl.tensor(np.arange(24.0).reshape(4, 6), requires_grad=True)
    made = []
    zeros = np.zeros
    monkeypatch.setattr(np, "zeros", lambda *given: made.append(given) or zeros(*given))
    a, b, c = (x * 2).split(2, dim=1)
    (a * 3 + b * b * c).sum().backward()
    assert not made
    left, middle, right = np.split(x.array * 2, 3, axis=1)
    expected = 2 * np.concatenate([np.full_like(left, 3), 2 * middle * right, middle * middle], axis=1)
    np.testing.assert_array_equal(x.grad.array, expected)


@pytest.mark.parametrize("part_first", [True, False])
def test_gradients_of_a_part_and_of_the_whole_are_added(part_first):
    x = minidl.tensor(np.arange(6.0), requires_grad=True)
    for source in (x, x * 1):
        x.grad = None
        part, whole = (source[1:3], source) if part_first else reversed((source, source[1:3]))
        ((part * part).sum() + (whole * whole).sum()).backward()
        np.testing.assert_array_equal(x.grad.array, [0, 4, 8, 6, 8, 10])


def test_gradients_of_overlapping_and_of_unused_parts():
    x = minidl.tensor(np.arange(6.0), requires_grad=True)
    y = x * 1
    (y[:4].sum() + y[2:].sum() + y[3] * 10 + y[None, ::2].sum()).backward()
    np.testing.assert_array_equal(x.grad.array, [2, 1, 3, 12, 2, 1])
    (x[1:2] * 5).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [2, 6, 3, 12, 2, 1])


def test_a_gradient_that_was_handed_in_stays_when_a_part_is_added():
    x = minidl.tensor(np.zeros(4), requires_grad=True)
    y = x * 1
    seed = minidl.tensor(np.ones(4))
    autograd.backward([y, y[1:2].sum()], [seed, None])
    np.testing.assert_array_equal(seed.array, np.ones(4))
    np.testing.assert_array_equal(x.grad.array, [1, 2, 1, 1])


def test_a_nan_in_the_gradient_of_a_part_is_found():
    x = minidl.tensor(np.zeros(4), requires_grad=True)
    with autograd.detect_anomaly(), pytest.raises(GraphError, match="NaN"):
        (x[1:3] * 1).backward(minidl.tensor(np.array([1.0, np.nan])))


def test_pieces_differentiate_to_second_order():
    x = minidl.tensor(np.arange(1.0, 5), requires_grad=True)
    a, b = x.split(2)
    (g,) = autograd.grad((a**2 * b).sum(), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x)
    np.testing.assert_array_equal(h.array, [2 * 3 + 2 * 1, 2 * 4 + 2 * 2, 2 * 1, 2 * 2])


# --- sums of large gradients ------------------------------------------------------------------------------------------


def test_large_gradients_of_several_paths_are_summed():
    values = np.random.default_rng(0).standard_normal((300, 400)).astype(np.float32)
    x = minidl.tensor(values, requires_grad=True)
    for passes in (1, 2):
        y = x * 1
        (y * y + y + y * 3).sum().backward()
        np.testing.assert_allclose(x.grad.array, passes * (2 * values + 4), rtol=1e-6, atol=1e-6)
