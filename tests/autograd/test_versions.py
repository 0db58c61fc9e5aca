"""Changes in place: what a gradient still needs is guarded, everything else may change."""

import numpy as np
import pytest

import minidl
from minidl.errors import DtypeError, GraphError, ShapeError


def leaf(*values):
    return minidl.tensor(list(values), dtype=minidl.float64, requires_grad=True)


@pytest.mark.parametrize(
    ("compute", "name"),
    [
        (lambda y: minidl.sin(y), "sin"),
        (lambda y: y * y, "mul"),
        (lambda y: y @ minidl.ones(2, 2, dtype=minidl.float64) @ y, "dot"),
        (lambda y: minidl.nn.functional.softplus(y), "softplus"),
    ],
)
def test_a_kept_input_that_was_changed_is_an_error_naming_the_operator(compute, name):
    y = leaf(1.0, 2.0) * 1
    z = compute(y)
    y.add_(1)
    with pytest.raises(GraphError, match=rf"{name}: a value that its gradient needs was changed in place .*clone\(\)"):
        z.sum().backward()


def test_a_kept_output_that_was_changed_is_an_error():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y[0] = 0.0
    with pytest.raises(GraphError, match="exp: a value that its gradient needs was changed in place"):
        y.sum().backward()


@pytest.mark.parametrize("write", [lambda v: v.T, lambda v: v[0], lambda v: v.view(4), lambda v: v.detach()])
def test_a_change_through_any_view_is_seen(write):
    y = leaf(1.0, 2.0, 3.0, 4.0).reshape(2, 2) * 1
    z = y * y
    write(y).zero_()
    with pytest.raises(GraphError, match="changed in place"):
        z.sum().backward()


def test_what_no_gradient_needs_may_change():
    x = leaf(1.0, 2.0)
    y = x * 3
    z = y + 1
    y.zero_()
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3])


def test_a_leaf_that_requires_a_gradient_is_changed_only_without_recording():
    x = leaf(1.0, 2.0)
    for change in (lambda: x.add_(1), lambda: x[0].zero_(), lambda: x.__setitem__(0, 3.0)):
        with pytest.raises(GraphError, match=r"a leaf that requires a gradient.*no_grad\(\)"):
            change()
    assert x.tolist() == [1, 2]
    with minidl.no_grad():
        x.add_(1)
    assert x.tolist() == [2, 3] and x.requires_grad


def test_a_step_of_an_optimizer_counts_as_a_change():
    x = leaf(1.0)
    z = (x * x).sum()
    z.backward(retain_graph=True)
    minidl.optim.SGD([x], lr=0.1).step()
    with pytest.raises(GraphError, match="changed in place"):
        z.backward()


def test_results_that_do_not_fit_are_refused_and_nothing_is_written():
    x = minidl.ones(2, 3)
    with pytest.raises(ShapeError, match=r"add_: a result of shape \(4, 2, 3\) does not fit .*\(2, 3\)"):
        x.add_(minidl.ones(4, 1, 1))
    with pytest.raises(ShapeError, match="copy_"):
        x.copy_(minidl.ones(3, 2))
    with pytest.raises(DtypeError, match="div_: a result of float32 does not fit into a tensor of int64"):
        minidl.arange(3).div_(2)
    with pytest.raises(GraphError, match=r"several elements share one place in memory.*clone\(\)"):
        minidl.ones(1, 3).expand(2, 3).add_(1)
    assert x.numpy().all()


def test_operators_of_python_write_in_place():
    x = minidl.tensor([1.0, 2.0])
    same = x
    x += 1
    x *= 2
    x -= 1
    x /= 3
    x **= 2
    assert x is same
    np.testing.assert_allclose(x.numpy(), [1, (5 / 3) ** 2], rtol=1e-6)


def test_a_write_is_visible_in_numpys_array_and_back():
    array = np.zeros(3)
    x = minidl.from_numpy(array)
    x[1:] = 5
    array[0] = 1
    assert x.tolist() == [1, 5, 5] and array.tolist() == [1, 5, 5]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1)])
@pytest.mark.parametrize(
    ("write", "compute"),
    [
        (lambda y: y.sin_(), lambda y: y.sin()),
        (lambda y: y.exp_(), lambda y: y.exp()),
        (lambda y: y.pow_(3), lambda y: y**3),
        (lambda y: minidl.nn.functional.relu(y, inplace=True), minidl.nn.functional.relu),
        (lambda y: minidl.nn.functional.silu(y, inplace=True), minidl.nn.functional.silu),
        (lambda y: minidl.nn.functional.mish(y, inplace=True), minidl.nn.functional.mish),
        (lambda y: minidl.nn.functional.elu(y, inplace=True), minidl.nn.functional.elu),
    ],
)
def test_a_write_leaves_its_own_operator_what_the_gradient_needs(write, compute, order):
    x = np.random.default_rng(3).normal(size=(2, 3, 4, 5)).transpose(order)
    results = []
    for function in (write, compute):
        leaf = minidl.from_numpy(x).requires_grad_()
        y = function(leaf * 1)
        y = y * 2
        assert y.stride() == minidl.from_numpy(x).stride()
        results.append((y.detach().numpy(), *minidl.autograd.grad((y * y).sum(), leaf)))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
