"""Broadcasting, indexing and reductions on whatever shapes hypothesis thinks of, against NumPy."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minidl
from minidl.autograd import grad
from minidl.errors import ShapeError

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
FLOATS = st.floats(-100, 100, allow_subnormal=False)


def arrays(shape):
    return hnp.arrays(np.float64, shape, elements=FLOATS)


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=4), st.data())
@pytest.mark.parametrize("name", ["add", "sub", "mul", "maximum", "minimum", "eq", "lt", "ge"])
def test_operands_broadcast_and_their_gradients_sum_back(name, shapes, data):
    a, b = (data.draw(arrays(shape)) for shape in shapes.input_shapes)
    twin = {"sub": "subtract", "mul": "multiply", "eq": "equal", "lt": "less", "ge": "greater_equal"}.get(name, name)
    x, y = (minidl.from_numpy(v).requires_grad_() for v in (a, b))
    result = getattr(minidl, name)(x, y)
    expected = getattr(np, twin)(a, b)
    assert result.shape == shapes.result_shape
    np.testing.assert_array_equal(result.detach().numpy(), expected)
    if name in ("add", "mul"):
        gx, gy = grad(result.sum(), [x, y])
        slope = np.broadcast_arrays(np.ones_like(a), b)[name == "mul"]
        lead = slope.ndim - a.ndim
        stretched = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(a.shape) if n != slope.shape[i + lead])
        np.testing.assert_allclose(gx.numpy(), slope.sum(stretched).reshape(a.shape), atol=1e-10)
        assert gy.shape == b.shape


@given(SHAPES, SHAPES)
def test_shapes_that_do_not_broadcast_are_named(first, second):
    a, b = np.ones(first), np.ones(second)
    try:
        np.broadcast_shapes(first, second)
    except ValueError:
        with pytest.raises(ShapeError, match=r"add: got float64.*float64"):
            minidl.add(minidl.from_numpy(a), minidl.from_numpy(b))
    else:
        assert (minidl.from_numpy(a) + minidl.from_numpy(b)).shape == np.broadcast_shapes(first, second)


@given(st.data())
@settings(max_examples=300)
def test_every_index_selects_what_numpy_selects_and_writes_where_numpy_writes(data):
    array = data.draw(arrays(hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)))
    basic = hnp.basic_indices(array.shape, allow_newaxis=True)
    index = data.draw(basic | hnp.integer_array_indices(array.shape))
    x = minidl.from_numpy(array.copy()).requires_grad_()
    as_tensors = tuple(minidl.from_numpy(i) for i in index) if isinstance(index, tuple) and _of_arrays(index) else index
    picked = x[as_tensors]
    np.testing.assert_array_equal(picked.detach().numpy(), array[index])
    (g,) = grad(picked.sum(), x)
    counts = np.zeros_like(array)
    np.add.at(counts, index, 1.0)
    np.testing.assert_array_equal(g.numpy(), counts)
    written, expected = minidl.from_numpy(array.copy()), array.copy()
    written[as_tensors] = 7.0
    expected[index] = 7.0
    np.testing.assert_array_equal(written.numpy(), expected)


def _of_arrays(index):
    return all(isinstance(part, np.ndarray) for part in index)


@given(st.data())
def test_a_mask_selects_what_numpy_selects(data):
    array = data.draw(arrays(hnp.array_shapes(max_dims=3, max_side=4)))
    mask = data.draw(hnp.arrays(bool, array.shape[: data.draw(st.integers(1, array.ndim))]))
    np.testing.assert_array_equal(minidl.from_numpy(array)[minidl.from_numpy(mask)].numpy(), array[mask])


@given(st.data())
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "all", "any"])
def test_reductions_over_any_dimensions(name, data):
    array = data.draw(arrays(SHAPES))
    dims = data.draw(st.none() | st.sets(st.integers(0, max(array.ndim - 1, 0)), max_size=array.ndim).map(tuple))
    keepdim = data.draw(st.booleans())
    axes = dims or (() if dims == () and name in ("all", "any") else tuple(range(array.ndim)))
    count = int(np.prod([array.shape[i] for i in axes]))
    assume(count > (name == "var") or name in ("sum", "all", "any"))
    if name == "var":
        result, expected = (
            minidl.var(minidl.from_numpy(array), dims, keepdim=keepdim),
            np.var(array, axes, ddof=1, keepdims=keepdim),
        )
    else:
        result = getattr(minidl, name)(minidl.from_numpy(array), dims, keepdim)
        expected = getattr(np, name)(array, axis=axes, keepdims=keepdim)
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-12, atol=1e-11)


@given(arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)), st.data())
def test_extremes_with_indices_find_the_first(array, data):
    array = np.round(array / 50)  # so that there are ties
    dim = data.draw(st.integers(-array.ndim, array.ndim - 1))
    for name, twin in (("max", np.argmax), ("min", np.argmin)):
        values, indices = getattr(minidl, name)(minidl.from_numpy(array), dim)
        np.testing.assert_array_equal(indices.numpy(), twin(array, dim))
        np.testing.assert_array_equal(values.numpy(), getattr(np, name)(array, dim))


@given(st.data())
def test_products_of_batches(data):
    batch = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    n, k, m = (data.draw(st.integers(0, 4)) for _ in range(3))
    a, b = (data.draw(arrays(shape + size)) for shape, size in zip(batch.input_shapes, ((n, k), (k, m)), strict=True))
    np.testing.assert_allclose((minidl.from_numpy(a) @ minidl.from_numpy(b)).numpy(), a @ b, rtol=1e-12, atol=1e-9)
