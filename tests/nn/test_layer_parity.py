"""Layers against PyTorch's, with the same weights: results, gradients, running statistics, states, printing."""

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from layer_samples import SAMPLES
from twins import CLOSE, assert_alike, assert_close, described, inputs_of, run, spread, twins

import minidl
from minidl import nn

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

DTYPES = list(CLOSE)

NAMES = [repr(build(nn)) for build, *_ in SAMPLES]

IDS = [f"{name}-{[getattr(i, 'shape', i) for i in inputs]}" for name, (_, *inputs) in zip(NAMES, SAMPLES, strict=True)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_layer_equals_pytorchs(sample, dtype):
    build, *inputs = sample
    ours, theirs = twins(build, dtype)
    for seed, training in enumerate([True, True, True, False]):
        assert_alike(ours.train(training), theirs.train(training), inputs, dtype, seed)
    assert described(ours.state_dict()) == described(theirs.state_dict())
    for key, value in ours.state_dict().items():
        assert_close(value, theirs.state_dict()[key], dtype)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_layer_prints_as_pytorchs(sample):
    assert repr(sample[0](nn)) == repr(sample[0](torch.nn))


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s[0](nn).state_dict()])
def test_pytorchs_state_is_taken(sample):
    build, *inputs = sample
    torch.manual_seed(0)
    ours, theirs = build(nn), build(torch.nn)
    theirs.float()
    ours.float().load_state_dict(
        {key: minidl.from_numpy(value.numpy(force=True)) for key, value in theirs.state_dict().items()}
    )
    assert_alike(ours.eval(), theirs.eval(), inputs, "float32")


@pytest.mark.parametrize("name", ["ReLU", "ReLU6", "LeakyReLU", "ELU", "CELU", "SELU", "SiLU", "Mish", "Hardtanh",
                                  "Hardsigmoid", "Hardswish", "RReLU"])  # fmt: skip
def test_an_activation_writes_into_its_input(name):
    x, their_x = minidl.from_numpy(spread(5, 7)), torch.from_numpy(spread(5, 7))
    y = getattr(nn, name)(inplace=True).eval()(x)
    their_y = getattr(torch.nn, name)(inplace=True).eval()(their_x)
    assert y is x
    assert_close(x, their_x, "float64")
    assert_close(y, their_y, "float64")


@pytest.mark.parametrize(
    ("build", "shape", "output_size"),
    [
        (lambda N: N.ConvTranspose1d(3, 5, 3, stride=3), (2, 3, 4), [13]),
        (lambda N: N.ConvTranspose1d(3, 5, 3, stride=3), (3, 4), (5, 14)),
        (lambda N: N.ConvTranspose2d(3, 5, 3, stride=2, padding=1), (2, 3, 4, 5), (8, 9)),
        (lambda N: N.ConvTranspose2d(3, 5, 3, stride=2, padding=1), (2, 3, 4, 5), (2, 5, 7, 10)),
        (lambda N: N.ConvTranspose3d(3, 2, 2, stride=2, dilation=2), (1, 3, 2, 3, 4), (6, 7, 9)),
    ],
)
def test_a_transposed_convolution_gives_the_size_wanted(build, shape, output_size):
    ours, theirs = twins(build, "float64")
    assert_alike(ours, theirs, [shape], "float64", output_size=output_size)


def test_hardsigmoid_equals_pytorchs_in_its_precision():  # which has a slope of 1 / 6 rounded to float32
    assert_alike(*twins(lambda N: N.Hardsigmoid(), "float32"), [(3, 5, 7)], "float32")


@pytest.mark.parametrize(("shape", "output_size"), [
    ((2, 3, 6, 8), None),
    ((2, 3, 7, 9), (7, 9)),
    ((3, 7, 9), (7, 9)),
])  # fmt: skip
def test_maxima_return_to_their_places(shape, output_size):
    found = []
    for N in (nn, torch.nn):
        [x] = inputs_of(N, [shape], "float64", 0)
        values, places = N.MaxPool2d(2, return_indices=True)(x)
        found.append(run(N.MaxUnpool2d(2), [values.detach().requires_grad_(), places], output_size=output_size))
    for mine, other in zip([*found[0][0], *found[0][1]], [*found[1][0], *found[1][1]], strict=True):
        assert_close(mine, other, "float64")


@pytest.mark.parametrize("padding_idx", [None, 3])
def test_rows_in_a_bag_have_factors(padding_idx):
    ours, theirs = twins(lambda N: N.EmbeddingBag(10, 4, mode="sum", padding_idx=padding_idx), "float64")
    numbers = np.random.default_rng(6).integers(0, 10, 12)
    for layer, N in ((ours, nn), (theirs, torch.nn)):
        layer.sample = inputs_of(N, [numbers, np.array([0, 3, 9]), (12,)], "float64", 0)
    assert_close(ours(*ours.sample), theirs(*theirs.sample), "float64")


def emptied(build, *inputs):
    """The same layer with an empty batch."""
    return build, *((0, *i[1:]) if isinstance(i, tuple) and i else i[:0] if np.ndim(i) else i for i in inputs)


def passes_in_pytorch(build, *inputs):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            run(build(torch.nn).double(), inputs_of(torch.nn, inputs, "float64", 0))
        except (RuntimeError, ValueError, IndexError, UserWarning):
            return False
    return True


def dimensions(sample):
    """Of the first input."""
    return len(sample[1]) if isinstance(sample[1], tuple) else sample[1].ndim


MOST: dict[str, int] = {}
"""The most dimensions that each layer is called with; fewer are those of a single sample."""

for name, sample in zip(NAMES, SAMPLES, strict=True):
    MOST[name] = max(MOST.get(name, 0), dimensions(sample))

BATCHES = [sample for name, sample in zip(NAMES, SAMPLES, strict=True) if dimensions(sample) == MOST[name]]

EMPTY = [e for e in (emptied(*sample) for sample in BATCHES) if passes_in_pytorch(*e)]


@pytest.mark.parametrize("sample", EMPTY, ids=[repr(sample[0](nn)) for sample in EMPTY])
def test_an_empty_batch_passes_where_it_passes_pytorchs(sample):
    build, *inputs = sample
    ours, theirs = twins(build, "float64")
    for training in (True, False):
        assert_alike(ours.train(training), theirs.train(training), inputs, "float64")


def test_most_layers_take_an_empty_batch():
    assert len(EMPTY) > 180


def test_an_empty_batch_leaves_running_statistics_as_they_are():
    layer = nn.InstanceNorm1d(3, track_running_stats=True)
    layer(minidl.zeros(0, 3, 5))
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]


def test_adaptive_softmax_knows_all_classes():
    ours, theirs = twins(lambda N: N.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0), "float64")
    x, their_x = (inputs_of(N, [(30, 8)], "float64", 0)[0] for N in (nn, torch.nn))
    assert_close(ours.log_prob(x), theirs.log_prob(their_x), "float64")
    np.testing.assert_allclose(ours.log_prob(x).exp().sum(1).detach().numpy(), 1, rtol=1e-12)
    assert_close(ours.predict(x), theirs.predict(their_x), "float64")
    np.testing.assert_array_equal(ours.predict(x).numpy(), theirs.predict(their_x).numpy())


LAZY = [
    (lambda N: N.LazyLinear(5), (2, 3, 7)),
    (lambda N: N.LazyLinear(5, bias=False), (7,)),
    *[
        (lambda N, name=name, n=n, options=options: getattr(N, f"{name}{n}d")(4, 2, **options), shape)
        for name, options in [("LazyConv", {"groups": 2, "padding": 1}), ("LazyConvTranspose", {"stride": 2})]
        for n, batch in {1: (2, 4, 7), 2: (2, 4, 5, 6), 3: (2, 4, 3, 4, 5)}.items()
        for shape in (batch, batch[1:])
    ],
    *[
        (lambda N, name=name, n=n: getattr(N, f"{name}{n}d")(eps=0.1, momentum=0.3), batch)
        for name in ("LazyBatchNorm", "LazyInstanceNorm")
        for n, batch in {1: (2, 4, 7), 2: (2, 4, 5, 6), 3: (2, 4, 3, 4, 5)}.items()
    ],
]


@pytest.mark.parametrize(("build", "shape"), LAZY, ids=[f"{build(nn)!r}-{shape}" for build, shape in LAZY])
def test_a_lazy_layer_becomes_the_usual_one(build, shape):
    ours, theirs = build(nn).double(), build(torch.nn).double()
    assert repr(ours) == repr(theirs)
    before = list(ours.parameters())
    for layer, N in ((ours, nn), (theirs, torch.nn)):
        layer.eval()(*inputs_of(N, [shape], "float64", 0))
    assert repr(ours) == repr(theirs)
    assert [type(ours).__name__, *map(id, before)] == [type(theirs).__name__, *map(id, ours.parameters())]
    assert described(ours.state_dict()) == described(theirs.state_dict())
    theirs.load_state_dict({key: torch.from_numpy(np.array(v.numpy())) for key, v in ours.state_dict().items()})
    assert_alike(ours.train(), theirs.train(), [shape], "float64")
