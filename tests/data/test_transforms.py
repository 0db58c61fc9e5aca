"""Transforms do to pictures what their formulas say, the same for the same seed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from minidl.data import transforms as T
from minidl.errors import ArgumentError, ShapeError

# OpenCV rounds to a whole number, and the three coefficients before it to 1/1024
ROUNDING = 0.5 + 3 * 255 / 2048
PICTURES = np.random.default_rng(0).integers(0, 256, (40, 20, 28, 3), dtype=np.uint8)
TRANSFORMS = [
    T.RandomResizedCrop(16),
    T.RandomHorizontalFlip(),
    T.ColorJitter(0.4, 0.4, 0.4),
    T.Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def smooth_picture(height: int, width: int) -> np.ndarray:
    """Red rises to the right from 0 to 255, green downwards, blue is 100."""
    picture = np.full((height, width, 3), 100, np.uint8)
    picture[:, :, 0] = np.linspace(0, 255, width).round()
    picture[:, :, 1] = np.linspace(0, 255, height).round()[:, None]
    return picture


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", TRANSFORMS, ids=repr)
def test_the_same_seed_gives_the_same_batch_and_the_input_stays(transform: T.Transform) -> None:
    before = PICTURES.copy()
    first = transform(PICTURES, rng())
    np.testing.assert_array_equal(transform(PICTURES, rng()), first)
    np.testing.assert_array_equal(PICTURES, before)
    assert not np.shares_memory(first, PICTURES)


@pytest.mark.parametrize("transform", TRANSFORMS[:3], ids=repr)
def test_another_seed_gives_another_batch(transform: T.Transform) -> None:
    assert not np.array_equal(transform(PICTURES, rng(1)), transform(PICTURES, rng(2)))


@pytest.mark.parametrize("transform", TRANSFORMS, ids=repr)
def test_a_single_picture_is_refused_with_the_way_to_make_a_batch_of_it(transform: T.Transform) -> None:
    with pytest.raises(ShapeError, match=rf"{type(transform).__name__}: \(20, 28, 3\); needs a batch"):
        transform(PICTURES[0], rng())


@pytest.mark.parametrize("transform", TRANSFORMS, ids=repr)
def test_an_empty_batch_stays_empty(transform: T.Transform) -> None:
    assert len(transform(PICTURES[:0], rng())) == 0


def test_compose_does_one_after_the_other_with_one_generator() -> None:
    generator = rng()
    expected = PICTURES
    for transform in TRANSFORMS:
        expected = transform(expected, generator)
    composed = T.Compose(TRANSFORMS)(PICTURES, rng())
    np.testing.assert_array_equal(composed, expected)
    assert composed.shape == (40, 3, 16, 16)
    assert composed.dtype == np.float32


# --- flips ------------------------------------------------------------------------------------------------------------


def test_a_flip_mirrors_left_and_right_exactly_or_leaves_a_picture_as_it_is() -> None:
    out = T.RandomHorizontalFlip(0.5)(PICTURES, rng())
    assert (out.shape, out.dtype) == (PICTURES.shape, np.uint8)
    flipped = [np.array_equal(o, cv2.flip(p, 1)) for o, p in zip(out, PICTURES, strict=True)]
    kept = [np.array_equal(o, p) for o, p in zip(out, PICTURES, strict=True)]
    assert all(f != k for f, k in zip(flipped, kept, strict=True))
    assert 5 <= sum(flipped) <= 35  # of 40; fewer or more has a probability below 1e-5


def test_a_probability_of_0_flips_none_and_of_1_all() -> None:
    np.testing.assert_array_equal(T.RandomHorizontalFlip(0)(PICTURES, rng()), PICTURES)
    np.testing.assert_array_equal(T.RandomHorizontalFlip(1)(PICTURES, rng()), np.flip(PICTURES, 2))


# --- crops ------------------------------------------------------------------------------------------------------------


def test_the_whole_picture_as_crop_is_the_picture_resized() -> None:
    crop = T.RandomResizedCrop(12, scale=(1.0, 1.0), ratio=(28 / 20, 28 / 20))
    expected = np.stack([cv2.resize(p, (12, 12), interpolation=cv2.INTER_LINEAR) for p in PICTURES])
    np.testing.assert_array_equal(crop(PICTURES, rng()), expected)


def test_a_crop_of_the_output_size_is_a_part_of_the_picture() -> None:
    pictures = np.random.default_rng(3).integers(0, 256, (30, 16, 16, 3), dtype=np.uint8)
    out = T.RandomResizedCrop(8, scale=(0.25, 0.25), ratio=(1.0, 1.0))(pictures, rng())
    corners = set()
    for crop, picture in zip(out, pictures, strict=True):
        found = [(y, x) for y in range(9) for x in range(9) if np.array_equal(picture[y : y + 8, x : x + 8], crop)]
        assert len(found) == 1
        corners.add(found[0])
    assert len(corners) > 15
    assert {min(c) for c in zip(*corners, strict=True)} != {max(c) for c in zip(*corners, strict=True)}


def test_area_and_proportions_of_crops_stay_in_their_limits() -> None:
    picture = smooth_picture(256, 256)
    out = T.RandomResizedCrop(64, scale=(0.2, 0.5), ratio=(0.5, 2.0))(np.stack([picture] * 200), rng()).astype(float)
    # 63 of 64 steps lie between the centres of the first and the last pixel
    widths = (out[:, 32, -1, 0] - out[:, 32, 0, 0]) * 64 / 63 / 255
    heights = (out[:, -1, 32, 1] - out[:, 0, 32, 1]) * 64 / 63 / 255
    rounding = 0.02  # of colours to 1/255 and of borders to 1/256, relative to the shortest side of 0.3
    assert np.all(widths * heights > 0.2 * (1 - 3 * rounding))
    assert np.all(widths * heights < 0.5 * (1 + 3 * rounding))
    assert np.all(widths / heights > 0.5 * (1 - 3 * rounding))
    assert np.all(widths / heights < 2.0 * (1 + 3 * rounding))
    assert np.ptp(widths * heights) > 0.2
    assert np.ptp(np.log(widths / heights)) > 1


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 90), (90, 3)])
def test_crops_of_odd_pictures_have_the_size_asked_for(height: int, width: int) -> None:
    out = T.RandomResizedCrop(16)(np.stack([smooth_picture(height, width)] * 20), rng())
    assert (out.shape, out.dtype) == ((20, 16, 16, 3), np.uint8)
    assert np.all(out[..., 2] == 100)


# --- colours ----------------------------------------------------------------------------------------------------------


def test_no_jitter_changes_nothing() -> None:
    np.testing.assert_array_equal(T.ColorJitter()(PICTURES, rng()), PICTURES)


def test_brightness_multiplies_every_pixel_of_a_picture_by_one_factor() -> None:
    dark = PICTURES // 2
    out = T.ColorJitter(brightness=0.6)(dark, rng()).astype(float)
    factors = out.sum((1, 2, 3)) / dark.sum((1, 2, 3))
    assert factors.min() > 0.39
    assert factors.max() < 1.61
    assert np.ptp(factors) > 0.9
    assert np.abs(out - dark * factors[:, None, None, None]).max() < 2 * ROUNDING


def test_full_range_contrast_keeps_the_mean_of_a_picture() -> None:
    middle = PICTURES // 4 + 96
    out = T.ColorJitter(contrast=1.0)(middle, rng())
    np.testing.assert_allclose(out.mean((1, 2, 3)), middle.mean((1, 2, 3)), atol=0.5)
    spread = out.std((1, 2, 3)) / middle.std((1, 2, 3))
    assert spread.min() < 0.3
    assert spread.max() > 1.7


def test_saturation_keeps_the_grey_value_and_scales_the_distance_from_it() -> None:
    middle = PICTURES // 4 + 96
    weights = np.array([0.299, 0.587, 0.114])
    out = T.ColorJitter(saturation=1.0)(middle, rng()).astype(float)
    assert np.abs(out @ weights - middle @ weights).max() <= ROUNDING
    distance, before = out - (out @ weights)[..., None], middle - (middle @ weights)[..., None]
    factors = (distance * before).sum((1, 2, 3)) / (before * before).sum((1, 2, 3))
    assert factors.min() >= -0.01
    assert factors.max() <= 2.01
    assert np.ptp(factors) > 1.5
    assert (
        np.abs(distance - factors[:, None, None, None] * before).max() < 2 * ROUNDING
    )  # of the colour and of its grey


def test_grey_pictures_stay_grey_up_to_rounding() -> None:
    grey = np.repeat(PICTURES[..., :1], 3, axis=3)
    out = T.ColorJitter(0.3, 0.3, 1.0)(grey, rng())
    assert np.ptp(out.astype(int), axis=3).max() <= 2 * ROUNDING


def test_all_three_together_are_one_after_the_other_rounded_once() -> None:
    middle = PICTURES // 4 + 96
    out = T.ColorJitter(0.2, 0.3, 0.4)(middle, rng())
    generator = rng()
    factors = [generator.uniform(1 - x, 1 + x, len(middle)) for x in (0.2, 0.3, 0.4)]
    for picture, result, b, c, s in zip(middle, out, *factors, strict=True):
        bright = picture.astype(float) * b
        contrasted = bright.mean() + c * (bright - bright.mean())
        grey = (contrasted @ [0.299, 0.587, 0.114])[..., None]
        expected = np.clip(grey + s * (contrasted - grey), 0, 255)
        assert np.abs(result - expected).max() <= ROUNDING


def test_colours_outside_the_range_are_limited_and_do_not_wrap_around() -> None:
    black_and_white = np.zeros((20, 4, 4, 3), np.uint8)
    black_and_white[:, :2] = 255
    out = T.ColorJitter(0.5, 0.5, 0.5)(black_and_white, rng())
    assert out[:, :2].min() > 100
    assert out[:, 2:].max() < 100


# --- the last step ----------------------------------------------------------------------------------------------------


def test_normalize_is_the_formula_for_each_channel() -> None:
    mean, std = [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]
    out = T.Normalize(mean, std)(PICTURES, rng())
    assert (out.shape, out.dtype) == ((40, 3, 20, 28), np.float32)
    for channel in range(3):
        expected = (PICTURES[..., channel].astype(np.float64) / 255 - mean[channel]) / std[channel]
        np.testing.assert_allclose(out[:, channel], expected, rtol=0, atol=2e-6)  # some float32 roundings near 4


def test_normalize_leaves_pictures_channels_last_in_memory() -> None:
    out = T.Normalize([0.5] * 3, [0.25] * 3)(PICTURES, rng())
    assert out.transpose(0, 2, 3, 1).flags.c_contiguous


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: T.RandomResizedCrop(0), "size=0"),
        (lambda: T.RandomResizedCrop(16, scale=(0.0, 1.0)), r"scale=\(0.0, 1.0\)"),
        (lambda: T.RandomResizedCrop(16, scale=(0.9, 0.5)), r"scale=\(0.9, 0.5\)"),
        (lambda: T.RandomResizedCrop(16, scale=(0.5, 1.5)), r"scale=\(0.5, 1.5\)"),
        (lambda: T.RandomResizedCrop(16, ratio=(2.0, 1.0)), r"ratio=\(2.0, 1.0\)"),
        (lambda: T.RandomResizedCrop(16, ratio=(-1.0, 1.0)), r"ratio=\(-1.0, 1.0\)"),
        (lambda: T.RandomHorizontalFlip(1.5), "p=1.5"),
        (lambda: T.RandomHorizontalFlip(-0.1), "p=-0.1"),
        (lambda: T.RandomHorizontalFlip(float("nan")), "p=nan"),
        (lambda: T.ColorJitter(brightness=-0.1), "brightness=-0.1"),
        (lambda: T.ColorJitter(contrast=1.1), "contrast=1.1"),
        (lambda: T.ColorJitter(saturation=float("nan")), "saturation=nan"),
        (lambda: T.Normalize([0.5] * 3, [0.2, 0.0, 0.2]), r"std=\[0.2, 0.0, 0.2\]"),
        (lambda: T.Normalize([0.5] * 3, [0.2, float("nan"), 0.2]), "nan"),
        (lambda: T.Normalize([0.5], [0.2] * 3), r"mean=\[0.5\]"),
    ],
)
def test_arguments_out_of_range_are_named(make: Any, named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        make()
