"""What a Tensor promises besides its operators."""

import copy

import numpy as np
import pytest

import minidl
from minidl.errors import DeviceError, DtypeError, GraphError, MinidlError, ShapeError


def leaf(*values):
    return minidl.tensor(list(values), requires_grad=True)


# --- what it is ---------------------------------------------------------------------------------------------------


def test_shape_and_size():
    x = minidl.zeros(2, 3, 4)
    assert x.shape == (2, 3, 4) == x.size() and repr(x.shape) == "minidl.Size([2, 3, 4])"
    assert x.size(-1) == 4 and x.ndim == x.dim() == 3 and x.numel() == x.shape.numel() == 24 and len(x) == 2
    assert x.stride() == (12, 4, 1) and x.is_contiguous() and not x.T.is_contiguous()
    with pytest.raises(ShapeError, match=r"size: dim 3 of a tensor with shape \(2, 3, 4\)"):
        x.size(3)


def test_iteration_goes_over_the_first_dimension_and_keeps_the_graph():
    x = minidl.arange(6).float().reshape(3, 2).requires_grad_()
    rows = list(x)
    assert [row.tolist() for row in rows] == [[0, 1], [2, 3], [4, 5]]
    rows[1].sum().backward()
    assert x.grad.tolist() == [[0, 0], [1, 1], [0, 0]]


def test_truth_needs_one_element():
    assert minidl.tensor(1.5) and not minidl.tensor([0])
    with pytest.raises(ShapeError, match=r"bool: int64\(2,\) has no one truth value; use .any\(\) or .all\(\)"):
        bool(minidl.tensor([1, 2]))


def test_tensors_are_told_apart_by_identity():
    a, b = minidl.ones(1), minidl.ones(1)
    assert len({a, b, a}) == 2
    assert (a == b).item() is True and 1.0 in a and 2.0 not in a


# --- values -------------------------------------------------------------------------------------------------------


def test_python_numbers():
    assert isinstance(minidl.tensor(3).item(), int) and isinstance(minidl.tensor([[2.5]]).item(), float)
    assert (float(minidl.tensor(2)), int(minidl.tensor(2.9)), [10, 20, 30][minidl.tensor(1)]) == (2.0, 2, 20)
    assert minidl.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert f"{minidl.tensor(3.14159):.2f}" == "3.14"
    with pytest.raises(ShapeError, match=r"item: float32\(2,\) has 2 elements, needs 1; use tolist\(\)"):
        minidl.ones(2).item()
    with pytest.raises(DtypeError, match="float32 is no whole number"):
        [1, 2][minidl.tensor(1.0)]


def test_numpy_shares_memory_and_refuses_a_tensor_with_gradient():
    x = minidl.zeros(2)
    x.numpy()[0] = 1
    np.asarray(x)[1] = 2
    assert x.tolist() == [1, 2]
    for use in (lambda: leaf(1.0).numpy(), lambda: np.asarray(leaf(1.0))):
        with pytest.raises(GraphError, match=r"this tensor requires a gradient; use tensor.detach\(\).numpy\(\)"):
            use()


def test_numpy_functions_take_tensors():
    x = minidl.tensor([1.0, 4.0])
    np.testing.assert_array_equal(np.sqrt(x), [1, 2])
    assert np.mean(x) == 2.5
    np.testing.assert_array_equal(np.array(x, dtype=np.float64), [1, 4])


def test_arrays_and_tensors_mix_in_operators():
    x = leaf(1.0, 2.0)
    array = np.array([3.0, 4.0], np.float32)
    for result in (array * x, x * array, np.float32(3) * x):
        assert isinstance(result, minidl.Tensor) and result.requires_grad
    np.testing.assert_array_equal((array - x).detach().numpy(), [2, 2])
    assert (np.float64(2) * x).dtype == minidl.float32


# --- copies and views ---------------------------------------------------------------------------------------------


def test_detach_and_data_share_memory_outside_the_graph():
    x = leaf(1.0, 2.0)
    y = x * 2
    for outside in (y.detach(), y.data):
        assert not outside.requires_grad and outside.array is y.array
    x.data = minidl.tensor([5.0, 6.0])
    assert x.tolist() == [5, 6] and x.requires_grad
    with pytest.raises(ShapeError, match=r"data: \(3,\) in place of \(2,\)"):
        x.data = minidl.ones(3)


def test_views_share_memory_and_reshape_copies_only_when_it_must():
    x = minidl.arange(6)
    for view in (x.view(2, 3), x.reshape(3, 2), x[1:], x.view(2, 3).T, x.expand(2, 6), x.unsqueeze(0), x.flatten()):
        assert np.shares_memory(view.array, x.array)
    transposed = x.view(2, 3).T
    assert not np.shares_memory(transposed.reshape(6).array, x.array)
    with pytest.raises(ShapeError, match=r"view: \(3, 2\) .* cannot be seen as \(6,\) without a copy; use reshape\(\)"):
        transposed.view(6)
    with pytest.raises(ShapeError, match=r"reshape: \(6,\) has 6 elements and cannot become \(4, -1\)"):
        x.reshape(4, -1)


def test_copies_are_independent():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    for copied in (copy.deepcopy(x), x.clone()):
        with minidl.no_grad():
            copied.zero_()
        assert x.tolist() == [1, 2]
    deep = copy.deepcopy(x)
    assert deep.requires_grad and deep.grad.tolist() == [2, 4] and deep.grad is not x.grad
    with pytest.raises(GraphError, match=r"deepcopy: only leaves can be copied; detach\(\)"):
        copy.deepcopy(x * 2)


# --- dtype and device ---------------------------------------------------------------------------------------------


def test_to_takes_what_pytorchs_does():
    x = minidl.ones(2)
    assert x.to(minidl.float64).dtype == x.double().dtype == x.to(minidl.zeros(1).double()).dtype == minidl.float64
    assert x.to("cpu") is x and x.to(device="cpu", dtype=minidl.int64).dtype == minidl.int64 and x.cpu() is x
    assert x.long().dtype == minidl.int64 and x.bool().dtype == minidl.bool and x.half().dtype == minidl.float16
    with pytest.raises(DeviceError, match="device 'cuda:0' is not available"):
        x.to("cuda:0")


def test_only_floats_have_gradients():
    with pytest.raises(DtypeError, match=r"only floats have gradients, this is int64; use .float\(\)"):
        minidl.arange(3).requires_grad_()
    with pytest.raises(GraphError, match=r"a computed tensor cannot stop requiring a gradient; use detach\(\)"):
        (leaf(1.0) * 2).requires_grad = False


def test_is_leaf_and_grad_fn():
    x = leaf(1.0)
    assert x.is_leaf and x.grad_fn is None
    y = minidl.tanh(x)
    assert not y.is_leaf and y.grad_fn.name == "TanhBackward"
    assert repr(y).endswith("grad_fn=<TanhBackward>)") and repr(x).endswith("requires_grad=True)")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: minidl.ones(2, 3) @ minidl.ones(2, 3), r"matmul: \(2, 3\) @ \(2, 3\): inner sizes 3 and 2 differ"),
        (lambda: minidl.ones(2) @ minidl.ones(2).double(), "matmul: float32 @ float64: needs one dtype"),
        (lambda: minidl.ones(2) + minidl.ones(3), r"add: got float32\(2,\), float32\(3,\)"),
        (lambda: minidl.ones(2)[5], "index: .*out of bounds"),
        (lambda: minidl.ones(2)[minidl.ones(1)], "a tensor of float32 cannot index; use integers or booleans"),
        (lambda: minidl.ones(2, 3).sum(2), r"sum: dim 2 of a tensor with shape \(2, 3\)"),
        (lambda: minidl.ones(2, 3).sum((0, 0)), "sum: dim 0 appears twice"),
        (lambda: minidl.arange(3).mean(), r"mean: got int64, needs a floating dtype; use x.float\(\).mean\(\)"),
        (lambda: minidl.zeros(0).max(), "max"),
        (lambda: minidl.zeros(0, 2).amax(0), "amax: nothing to choose from along dim 0"),
        (lambda: minidl.cat([minidl.ones(2), minidl.ones(2, 2)]), r"cat: \(2,\) and \(2, 2\) differ outside dim 0"),
        (lambda: minidl.cat([]), "cat: got no tensors"),
        (lambda: minidl.stack([minidl.ones(2), minidl.ones(3)]), r"stack: \(2,\) and \(3,\) differ"),
        (lambda: minidl.ones(2, 3).expand(2, 4), r"expand: \(2, 3\) cannot be repeated to \(2, 4\)"),
        (lambda: minidl.ones(2, 3).permute(0, 0), r"permute: \(0, 0\) is no order"),
        (lambda: minidl.ones(5).split([2, 2]), r"split: sizes \[2, 2\] sum to 4, dim 0 of \(5,\) has 5"),
        (lambda: minidl.ones(2, 2, 2).t(), r"t: got shape \(2, 2, 2\), needs at most 2 dimensions"),
        (lambda: minidl.ones(2).clamp(), "clamp: got neither min nor max"),
        (lambda: minidl.ones(2, 2).gather(1, minidl.tensor([[2]])), "gather: an index is outside 0 to 1"),
        (lambda: minidl.ones(2, 2).softmax(2), r"softmax: dim 2 of a tensor with shape \(2, 2\)"),
    ],
)
def test_a_misuse_is_one_line_that_names_the_operator_and_the_shapes(action, message):
    with pytest.raises(MinidlError, match=message) as caught:
        action()
    assert "\n" not in str(caught.value)
