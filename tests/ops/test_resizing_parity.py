"""Resizing against aliasing, over many sizes, and pooling that also tells places, as in PyTorch; what is refused."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError
from minidl.nn import functional as F

torch = pytest.importorskip("torch")


def resized(T, image, **options):
    return T.nn.functional.interpolate(T.from_numpy(image), antialias=True, **options).numpy()


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_size_from_and_to_equals_pytorchs(mode, align_corners, dtype):
    rng = np.random.default_rng(4)
    for height, width in [(1, 1), (2, 7), (5, 5), (13, 8), (64, 3)]:
        image = rng.standard_normal((2, 1, height, width)).astype(dtype)
        for size in [(1, 1), (3, 9), (5, 5), (8, 13), (2, 64)]:
            options = {"size": size, "mode": mode, "align_corners": align_corners}
            ours, theirs = (resized(T, image, **options) for T in (minidl, torch))
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("scale", [0.13, 0.5, 0.77, 1.0, 1.1, 2.4])
@pytest.mark.parametrize("recompute", [False, True])
def test_every_scale_equals_pytorchs(mode, scale, recompute):
    image = np.random.default_rng(5).standard_normal((1, 2, 9, 11))
    options = {"scale_factor": scale, "mode": mode, "recompute_scale_factor": recompute}
    ours, theirs = (resized(T, image, **options) for T in (minidl, torch))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_half_precision_is_mixed_in_float32():
    image = np.random.default_rng(6).standard_normal((1, 1, 40, 40))
    exact = resized(minidl, image, size=(3, 3), mode="bilinear")
    half = resized(minidl, image.astype(np.float16), size=(3, 3), mode="bilinear")
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, exact, rtol=0, atol=1e-3)


def test_a_constant_picture_stays_constant():
    picture = minidl.full((1, 1, 37, 21), 2.5)
    for mode in ("bilinear", "bicubic"):
        small = F.interpolate(picture, (5, 4), mode=mode, antialias=True)
        np.testing.assert_allclose(small.numpy(), 2.5, rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_pooling_with_indices_tells_what_pytorch_tells(count):
    x = np.random.default_rng(7).standard_normal((2, 3, *[6] * count))
    share = np.random.default_rng(8).random((2, 3, count))
    calls = [(f"max_pool{count}d_with_indices", (3, 2, 1)), (f"adaptive_max_pool{count}d_with_indices", (4,))]
    for name, options in calls:
        for ours, theirs in zip(*(getattr(T.nn.functional, name)(T.from_numpy(x), *options) for T in (minidl, torch)),
                                strict=True):  # fmt: skip
            assert (ours.numpy() == theirs.numpy()).all()
    if count > 1:
        name = f"fractional_max_pool{count}d_with_indices"
        ours, theirs = (
            getattr(T.nn.functional, name)(T.from_numpy(x), 2, 3, _random_samples=T.from_numpy(share))
            for T in (minidl, torch)
        )
        assert all((a.numpy() == b.numpy()).all() for a, b in zip(ours, theirs, strict=True))


IMAGE = minidl.zeros(1, 1, 4, 4)


@pytest.mark.parametrize(
    ("error", "message", "program"),
    [
        (ArgumentError, "interpolate: antialias with mode 'nearest'",
         lambda: F.interpolate(IMAGE, 2, antialias=True)),
        (ArgumentError, "interpolate: antialias with mode 'trilinear'",
         lambda: F.interpolate(IMAGE[None], 2, mode="trilinear", antialias=True)),
        (DtypeError, "interpolate: got int64", lambda: F.interpolate(IMAGE.long(), 2, mode="bilinear", antialias=True)),
        (DtypeError, "interpolate: got uint8", lambda: F.interpolate(IMAGE.to(minidl.uint8), 2, mode="bicubic")),
        (ShapeError, "max_pool2d: .*needs images \\(N, C, H, W\\)", lambda: F.max_pool2d_with_indices(IMAGE[0, 0], 2)),
        (ShapeError, "bilinear: inputs", lambda: F.bilinear(IMAGE, IMAGE, IMAGE)),
    ],
)  # fmt: skip
def test_refusals(error, message, program):
    with pytest.raises(error, match=message):
        program()
