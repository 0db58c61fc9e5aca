"""What is done to pictures on their way to the network.

Each transform takes a batch uint8 (N, H, W, 3) and a NumPy random generator, and returns a batch; `Normalize`, the last
one, turns it into the float32 (N, 3, H, W) that a network sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import ArgumentError, ShapeError

Transform = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _check_batch(transform: object, images: np.ndarray) -> None:
    if images.ndim != 4:
        raise ShapeError(f"{type(transform).__name__}: {images.shape}; needs a batch (N, H, W, 3), e.g. image[None]")


class Compose:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = list(transforms)

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for transform in self.transforms:
            images = transform(images, rng)
        return images

    def __repr__(self) -> str:
        return f"Compose({self.transforms!r})"


class RandomResizedCrop:
    """A part of each picture, of random area and proportions, squeezed to size x size (Szegedy et al. 2015).

    scale   the share of the area, from least to greatest
    ratio   width / height of the part, from least to greatest
    """

    def __init__(
        self, size: int, scale: tuple[float, float] = (0.35, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3)
    ) -> None:
        if size < 1 or not 0 < scale[0] <= scale[1] <= 1 or not 0 < ratio[0] <= ratio[1]:
            raise ArgumentError(
                f"RandomResizedCrop: size={size}, scale={scale}, ratio={ratio}; needs a size of at least 1, a scale "
                "within (0, 1] and a positive ratio, each from least to greatest"
            )
        self.size = size
        self.scale = scale
        self.ratio = ratio

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        import cv2

        _check_batch(self, images)
        n, h, w, c = images.shape
        area = rng.uniform(*self.scale, n) * h * w
        ratio = np.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1]), n))
        widths = np.clip(np.sqrt(area * ratio).round().astype(int), 1, w)
        heights = np.clip(np.sqrt(area / ratio).round().astype(int), 1, h)
        lefts, tops = rng.integers(0, w - widths + 1), rng.integers(0, h - heights + 1)
        out = np.empty((n, self.size, self.size, c), images.dtype)
        for i, (x, y, dx, dy) in enumerate(zip(lefts, tops, widths, heights, strict=True)):
            cv2.resize(images[i, y : y + dy, x : x + dx], (self.size, self.size), out[i])
        return out

    def __repr__(self) -> str:
        return f"RandomResizedCrop({self.size}, scale={self.scale}, ratio={self.ratio})"


class RandomHorizontalFlip:
    """Each picture mirrored with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ArgumentError(f"RandomHorizontalFlip: p={p}; a probability is from 0 to 1")
        self.p = p

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        _check_batch(self, images)
        flipped = rng.random(len(images)) < self.p
        out = images.copy()
        out[flipped] = images[flipped, :, ::-1]
        return out

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class ColorJitter:
    """Brightness, contrast and saturation, each multiplied by a random factor from 1 - x to 1 + x."""

    GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601

    def __init__(self, brightness: float = 0.0, contrast: float = 0.0, saturation: float = 0.0) -> None:
        for name, value in (("brightness", brightness), ("contrast", contrast), ("saturation", saturation)):
            if not 0 <= value <= 1:
                raise ArgumentError(f"ColorJitter: {name}={value}; needs 0 to 1")
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        _check_batch(self, images)
        brightness, contrast, saturation = (
            rng.uniform(1 - x, 1 + x, len(images)).astype(np.float32)
            for x in (self.brightness, self.contrast, self.saturation)
        )
        # all three are linear in a pixel's colour, so one matrix and one offset a picture do them together
        out = np.empty_like(images)
        for i, image in enumerate(images):
            mean = float(image.mean()) * brightness[i]
            matrix = saturation[i] * np.eye(3, dtype=np.float32) + (1 - saturation[i]) * self.GREY
            matrix = matrix.astype(np.float32) * (brightness[i] * contrast[i])
            out[i] = _linear_colours(image, matrix, mean * (1 - contrast[i]))
        return out

    def __repr__(self) -> str:
        return f"ColorJitter({self.brightness}, {self.contrast}, {self.saturation})"


def _linear_colours(image: np.ndarray, matrix: np.ndarray, offset: float) -> np.ndarray:
    """matrix @ colour + offset for every pixel, rounded and limited to 0..255."""
    import cv2

    return cv2.transform(image, np.hstack([matrix, np.full((3, 1), offset, np.float32)]))


class Normalize:
    """(x / 255 - mean) / std for each channel: uint8 (N, H, W, 3) -> float32 (N, 3, H, W), channels-last in memory."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        if len(mean) != len(std) or not all(s > 0 for s in std):
            raise ArgumentError(
                f"Normalize: mean={list(mean)}, std={list(std)}; needs a mean and a positive std for each channel"
            )
        self.mean = np.asarray(mean, np.float32)
        self.std = np.asarray(std, np.float32)

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        _check_batch(self, images)
        scaled = images * (1 / (255 * self.std)) - self.mean / self.std
        return scaled.transpose(0, 3, 1, 2)

    def __repr__(self) -> str:
        return f"Normalize({self.mean.tolist()}, {self.std.tolist()})"
