"""How an operator is declared, what its node keeps, and how it refuses."""

import math

import numpy as np
import pytest

import minidl
from minidl.autograd import grad, primitive
from minidl.autograd.calling import plainly
from minidl.errors import DtypeError, GraphError, ShapeError


@primitive
def scaled_product(a, b, scale):
    """a * b * scale"""
    return a * b * scale


@scaled_product.gradient("a")
def _(g, b, scale):
    return g * b * scale


@scaled_product.gradient("b")
def _(g, a, scale):
    return g * a * scale


def leaf(*shape):
    return minidl.randn(*shape, dtype=minidl.float64).requires_grad_()


def test_arrays_in_arrays_out_and_tensors_in_tensors_out():
    array = np.array([2.0, 3.0])
    plain = scaled_product(array, array, 2)
    assert type(plain) is np.ndarray and plain.tolist() == [8, 18]
    wrapped = scaled_product(minidl.from_numpy(array), array, 2)
    assert isinstance(wrapped, minidl.Tensor) and wrapped.grad_fn is None
    assert scaled_product.__doc__ == "a * b * scale"


def test_only_what_the_needed_rules_name_is_kept():
    a, b = leaf(3), leaf(3)
    constant = minidl.ones(3, dtype=minidl.float64)
    assert [id(v) for v in scaled_product(a, constant, 2).grad_fn.kept] == [id(constant.array), id(2)]
    both = scaled_product(a, b, 2).grad_fn.kept
    assert {id(v) for v in both if isinstance(v, np.ndarray)} == {id(a.array), id(b.array)}
    assert (a + b).grad_fn.kept == ()


def test_a_shape_is_kept_without_its_array():
    @primitive
    def total(x):
        return x.sum()

    @total.gradient("x")
    def _(g, x_shape):
        return np.ones(x_shape) * g

    x = leaf(2, 3)
    y = total(x)
    assert y.grad_fn.kept == [(2, 3)]
    np.testing.assert_array_equal(grad(y, x)[0].numpy(), np.ones((2, 3)))


def test_gradients_are_summed_to_the_shape_and_cast_to_the_dtype_of_the_input():
    a = minidl.ones(3, 1).requires_grad_()
    b = minidl.ones(2, 1, 4, dtype=minidl.float64)
    (g,) = grad(scaled_product(a, b, 1).sum(), a)
    assert g.dtype == minidl.float32
    np.testing.assert_array_equal(g.numpy(), np.full((3, 1), 8))


def test_several_outputs_and_a_rule_for_all_inputs():
    @primitive(outputs=("total", "difference", "order"))
    def butterfly(a, b):
        return a + b, a - b, np.argsort(a)

    @butterfly.gradient("a", "b")
    def _(g):
        first, second = (0.0 if part is None else part for part in g[:2])
        return first + second, first - second

    a, b = leaf(3), leaf(3)
    total, difference, order = butterfly(a, b)
    assert not order.requires_grad and total.grad_fn.name == "ButterflyBackward"
    ga, gb = grad((total * 2 + difference * 3).sum(), [a, b])
    np.testing.assert_array_equal(ga.numpy(), [5, 5, 5])
    np.testing.assert_array_equal(gb.numpy(), [-1, -1, -1])
    (gb,) = grad(butterfly(a, b)[1].sum(), b)
    np.testing.assert_array_equal(gb.numpy(), [-1, -1, -1])


def test_a_rule_for_several_inputs_goes_before_their_own_where_all_want_a_gradient():
    ran = []

    @primitive
    def product(a, b, c):
        return a * b * c

    @product.gradient("a")
    def _(g, b, c):
        ran.append("a")
        return g * b * c

    @product.gradient("b")
    def _(g, a, c):
        ran.append("b")
        return g * a * c

    @product.gradient("c")
    def _(g, a, b):
        ran.append("c")
        return g * a * b

    @product.gradient("b", "c")
    def _(g, a, b, c):
        ran.append("b and c")
        return g * a * c, g * a * b

    values = leaf(), leaf() + 1, leaf() + 2
    for wanted, rules in [
        ((0, 1, 2), ["a", "b and c"]),
        ((1, 2), ["b and c"]),
        ((0, 1), ["a", "b"]),
        ((2,), ["c"]),
    ]:
        ran.clear()
        inputs = [value.detach().requires_grad_(i in wanted) for i, value in enumerate(values)]
        found = grad(product(*inputs), [inputs[i] for i in wanted])
        assert sorted(ran) == rules
        whole = math.prod(value.item() for value in inputs)
        np.testing.assert_allclose([g.item() * inputs[i].item() for i, g in zip(wanted, found, strict=True)], whole)


def test_any_number_of_inputs():
    @primitive
    def joined(axis, *parts):
        return np.concatenate(parts, axis)

    @joined.gradient("parts")
    def _(g, axis, parts_shape):
        ends = np.cumsum([shape[axis] for shape in parts_shape])
        return np.split(g, ends[:-1], axis)

    a, b = leaf(2, 1), leaf(2, 3)
    weights = np.arange(8.0).reshape(2, 4)
    ga, gb = grad((joined(1, a, b) * minidl.from_numpy(weights)).sum(), [a, b])
    np.testing.assert_array_equal(ga.numpy(), weights[:, :1])
    np.testing.assert_array_equal(gb.numpy(), weights[:, 1:])


def test_a_view_shares_memory_and_is_written_through():
    @primitive(view=True)
    def diagonal(x):
        return np.einsum("ii->i", x)

    @diagonal.gradient("x")
    def _(g):
        return np.diag(g)

    x = minidl.zeros(2, 2)
    view = diagonal(x)
    view.add_(1)
    assert x.tolist() == [[1, 0], [0, 1]]


def test_a_rule_that_names_something_unknown_is_refused_when_declared():
    with pytest.raises(GraphError, match="its rule takes z, which is no input, output or <input>_shape"):

        @scaled_product.gradient("a")
        def _(g, z):
            return g


def test_an_input_without_a_rule_is_named():
    product = scaled_product(leaf(2), leaf(2), leaf(2))
    with pytest.raises(GraphError, match=r"scaled_product has no gradient for its input scale; detach\(\) it"):
        product.sum().backward()


def test_results_of_integers_have_no_gradient():
    assert not minidl.eq(leaf(3), leaf(3)).requires_grad
    assert not leaf(3).long().requires_grad


def test_errors_name_the_operator_and_what_it_got():
    with pytest.raises(ShapeError, match=r"^scaled_product: got float64\(2,\), float64\(3,\), 2: operands could not"):
        scaled_product(leaf(2), leaf(3), 2)
    with pytest.raises(DtypeError, match=r"^mul: got str where a tensor or a number is needed"):
        minidl.mul(minidl.ones(2), "two")
    with pytest.raises(DtypeError, match=r"^sin: "):
        minidl.sin()


def test_arguments_may_be_given_by_name():
    a, b = leaf(3), leaf(3)
    for result in (minidl.maximum(input=a, other=b), minidl.maximum(other=b, input=a), minidl.maximum(a, other=b)):
        np.testing.assert_array_equal(result.detach().numpy(), np.maximum(a.detach().numpy(), b.detach().numpy()))
    assert minidl.round(a.detach() * 0 + 1.26, decimals=1).tolist() == [1.3] * 3
    assert minidl.round(a.detach() * 0 + 1.26).tolist() == [1] * 3


@pytest.mark.parametrize(
    "call",
    [
        lambda a, b: minidl.maximum(a),
        lambda a, b: minidl.maximum(other=b),
        lambda a, b: minidl.maximum(a, b, b),
        lambda a, b: minidl.maximum(a, b, input=a),
        lambda a, b: minidl.maximum(a, b, b, b),
        lambda a, b: minidl.maximum(a, b, name=b),
        lambda a, b: minidl.exp(a, b),
        lambda a, b: minidl.exp(a, b, b),
    ],
)
def test_other_arguments_than_an_operator_takes_are_refused(call):
    a, b = minidl.zeros(3), minidl.zeros(3)
    with pytest.raises(TypeError):
        call(a, b)
    assert b.tolist() == [0, 0, 0]  # and not taken for `out`


def test_one_output_of_several_is_a_tuple_all_the_same():
    @primitive(outputs=("doubled",))
    def double(x):
        return (x * 2,)

    @double.gradient("x")
    def _(g):
        return g[0] * 2

    x = leaf(3)
    (y,) = double(x)
    np.testing.assert_array_equal(grad(y.sum(), x)[0].numpy(), [2, 2, 2])


def test_a_gradient_of_a_wrong_shape_is_named():
    @primitive
    def doubled(x):
        return x * 2

    @doubled.gradient
    def _(g):
        return np.ones(7)

    with pytest.raises(ShapeError, match=r"DoubledBackward: gradient of shape \(7,\) for an input of shape \(2,\)"):
        doubled(leaf(2)).sum().backward()


@pytest.mark.parametrize(
    ("operator", "args"),
    [
        (minidl.ops.arithmetic.add, (2,)),
        (minidl.ops.arithmetic.mul, (2,)),
        (minidl.ops.activation.tanh, ()),
        (minidl.ops.elementwise.log, ()),
        (minidl.ops.shape.view_as_shape, ((3, 2),)),
        (minidl.ops.reduction.plain_sum, ((0,), True)),
        (minidl.ops.comparison.lt, (1,)),
        (minidl.ops.extremes._greatest_along, (0, False)),
        (minidl.ops.comparison.clip, (-1, minidl.ones(3))),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("wanted", [True, False])
def test_the_written_out_call_does_what_the_plain_one_does(operator, args, wanted):
    x = minidl.rand(2, 3).add_(0.5).requires_grad_(wanted)
    written, plain = operator(x, *args), plainly(operator.primitive, operator, (x, *args))
    for a, b in zip(*((r if isinstance(r, tuple) else (r,)) for r in (written, plain)), strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
        assert (a.requires_grad, a._view is None, a.grad, a.hooks) == (
            b.requires_grad,
            b._view is None,
            b.grad,
            b.hooks,
        )
        assert (a.version is x.version) == (b.version is x.version)
        if a.grad_fn is None:
            assert b.grad_fn is None
            continue
        first, second = (getattr(r.grad_fn, "node", r.grad_fn) for r in (a, b))
        assert (first.name, first.shape, first.dtype) == (second.name, second.shape, second.dtype)
        assert first.plan is second.plan and list(first.edges) == list(second.edges)
        assert [np.shape(k) for k in first.kept] == [np.shape(k) for k in second.kept]
        assert [seen for _, seen in first.watched] == [seen for _, seen in second.watched]


def test_the_shapes_of_variadic_inputs_are_kept_together_in_both_forms():
    operator = minidl.ops.joining._concatenate
    parts = (leaf(2, 3), leaf(1, 3), minidl.zeros(4, 3, dtype=minidl.float64))
    for joined in (operator(0, *parts), plainly(operator.primitive, operator, (0, *parts))):
        assert joined.grad_fn.kept == [0, [(2, 3), (1, 3), (4, 3)]]
