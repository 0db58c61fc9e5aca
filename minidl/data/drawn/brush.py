"""A brush that draws smooth shapes, given in the animal's own units, on a picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""

Points = np.ndarray | Sequence[tuple[float, float]]
"""Corner points (n, 2): x to the right, y downwards."""

# OpenCV takes corner points as whole numbers of 1/16 pixel.
SUBPIXEL_BITS = 4

CURVE_STEPS = 6
_T = np.arange(CURVE_STEPS, dtype=np.float64)[:, None] / CURVE_STEPS
_CATMULL_ROM = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], dtype=np.float64)
# (steps, 4): the weights of four neighbouring points at each step between the middle two.
_WEIGHTS = np.hstack([_T**0, _T, _T**2, _T**3]) @ _CATMULL_ROM
_AROUND = np.arange(-1, 3)  # the neighbours of a point, from itself


def closed_curve(points: Points) -> np.ndarray:
    """The smooth closed curve through points (n, 2), as (6 n, 2) points: a Catmull-Rom spline (1974)."""
    p = np.asarray(points, dtype=np.float64)
    around = p[(np.arange(len(p))[:, None] + _AROUND) % len(p)]
    return (_WEIGHTS @ around).reshape(-1, 2)


def open_curve(points: Points) -> np.ndarray:
    """The smooth curve from the first of points (n, 2) to the last, as (6 (n - 1) + 1, 2) points."""
    p = np.asarray(points, dtype=np.float64)
    along = p[(np.arange(len(p) - 1)[:, None] + _AROUND).clip(0, len(p) - 1)]
    return np.concatenate([(_WEIGHTS @ along).reshape(-1, 2), p[-1:]])


_ANGLES = np.linspace(0, 2 * math.pi, 24, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, turn: float = 0.0) -> np.ndarray:
    """An ellipse (24, 2) around (x, y), turned by `turn` radians."""
    c, s = math.cos(turn), math.sin(turn)
    return (_CIRCLE * (radius_x, radius_y)) @ np.array([[c, s], [-s, c]]) + (x, y)


def mirrored(right: Points) -> np.ndarray:
    """A shape symmetric about x = 0 from its right half, given from top to bottom; points with x = 0 stay single."""
    half = np.asarray(right, dtype=np.float64)
    inner = half[half[:, 0] != 0][::-1]
    return np.concatenate([half, inner * (-1, 1)])


def sided(points: Points, side: int) -> np.ndarray:
    """points (n, 2) of a shape on the right, for side 1, or its mirror picture on the left, for side -1."""
    return np.asarray(points, dtype=np.float64) * (side, 1)


@dataclass(frozen=True)
class Brush:
    """Draws on `canvas` (height, width, 3) uint8, in place.

    One unit is `scale` pixels, the origin lies at `centre` (x, y) in pixels, and everything is turned by `tilt` radians
    and, if `flip`, mirrored left to right.
    """

    canvas: np.ndarray
    centre: tuple[float, float]
    scale: float
    tilt: float = 0.0
    flip: bool = False

    def fill(self, points: Points, colour: Colour, outline: Colour | None = None, width: float = 0.055) -> None:
        """Fill the shape with corner points (n, 2); `outline` adds a line of `width` units around it."""
        import cv2

        pixels = self._pixels(points)
        cv2.fillPoly(self.canvas, [pixels], colour, cv2.LINE_AA, SUBPIXEL_BITS)
        if outline is not None:
            cv2.polylines(self.canvas, [pixels], True, outline, self._thickness(width), cv2.LINE_AA, SUBPIXEL_BITS)

    def stroke(self, points: Points, colour: Colour, width: float = 0.055) -> None:
        """Draw a line of `width` units through points (n, 2)."""
        import cv2

        cv2.polylines(
            self.canvas, [self._pixels(points)], False, colour, self._thickness(width), cv2.LINE_AA, SUBPIXEL_BITS
        )

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self.scale))

    def _pixels(self, points: Points) -> np.ndarray:
        c, s = self.scale * math.cos(self.tilt), self.scale * math.sin(self.tilt)
        mirror = -1 if self.flip else 1
        turned = np.asarray(points, dtype=np.float64) @ np.array([[mirror * c, mirror * s], [-s, c]]) + self.centre
        return np.rint(turned * (1 << SUBPIXEL_BITS)).astype(np.int32)
