"""Pooling, folding, resizing, sampling, padding, normalisation at the edges, as in PyTorch."""

import itertools
import math

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, plain  # noqa: E402 - which needs PyTorch

RNG = np.random.default_rng(16)
INF, NAN = math.inf, math.nan
PLANES = {1: (7,), 2: (7, 5), 3: (4, 5, 3)}


def normal(*shape):
    return RNG.standard_normal(shape)


def called(name, *args, **options):
    return lambda T, *tensors: getattr(T.nn.functional, name)(*tensors, *args, **options)


# --- windows ----------------------------------------------------------------------------------------------------------

WINDOWS = [
    (1, 1, 0), (1, 2, 0), (2, 2, 0), (2, 1, 1), (2, 3, 0), (3, 2, 1), (3, 3, 1), (3, 1, 0), (3, 5, 1), (2, None, 1),
]  # fmt: skip
"""Size, stride, padding."""


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("d", PLANES)
def test_average_pools(d, ceil_mode, window):
    x = normal(2, 3, *PLANES[d])
    for count_include_pad, divisor in itertools.product((False, True), (None, 5, -2) if d > 1 else (None,)):
        more = {"divisor_override": divisor} if d > 1 else {}
        pool = called(f"avg_pool{d}d", *window, ceil_mode=ceil_mode, count_include_pad=count_include_pad, **more)
        assert_same(pool, [x], "float64", 1)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("d", PLANES)
def test_max_pools(d, dilation, ceil_mode, window):
    size, stride, padding = window
    reach = dilation * (size - 1) + 1
    if reach > min(PLANES[d]) + 2 * padding:
        size = 2
    options = {"dilation": dilation, "ceil_mode": ceil_mode, "return_indices": True}
    pool = called(f"max_pool{d}d", size, stride, padding if 2 * padding <= size else 0, **options)
    for x in (normal(2, 3, *PLANES[d]), normal(3, *PLANES[d]), RNG.integers(0, 2, (2, 3, *PLANES[d]))):
        assert_same(lambda T, x: pool(T, x)[0], [x], "float64", 1)
        assert_same(lambda T, x: pool(T, x)[1], [x], "float64", 0)  # of equal ones the first


@pytest.mark.parametrize("d", PLANES)
@pytest.mark.parametrize("kind", ["max_pool", "avg_pool", "lp_pool", "adaptive_avg_pool", "adaptive_max_pool"])
def test_no_images_and_windows_as_large_as_the_plane(kind, d):
    args = (2.0,) if kind == "lp_pool" else ()
    plane = PLANES[d]
    for size in (1, 3, plane[0] if d == 1 else plane):
        for batch in ((0, 3), (2, 3), (3,)):
            order = int(0 not in batch)
            assert_same(called(f"{kind}{d}d", *args, size), [normal(*batch, *plane)], "float64", order, 1e-10)


@pytest.mark.parametrize("d", PLANES)
@pytest.mark.parametrize("kind", ["adaptive_avg_pool", "adaptive_max_pool"])
def test_more_bins_than_places(kind, d):
    for size in (0, 2, 9, *(((None,) * d, (1, None, 3)[:d]) if d > 1 else ())):
        x = normal(1, 2, *PLANES[d])
        assert_same(called(f"{kind}{d}d", size), [x], "float64", int(size != 0))


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d", "adaptive_max_pool2d", "adaptive_avg_pool2d"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_strange_numbers_in_windows(name, dtype):
    x = normal(1, 1, 6, 6)
    x[0, 0, 1, 1], x[0, 0, 4, 1], x[0, 0, 1, 4], x[0, 0, 3:, 3:] = NAN, INF, -INF, -INF
    assert_same(called(name, 3), [x], dtype, int("max" in name))


@pytest.mark.parametrize("d", PLANES)
def test_padding_never_wins(d):
    """Not against the least of all values either."""
    x = np.full((1, 1, *PLANES[d]), -INF)
    x.reshape(-1)[0] = 1.0
    for options in ({}, {"stride": 1}, {"ceil_mode": True}, {"dilation": 2, "stride": 1}):
        pool = called(f"max_pool{d}d", 2, padding=1, return_indices=True, **options)
        for i in (0, 1):
            assert_same(lambda T, x, pool=pool, i=i: pool(T, x)[i], [x], "float64", 1 - i)
    if d == 2:
        for dtype in ("uint8", "int8"):
            small = RNG.integers(np.iinfo(dtype).min, np.iinfo(dtype).min + 2, (9, 9, 4, 5), dtype)
            np.testing.assert_array_equal(*plain(called("max_pool2d", 2, 1, 1), [small]), strict=True)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8"])
def test_whole_numbers_in_windows(dtype):
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    x = RNG.integers(least, most, (2, 3, 6, 5), dtype, endpoint=True)
    for program in (called("max_pool2d", 2, 1, 1), called("max_pool2d", 3, ceil_mode=True)):
        np.testing.assert_array_equal(*plain(program, [x]), strict=True)
    if dtype == "int64":
        small = RNG.integers(-9, 9, (2, 3, 6, 5))
        for program in (called("avg_pool2d", 2), called("avg_pool2d", 3, 2, 1, False, False)):
            np.testing.assert_array_equal(*plain(program, [small]), strict=True)


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, INF, -INF])
@pytest.mark.parametrize("d", PLANES)
def test_power_means(d, p):
    x = normal(2, 3, *PLANES[d])
    x[..., 0], x[..., 1] = 0.0, -1.0
    assert_same(called(f"lp_pool{d}d", p, 2, ceil_mode=True), [x], "float64", 0, 1e-9)
    assert_same(called(f"lp_pool{d}d", p, 3, 1), [abs(x) + 0.1], "float64", 1, 1e-9)


def test_means_of_halves_do_not_overflow():
    x = 200 + normal(1, 2, 40, 40)
    for program in (called("avg_pool2d", 40), called("avg_pool2d", 20, 7, 3), called("adaptive_avg_pool2d", 2)):
        assert_same(program, [x], "float16", 1)


@pytest.mark.parametrize("d", PLANES)
def test_unpooling(d):
    x = normal(2, 3, *(4, 6, 4)[:d])
    for padding, size, batch in ((0, None, 2), (0, tuple(n + 1 for n in x.shape[2:]), 2), (1, None, 2), (0, None, 0)):

        def program(T, x, padding=padding, size=size):
            values, places = getattr(T.nn.functional, f"max_pool{d}d")(x, 2, 2, padding, return_indices=True)
            return getattr(T.nn.functional, f"max_unpool{d}d")(values, places, 2, 2, padding, size)

        if not padding and size is not None:
            continue
        assert_same(program, [x[:batch]], "float64", int(batch > 0))


def test_unpooling_to_a_chosen_size():
    for size in ((5, 7), (1, 2, 5, 7), [4, 7]):

        def program(T, x, size=size):
            values, places = T.nn.functional.max_pool2d(x, 2, return_indices=True)
            return T.nn.functional.max_unpool2d(values, places, 2, output_size=size)

        assert_same(program, [normal(1, 2, 5, 7)], "float64", 1)


def test_fractional_pools_with_given_samples():
    x, samples = normal(2, 3, 9, 8), RNG.random((2, 3, 2))
    for size, more in ((2, {"output_size": (4, 3)}), ((3, 2), {"output_ratio": (0.5, 0.6)}), (1, {"output_size": 8})):

        def program(T, x, size=size, more=more):
            made = torch.from_numpy if T is torch else minidl.from_numpy
            drawn = made(samples.astype(str(x.dtype).removeprefix("torch.")))
            return T.nn.functional.fractional_max_pool2d(x, size, **more, _random_samples=drawn)

        assert_same(program, [x], "float64", 1)


FOLDS = [
    (1, {}), (2, {"stride": 2}), ((2, 3), {"padding": (1, 2)}), ((3, 2), {"dilation": (1, 3)}), (2, {"stride": 5}),
    ((6, 5), {}), ((8, 9), {"padding": (1, 2)}),
]  # fmt: skip


@pytest.mark.parametrize(("size", "options"), FOLDS, ids=str)
def test_folding(size, options):
    for batch in ((2, 3), (3,), (0, 3)):
        x = normal(*batch, 6, 5)
        order = 2 if x.size else 0
        assert_same(called("unfold", size, **options), [x], "float64", order)
        columns = torch.nn.functional.unfold(torch.from_numpy(x), size, **options).numpy()
        assert_same(called("fold", (6, 5), size, **options), [normal(*columns.shape)], "float64", order)


# --- resizing ---------------------------------------------------------------------------------------------------------

MODES = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}


@pytest.mark.parametrize("d", PLANES)
@pytest.mark.parametrize("wanted", [1, 2, 5, 13, 0.4, 1.0, 1.7, 2.5], ids=str)
def test_resizing(d, wanted):
    x = normal(1, 2, *PLANES[d])
    given = {"size": wanted} if isinstance(wanted, int) else {"scale_factor": wanted}
    for mode in ("nearest", "nearest-exact", "area"):
        assert_same(called("interpolate", mode=mode, **given), [x], "float64", 1, 1e-9)
    for mode, align in itertools.product(MODES[d], (None, False, True)):
        assert_same(called("interpolate", mode=mode, align_corners=align, **given), [x], "float64", 1, 1e-6)
        if "scale_factor" in given:
            again = called("interpolate", mode=mode, recompute_scale_factor=True, **given)
            assert_same(again, [x], "float64", 1, 1e-6)


def test_resizing_what_is_small():
    for shape in ((1, 1, 1, 1), (0, 2, 3, 4), (2, 1, 1, 5)):
        for mode in ("nearest", "bilinear", "bicubic", "area", "nearest-exact"):
            assert_same(called("interpolate", (3, 4), mode=mode), [normal(*shape)], "float64", int(shape[0] > 0), 1e-9)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_resizing_bytes(mode):
    x = RNG.integers(0, 256, (1, 3, 4, 5)).astype(np.uint8)
    for size in ((3, 4), (9, 8), (4, 5)):
        np.testing.assert_array_equal(*plain(called("interpolate", size, mode=mode), [x]), strict=True)


PLACES = np.array([-INF, -3.0, -1.5, -1.0, -0.999, -0.3, 0.0, 0.5, 0.77, 1.0, 1.2, 2.5, 7.0, 1e6])


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_sampling_far_outside(mode, align, padding):
    places = PLACES[1:13] if mode == "bicubic" else PLACES[1:]
    grid = np.stack(np.meshgrid(places + 1e-3, places[::-1] - 1e-3), -1)[None]
    x = normal(1, 2, 3, 4)
    assert_same(called("grid_sample", mode, padding, align), [x, grid], "float64", 1, 1e-7)
    assert_same(called("grid_sample", mode, padding, align), [normal(1, 1, 1, 1), grid], "float64", 1, 1e-7)


@pytest.mark.parametrize("padding", ["border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_places_that_are_not_numbers_are_the_first(mode, padding):
    grid = np.array([[[[NAN, 0.0], [0.0, NAN], [0.3, 0.4], [NAN, NAN]]]])
    for align in (False, True):
        assert_same(called("grid_sample", mode, padding, align), [normal(1, 2, 3, 4), grid], "float64", 0, 1e-9)


EMPTY = {
    "no images": ((0, 3, 2, 4), (0, 3, 4, 2)),
    "no channels": ((2, 0, 2, 4), (2, 3, 4, 2)),
    "no places": ((2, 3, 2, 4), (2, 0, 4, 2)),
    "no volumes": ((0, 1, 2, 2, 2), (0, 1, 1, 1, 3)),
}


@pytest.mark.parametrize(("image", "grid"), EMPTY.values(), ids=EMPTY)
def test_sampling_nothing(image, grid):
    assert_same(called("grid_sample", align_corners=False), [normal(*image), normal(*grid)], "float64", 0)


# --- padding and pixels -----------------------------------------------------------------------------------------------

WIDTHS = {
    "constant": [(0, 0), (1,) * 8, (-2, 3), (-3, -2), (2, -4, -1, 0), (0, 0, 0, 0, -2, 0), ()],
    "reflect": [(4, 4, 3, 3), (-1, 2, 0, -3), (-2, -2, 1, 0), (0, 0, 0, 0)],
    "replicate": [(9, 0, 0, 7), (-1, 2, 0, -3), (-4, 6, 0, 0), (-3, -2, 1, 1)],
    "circular": [(5, 5, 4, 0), (-1, 2, 0, -3), (-2, 3, 1, 1), (3, -2, 0, 0)],
}


@pytest.mark.parametrize(("mode", "widths"), [(m, w) for m, all_of in WIDTHS.items() for w in all_of], ids=str)
def test_padding(mode, widths):
    for batch in (2, 0):
        x = normal(batch, 3, 4, 5)
        assert_same(called("pad", widths, mode), [x], "float64", 2 if x.size else 0)
    if mode == "constant":
        assert_same(called("pad", widths, mode, INF), [normal(2, 3, 4, 5)], "float64", 1)
        for value in (3, -2.7, 2.7):
            whole = RNG.integers(-9, 9, (2, 3, 4, 5))
            np.testing.assert_array_equal(*plain(called("pad", widths, mode, value), [whole]), strict=True)


@pytest.mark.parametrize("name", ["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"])
def test_pixels(name):
    empty = (2, 8, 4, 2) if name == "pixel_unshuffle" else (0, 8, 4, 2)  # PyTorch keeps that of no images as it is
    for shape in ((2, 8, 4, 2), empty, (1, 2, 8, 4, 2) if name.startswith("pixel") else (2, 8, 1)):
        for factor in (1, 2):
            x = normal(*shape)
            assert_same(called(name, factor), [x], "float64", 2 if x.size else 0)
            np.testing.assert_array_equal(*plain(called(name, factor), [(9 * x).astype(np.int64)]), strict=True)


# --- normalisation ----------------------------------------------------------------------------------------------------

NORMS = {
    "batch_norm": called("batch_norm", None, None, None, None, True),
    "layer_norm": lambda T, x: T.nn.functional.layer_norm(x, x.shape[2:]),
    "rms_norm": lambda T, x: T.nn.functional.rms_norm(x, x.shape[1:]),
    "group_norm": called("group_norm", 2),
    "group_norm 1": called("group_norm", 1),
    "instance_norm": called("instance_norm"),
    "local_response_norm": called("local_response_norm", 3),
    "local_response_norm wide": called("local_response_norm", 9, 0.5, 2.0),
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("shape", [(2, 4, 3), (1, 4, 3, 2), (0, 4, 3), (2, 4, 2, 1, 2)], ids=str)
def test_normalisation(name, shape):
    x = normal(*shape)
    assert_same(NORMS[name], [x], "float64", 2 if x.size else 0, 1e-8)
    assert_same(NORMS[name], [x], "float32", int(x.size > 0), 1e-4)
    if not name.startswith("local"):  # which PyTorch has not in half precision
        mine, theirs = plain(NORMS[name], [x.astype(np.float16)])
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=4e-3)  # of numbers around 1


@pytest.mark.parametrize("name", NORMS)
def test_normalising_what_is_constant_large_or_strange(name):
    for x in (np.full((2, 4, 3), 3.0), 1e4 + normal(2, 4, 3), 1e-8 * normal(2, 4, 3)):
        assert_same(NORMS[name], [x], "float64", 1, 1e-6)
    x = normal(2, 4, 3)
    x[0, 1, 2] = NAN
    assert_same(NORMS[name], [x], "float64", 0, 1e-9)


def test_running_statistics():
    x = normal(4, 3, 5)
    for name, options in (("batch_norm", {"training": True}), ("instance_norm", {})):
        for momentum in (0.0, 0.1, 1.0):
            kept = []
            for T, made in ((minidl, minidl.from_numpy), (torch, torch.from_numpy)):
                mean, variance = made(np.array([0.5, 1.0, 2.0])), made(np.array([1.0, 2.0, 0.5]))
                getattr(T.nn.functional, name)(made(x), mean, variance, momentum=momentum, **options)
                kept.append(np.stack([mean.numpy(), variance.numpy()]))
            np.testing.assert_allclose(*kept, rtol=1e-12)
