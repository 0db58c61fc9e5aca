"""Activations, softmax, embeddings and normalisation at kinks, ties, infinities, NaN and of nothing, as in PyTorch."""

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, derivatives  # noqa: E402 - which needs PyTorch

INF, NAN = float("inf"), float("nan")
KINKS = [-INF, -1e30, -200.0, -88.0, -20.0, -6.0, -3.0, -2.0, -1.0, -0.5, -1e-30, -0.0]
KINKS += [0.0, 1e-30, 0.5, 1.0, 2.0, 3.0, 6.0, 20.0, 88.0, 200.0, 1e30, INF, NAN]


def function(name, **arguments):
    return lambda T, x: getattr(T.nn.functional, name)(x, **arguments)


SECOND_ORDER = {
    "relu": function("relu"),
    "relu6": function("relu6"),
    "leaky_relu": function("leaky_relu"),
    "leaky_relu negative": function("leaky_relu", negative_slope=-0.5),
    "elu": function("elu"),
    "elu 2": function("elu", alpha=2.0),
    "celu": function("celu"),
    "celu -1": function("celu", alpha=-1.0),
    "selu": function("selu"),
    "hardtanh": function("hardtanh"),
    "hardtanh at a point": function("hardtanh", min_val=0.5, max_val=0.5),
    "hardshrink": function("hardshrink"),
    "hardshrink negative": function("hardshrink", lambd=-1.0),
    "softshrink": function("softshrink"),
    "softshrink 0": function("softshrink", lambd=0.0),
    "hardswish": function("hardswish"),
    "threshold": function("threshold", threshold=0.5, value=20.0),
    "rrelu": function("rrelu"),
    "tanhshrink": function("tanhshrink"),
    "softsign": function("softsign"),
    "silu": function("silu"),
}

FIRST_ORDER = {
    "hardsigmoid": function("hardsigmoid"),  # PyTorch has no second derivative
    "mish": function("mish"),  # nor a number for it where it is large
    "softplus": function("softplus"),  # its second derivative at the threshold is zero
    "softplus beta": function("softplus", beta=2.0, threshold=6.0),
    "softplus negative": function("softplus", beta=-2.0, threshold=6.0),
    "logsigmoid": function("logsigmoid"),
    "prelu": lambda T, x: T.nn.functional.prelu(x, T.tensor([0.25]).to(x.dtype)),  # at zero it contradicts its first
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_kinks_to_second_order(name, dtype):
    assert_same(SECOND_ORDER[name], [KINKS], dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FIRST_ORDER)
def test_kinks_to_first_order(name, dtype):
    close = 1e-7 if name == "hardsigmoid" else 0.0  # whose slope PyTorch rounds to float32
    assert_same(FIRST_ORDER[name], [KINKS], dtype, order=1, close=max(close, 3e-6 * (dtype == "float32")))


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_special_numbers(approximate):
    assert_same(function("gelu", approximate=approximate), [KINKS], "float64", order=1, close=1e-9)


@pytest.mark.parametrize("name", ["relu", "hardtanh", "hardswish", "gelu", "silu", "mish", "elu", "softplus", "selu"])
def test_half_precision(name):
    assert_same(function(name), [[-8.0, -3.0, -0.7, 0.0, 0.4, 2.0, 8.0]], "float16", order=1)


@pytest.mark.parametrize("weight", [[0.0], [0.25, -0.5]])
def test_prelu_at_zero_and_infinity(weight):
    x = np.array(KINKS[:24]).reshape(12, 2)
    assert_same(lambda T, x, w: T.nn.functional.prelu(x, w), [x, weight], "float64", order=1)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (3, 0), (2, 3)], ids=str)
def test_softmax_of_odd_shapes(name, shape):
    x = np.linspace(-1, 2, int(np.prod(shape))).reshape(shape)
    for dim in (0, -1):
        assert_same(function(name, dim=dim), [x], "float64")


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 2), (2, 3, 2, 2)], ids=str)
def test_softmax_takes_the_dimension_that_pytorch_takes(shape):
    x = np.linspace(-1, 2, int(np.prod(shape))).reshape(shape)
    with pytest.warns(UserWarning, match="softmax"):
        assert_same(function("softmax"), [x], "float64")


def test_softmax_in_another_dtype():
    assert_same(lambda T, x: T.softmax(x, 0, T.float64), [[1.0, 2.0, 4.0]], "float32", order=0)


@pytest.mark.parametrize("name", ["hardtanh", "relu", "relu6", "threshold"])
def test_integers_stay_integers(name):
    arguments = {"threshold": (1.5, 7), "hardtanh": (-1.7, 2.9)}.get(name, ())
    values = np.array([-7, -1, 0, 1, 2, 9])
    mine, other = (
        getattr(T.nn.functional, name)(make(values), *arguments)
        for T, make in ((minidl, minidl.from_numpy), (torch, torch.from_numpy))
    )
    assert str(mine.dtype) == "int64"
    np.testing.assert_array_equal(mine.numpy(), other.numpy())


IN_PLACE = {
    "relu": (), "relu6": (), "leaky_relu": (0.2,), "elu": (0.7,), "selu": (), "celu": (0.7,), "silu": (), "mish": (),
    "hardtanh": (-0.5, 0.7), "hardswish": (), "hardsigmoid": (), "threshold": (0.1, 5.0), "rrelu": (0.2, 0.2, True),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    """`inplace=True`, by name and by position, and the function with an underscore."""
    operator, underscored = (getattr(minidl.nn.functional, n, None) for n in (name, f"{name}_"))
    forms = [
        lambda T, x: getattr(T.nn.functional, name)(x, *IN_PLACE[name], inplace=True),
        lambda T, x: getattr(T.nn.functional, name)(x, *IN_PLACE[name], True),
    ]
    if underscored is not None:
        forms.append(lambda T, x: getattr(T.nn.functional, f"{name}_")(x, *IN_PLACE[name]))
    for form in forms:

        def program(T, x, form=form):
            y = x * 1
            assert form(T, y) is y
            return y

        assert_same(program, [[-1.5, -0.3, 0.2, 0.6, 2.0]], "float64", order=1, close=1e-7)
    x = minidl.tensor([-1.0, 2.0])
    operator(x, *IN_PLACE[name])
    np.testing.assert_array_equal(x.numpy(), [-1.0, 2.0])


# --- embedding -------------------------------------------------------------------------------------------------------

TABLE = np.linspace(-1, 1, 12).reshape(4, 3)

EMBEDDINGS = {
    "padding": lambda T, w: T.nn.functional.embedding(T.tensor([2, 0, 2, 2]), w, padding_idx=0),
    "padding from the end": lambda T, w: T.nn.functional.embedding(T.tensor([[2, 0], [3, 2]]), w, -2),
    "by frequency": lambda T, w: T.nn.functional.embedding(T.tensor([2, 0, 2, 2]), w, scale_grad_by_freq=True),
    "both": lambda T, w: T.nn.functional.embedding(T.tensor([2, 0, 2, 2]), w, 0, scale_grad_by_freq=True),
    "one": lambda T, w: T.nn.functional.embedding(T.tensor(3), w),
    "none": lambda T, w: T.nn.functional.embedding(T.zeros(0, 2, dtype=T.int64), w),
    "int32": lambda T, w: T.nn.functional.embedding(T.tensor([1, 1], dtype=T.int32), w),
    "top level": lambda T, w: T.embedding(w, T.tensor([2, 0, 2]), 2),
    "bag of ties": lambda T, w: T.nn.functional.embedding_bag(T.tensor([[3, 1, 3]]), w * 0, mode="max"),
    "bag of padding": lambda T, w: T.nn.functional.embedding_bag(T.tensor([[1, 1], [1, 2]]), w, padding_idx=1),
    "empty bags": lambda T, w: T.nn.functional.embedding_bag(T.tensor([3, 1]), w, T.tensor([0, 0, 1, 2]), mode="max"),
    "last offset": lambda T, w: T.nn.functional.embedding_bag(
        T.tensor([3, 1, 0]), w, T.tensor([0, 2, 3]), include_last_offset=True
    ),
    "no bags": lambda T, w: T.nn.functional.embedding_bag(T.zeros(0, 2, dtype=T.int64), w),
    "top-level bag": lambda T, w: T.embedding_bag(w, T.tensor([3, 1, 0]), T.tensor([0, 2]), False, 1)[0],
}


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_embedding(name):
    assert_same(EMBEDDINGS[name], [TABLE], "float64", order=1)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, INF])
def test_max_norm_scales_the_table_in_place(norm_type):
    tables = []
    for T, make in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
        table = make(TABLE.copy() * 3)
        result = T.nn.functional.embedding(T.tensor([0, 2, 0]), table, max_norm=1.0, norm_type=norm_type)
        bags = T.nn.functional.embedding_bag(T.tensor([[3, 2]]), table, max_norm=0.5, norm_type=norm_type)
        tables.append((table.numpy(), result.numpy(), bags.numpy()))
    for mine, other in zip(*tables, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-7)


def test_the_gradients_of_bags_by_frequency():
    """Each row's divided by how often it is in use: here PyTorch divides by the counts of other rows."""
    weight = minidl.tensor(TABLE).requires_grad_()
    numbers, offsets = minidl.tensor([1, 2, 1, 0]), minidl.tensor([0, 1])
    sums = minidl.nn.functional.embedding_bag(numbers, weight, offsets, mode="sum", scale_grad_by_freq=True)
    (g,) = minidl.autograd.grad(sums.sum(), weight)
    np.testing.assert_array_equal(g.numpy(), [[1.0] * 3, [1.0] * 3, [1.0] * 3, [0.0] * 3])


def test_the_bag_of_each_number_and_the_sizes_of_bags():
    weight, indices, offsets = minidl.tensor(TABLE), minidl.tensor([1, 1, 2, 0]), minidl.tensor([0, 0, 3])
    _, bags, sizes, rows = minidl.embedding_bag(weight, indices, offsets, mode=2)
    theirs = torch.embedding_bag(torch.tensor(TABLE), torch.tensor([1, 1, 2, 0]), torch.tensor([0, 0, 3]), mode=2)
    np.testing.assert_array_equal(bags.numpy(), [1, 1, 1, 2])
    np.testing.assert_array_equal(sizes.numpy(), theirs[2].numpy())
    np.testing.assert_array_equal(rows.numpy()[1:], theirs[3].numpy()[1:])


@pytest.mark.parametrize("classes", [[], [0], [[2, 0], [1, 2]], 3], ids=str)
@pytest.mark.parametrize("count", [-1, 5])
def test_one_hot(classes, count):
    values = np.array(classes, np.int64)
    if count == -1 and not values.size:
        return
    mine = minidl.nn.functional.one_hot(minidl.from_numpy(values), count)
    other = torch.nn.functional.one_hot(torch.from_numpy(values), count)
    assert str(mine.dtype) == "int64"
    np.testing.assert_array_equal(mine.numpy(), other.numpy())


# --- normalisation ---------------------------------------------------------------------------------------------------

CONSTANT = np.full((2, 4, 3), 5.0)

NORMS = {
    "layer_norm": lambda T, x: T.nn.functional.layer_norm(x, (3,)),
    "rms_norm": lambda T, x: T.nn.functional.rms_norm(x, (4, 3)),
    "group_norm": lambda T, x: T.nn.functional.group_norm(x, 2),
    "instance_norm": lambda T, x: T.nn.functional.instance_norm(x),
    "batch_norm": lambda T, x: T.nn.functional.batch_norm(x, None, None, training=True),
    "local_response_norm": lambda T, x: T.nn.functional.local_response_norm(x, 3),
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("x", [CONSTANT, CONSTANT[:0], CONSTANT[:, :, :0]], ids=["constant", "no samples", "no places"])
def test_normalisation_without_variance_or_of_nothing(name, x):
    if name == "layer_norm" and not x.shape[2]:
        return
    if name == "rms_norm" and not x.shape[2]:
        return
    assert_same(NORMS[name], [x], "float64", order=1, close=1e-6)


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_normalisation_of_large_numbers(name, dtype):
    offset = 1e4 if dtype == "float32" else 3 if name in ("batch_norm", "instance_norm") else 300
    x = np.random.default_rng(2).standard_normal((2, 4, 3)) + offset
    mine, other = (derivatives(T, NORMS[name], [x], dtype, 0)[0] for T in (minidl, torch))
    assert mine.dtype == other.dtype == dtype
    np.testing.assert_allclose(mine, other, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics(name):
    x = np.random.default_rng(4).standard_normal((3, 2, 4))
    kept = []
    for T, make in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
        mean, variance = make(np.array([0.5, -1.0])), make(np.array([2.0, 0.5]))
        flags = {"training": True} if name == "batch_norm" else {}
        trained = getattr(T.nn.functional, name)(make(x.copy()), mean, variance, momentum=0.3, **flags)
        flags = {} if name == "batch_norm" else {"use_input_stats": False}
        used = getattr(T.nn.functional, name)(make(x.copy()), mean, variance, **flags)
        kept.append([part.numpy() for part in (mean, variance, trained, used)])
    for mine, other in zip(*kept, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_the_top_level_form_takes_the_weight_first(name):
    def program(T, x, w, b):
        statistics = T.tensor([0.5, 1.0]).to(x.dtype), T.tensor([2.0, 0.5]).to(x.dtype)
        return getattr(T, name)(x, w, b, *statistics, True, 0.1, 1e-5, False)

    x = np.random.default_rng(5).standard_normal((3, 2, 4))
    assert_same(program, [x, [0.5, 2.0], [1.0, -1.0]], "float64", order=1, close=1e-9)


def test_weights_of_float32_beside_float16():
    def program(T, x):
        weight = T.tensor([0.5, 2.0, 1.0, 3.0])
        return T.nn.functional.group_norm(x, 2, weight) + T.nn.functional.batch_norm(x, weight, weight)

    x = np.random.default_rng(6).standard_normal((2, 4, 3))
    assert_same(program, [x], "float16", order=0)
