"""Cats and dogs, drawn from random pose, fur, face and surroundings."""

from dataclasses import dataclass

import numpy as np

from ...errors import ArgumentError
from .brush import Brush, Colour, closed_curve, ellipse, mirrored, open_curve, sided
from .scenery import any_colour, background, foreground, mix

KINDS = ("cat", "dog")

# Drawn this many times larger and shrunk, which makes thin lines smooth.
OVERSIZE = 3

WHITE, INK = (255, 255, 255), (34, 28, 32)

# Both kinds wear all of these, equally often, so that colour says nothing about the kind.
FURS = (
    (232, 148, 72),  # ginger
    (58, 54, 62),  # black
    (140, 144, 156),  # grey
    (246, 242, 234),  # white
    (240, 214, 168),  # cream
    (122, 84, 58),  # brown
    (222, 178, 104),  # golden
    (176, 122, 82),  # fawn
    (98, 108, 130),  # blue
)
IRISES = ((120, 175, 80), (225, 175, 60), (95, 160, 210), (120, 75, 45), (165, 110, 55))
PINK = (238, 150, 155)


@dataclass(frozen=True)
class Coat:
    """The colours of one animal."""

    fur: Colour
    shade: Colour  # ears, stripes, patches
    light: Colour  # muzzle, chest, paws
    line: Colour  # outlines: dark on light fur, and on dark fur sometimes light
    iris: Colour
    inner_ear: Colour
    nose: Colour


def draw_animal(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one animal.

    kind: 'cat' or 'dog'; size: side of the picture in pixels, at least 16; rng decides everything else.
    Returns a picture (size, size, 3) uint8 in RGB order.  Raises ArgumentError for another kind or size.
    """
    import cv2

    if kind not in KINDS:
        raise ArgumentError(f"draw_animal: kind is {kind!r}; it needs 'cat' or 'dog'")
    if size < 16:
        raise ArgumentError(f"draw_animal: size is {size}; a picture needs at least 16 pixels a side")
    side = size * OVERSIZE
    canvas = background(side, rng)
    coat = _coat(rng)
    head = _pose(canvas, rng)
    if rng.uniform() < 0.6:
        _draw_body(kind, Brush(canvas, head.centre, head.scale, 0.3 * head.tilt, head.flip), coat, rng)
    (_draw_cat_head if kind == "cat" else _draw_dog_head)(head, coat, rng)
    if rng.uniform() < 0.25:
        foreground(canvas, rng)
    return _photographed(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), rng)


def _pose(canvas: np.ndarray, rng: np.random.Generator) -> Brush:
    """Where the head is: any place at which most of it can be seen, any size from a sixth to two thirds of the side."""
    side = len(canvas)
    radius = rng.uniform(0.15, 0.3)
    x = rng.uniform(radius, 1 - radius)
    y = rng.uniform(1.25 * radius, 1 - radius)
    tilt = rng.normal(0, 0.3)
    return Brush(canvas, (x * side, y * side), radius * side, tilt, bool(rng.integers(2)))


def _coat(rng: np.random.Generator) -> Coat:
    fur = mix(FURS[rng.integers(len(FURS))], any_colour(rng), rng.uniform(0, 0.15))
    dark = sum(fur) < 330
    line = mix(fur, WHITE, 0.55) if dark and rng.uniform() < 0.6 else mix(fur, INK, 0.75)
    return Coat(
        fur=fur,
        shade=mix(fur, WHITE, 0.2) if dark and rng.uniform() < 0.5 else mix(fur, INK, rng.uniform(0.2, 0.5)),
        light=mix(fur, WHITE, rng.uniform(0.25, 0.85)),
        line=line,
        iris=IRISES[rng.integers(len(IRISES))],
        inner_ear=mix(PINK, fur, rng.uniform(0.1, 0.7)),
        nose=mix(INK, (70, 45, 45), rng.uniform())
        if rng.uniform() < 0.65
        else mix(PINK, (190, 95, 100), rng.uniform()),
    )


def _photographed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture (size, size, 3) in other light, sometimes out of focus, with the grain of a camera."""
    import cv2

    if rng.uniform() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.8) * len(picture) / 64)
    contrast, brightness = rng.uniform(0.7, 1.15), rng.uniform(-25, 35)
    grain = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(0, 7))
    lit = (picture - np.float32(128)) * np.float32(contrast) + np.float32(128 + brightness) + grain
    return np.clip(lit, 0, 255).astype(np.uint8)


# Heads. The unit is the radius of the head, the origin its middle, and y grows downwards.


def _draw_cat_head(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    spread, height = rng.uniform(0.72, 1.0), rng.uniform(1.3, 1.65)
    for side in (-1, 1):
        outer = [
            (0.18, -0.6),
            (0.3, -0.88),
            (spread - 0.12, -height + 0.1),
            (spread, -height),
            (0.98, -0.75),
            (0.92, -0.1),
        ]
        brush.fill(_pointed(outer, side), coat.shade if rng.uniform() < 0.15 else coat.fur, coat.line)
        inner = [
            (0.42, -0.68),
            (0.48, -0.9),
            (spread - 0.12, -height + 0.3),
            (spread - 0.06, -height + 0.3),
            (0.82, -0.75),
            (0.8, -0.45),
        ]
        brush.fill(_pointed(inner, side), coat.inner_ear)
    face = mirrored([(0, -0.8), (0.5, -0.74), (0.9, -0.3), (1.08, 0.28), (0.72, 0.7), (0, 0.86)])
    brush.fill(closed_curve(face), coat.fur, coat.line)
    turn = rng.uniform(-0.2, 0.2)
    if rng.uniform() < 0.55:
        for x in (-0.2, 0, 0.2):
            brush.stroke([(x + turn * 0.5, -0.74 + abs(x) * 0.2), (x * 0.8 + turn * 0.6, -0.42)], coat.shade, 0.09)
        for side in (-1, 1):
            for y in (0.12, 0.32):
                brush.stroke(sided([(1.0, y), (0.74, y + 0.03)], side), coat.shade, 0.08)
    _draw_marking(brush, coat, turn, rng)
    for side in (-1, 1):
        brush.fill(ellipse(side * 0.19 + turn * 1.3, 0.42, 0.27, 0.21), coat.light)
    _draw_eyes(brush, coat, turn, -0.08, 0.42, slit=True, rng=rng)
    x, y = turn * 1.4, 0.26
    brush.fill(closed_curve([(x - 0.12, y - 0.05), (x, y - 0.07), (x + 0.12, y - 0.05), (x, y + 0.09)]), coat.nose)
    dark_mouth = mix(coat.light, INK, 0.8)
    for side in (-1, 1):
        mouth = np.array([(0, y + 0.08), (side * 0.06, y + 0.23), (side * 0.22, y + 0.22)]) + (x, 0)
        brush.stroke(open_curve(mouth), dark_mouth, 0.045)
    whisker = WHITE if rng.uniform() < 0.5 else INK
    droop = rng.uniform(-0.12, 0.12)
    for side in (-1, 1):
        for slope in (-0.16, 0.02, 0.2):
            start = (x + side * 0.3, 0.4 + slope * 0.4)
            brush.stroke(
                open_curve([start, (side * 0.85, 0.36 + slope), (side * 1.4, 0.38 + 1.6 * slope + droop)]),
                whisker,
                0.025,
            )


def _draw_dog_head(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    hanging = rng.uniform() < 0.65
    ear_colour = coat.shade if rng.uniform() < 0.6 else coat.fur
    if not hanging:
        _draw_folded_ears(brush, coat, ear_colour, rng)
    face = mirrored([(0, -0.86), (0.5, -0.78), (0.84, -0.3), (0.82, 0.18), (0.66, 0.62), (0, 0.9)])
    brush.fill(closed_curve(face), coat.fur, coat.line)
    turn = rng.uniform(-0.2, 0.2)
    _draw_marking(brush, coat, turn, rng)
    if hanging:
        _draw_hanging_ears(brush, coat, ear_colour, rng)
    x = turn * 1.5
    happy = rng.uniform() < 0.5
    if happy:
        length = rng.uniform(1.1, 1.4)
        tongue = [(x - 0.17, 0.72), (x + 0.17, 0.72), (x + 0.17, length - 0.1), (x, length), (x - 0.17, length - 0.1)]
        brush.fill(closed_curve(tongue), (232, 110, 125), mix((232, 110, 125), INK, 0.5), 0.04)
        brush.stroke([(x, 0.85), (x, length - 0.2)], mix((232, 110, 125), INK, 0.3), 0.035)
    muzzle = np.array([(0, 0.0), (0.3, 0.06), (0.5, 0.42), (0.46, 0.8), (0.16, 0.93)])
    muzzle = mirrored(muzzle) + (x, 0)
    brush.fill(closed_curve(muzzle), coat.light, mix(coat.light, coat.line, 0.5), 0.04)
    dark_mouth = mix(coat.light, INK, 0.8)
    brush.stroke([(x, 0.3), (x, 0.62)], dark_mouth, 0.05)
    for side in (-1, 1):
        mouth = np.array([(0, 0.62), (side * 0.18, 0.74), (side * 0.38, 0.6)]) + (x, 0)
        brush.stroke(open_curve(mouth), dark_mouth, 0.05)
        for dx, y in ((0.2, 0.48), (0.3, 0.56)):
            brush.fill(ellipse(x + side * dx, y, 0.022, 0.022), dark_mouth)
    _draw_eyes(brush, coat, turn, -0.2, 0.36, slit=False, rng=rng)
    nose = [(x - 0.24, 0.1), (x, 0.02), (x + 0.24, 0.1), (x + 0.13, 0.28), (x, 0.34), (x - 0.13, 0.28)]
    brush.fill(closed_curve(nose), coat.nose)
    brush.fill(ellipse(x - 0.08, 0.11, 0.06, 0.03), mix(coat.nose, WHITE, 0.65))


def _draw_hanging_ears(brush: Brush, coat: Coat, colour: Colour, rng: np.random.Generator) -> None:
    length, out = rng.uniform(0.35, 0.95), rng.uniform(1.05, 1.3)
    for side in (-1, 1):
        swing = rng.uniform(-0.08, 0.08)
        ear = [
            (0.42, -0.82),
            (0.8, -0.8),
            (out, -0.2 + swing),
            (out + 0.02, length - 0.2),
            (0.95, length),
            (0.76, length - 0.3),
            (0.72, -0.3),
        ]
        brush.fill(closed_curve(sided(ear, side)), colour, coat.line)


def _draw_folded_ears(brush: Brush, coat: Coat, colour: Colour, rng: np.random.Generator) -> None:
    top, out = rng.uniform(0.95, 1.15), rng.uniform(1.15, 1.4)
    for side in (-1, 1):
        ear = [
            (0.25, -0.6),
            (0.45, -top),
            (0.85, -top - 0.02),
            (out, -0.55),
            (out - 0.08, -0.32),
            (0.92, -0.42),
            (0.75, -0.3),
        ]
        brush.fill(closed_curve(sided(ear, side)), colour, coat.line)
        fold = [(0.6, -top), (0.72, -0.72), (0.92, -0.44)]
        brush.stroke(open_curve(sided(fold, side)), coat.line, 0.05)


def _draw_marking(brush: Brush, coat: Coat, turn: float, rng: np.random.Generator) -> None:
    """Sometimes a patch around one eye, or a blaze down the forehead; the same for cats and dogs."""
    choice = rng.uniform()
    if choice < 0.2:
        brush.fill(ellipse(0.4 + turn, -0.14, 0.36, 0.42, 0.2), coat.shade if rng.uniform() < 0.6 else coat.light)
    elif choice < 0.4:
        blaze = [(0, -0.78), (0.1, -0.5), (0.12, -0.1), (0.24, 0.3)]
        brush.fill(closed_curve(mirrored(blaze) + (turn, 0)), coat.light)


def _draw_eyes(
    brush: Brush, coat: Coat, turn: float, y: float, apart: float, *, slit: bool, rng: np.random.Generator
) -> None:
    """Two eyes at height y; `slit` pupils stand upright, as a cat's do, others are round."""
    radius = rng.uniform(0.17, 0.24)
    mood = rng.uniform()
    gaze_x, gaze_y = rng.uniform(-0.05, 0.05, 2)
    pupil = rng.uniform(0.3, 0.62) * radius if slit else rng.uniform(0.55, 0.72) * radius
    for side in (-1, 1):
        x = side * apart + turn
        if mood < 0.12 or (mood < 0.18 and side == 1):
            brush.stroke(open_curve([(x - radius, y), (x, y + 0.12), (x + radius, y)]), mix(coat.fur, INK, 0.85), 0.07)
            continue
        brush.fill(ellipse(x, y, radius, radius * (0.9 if slit else 1.05), -0.25 * side), coat.iris, INK, 0.06)
        brush.fill(ellipse(x + gaze_x, y + gaze_y, pupil, radius * 0.78 if slit else pupil), INK)
        brush.fill(ellipse(x + gaze_x + 0.06, y + gaze_y - 0.08, 0.06, 0.06), WHITE)


def _pointed(outline: list[tuple[float, float]], side: int) -> np.ndarray:
    """The corner points of an ear as they are, so that its tip stays sharp."""
    return sided(outline, side)


# Bodies, in the units of the head and hanging below it.


def _draw_body(kind: str, brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    length, breadth = rng.uniform(2.3, 3.2), rng.uniform(0.95, 1.3)
    _draw_tail(kind, brush, coat, length, breadth, rng)
    trunk = mirrored([(0, 0.4), (0.6, 0.7), (breadth, length - 0.7), (breadth * 0.9, length), (0, length + 0.05)])
    brush.fill(closed_curve(trunk), coat.fur, coat.line)
    if rng.uniform() < 0.6:
        brush.fill(ellipse(0, 1.3, 0.42, 0.6), coat.light)
    for side in (-1, 1):
        leg = [(0.1, length - 1.0), (0.45, length - 1.0), (0.5, length - 0.15), (0.1, length - 0.15)]
        brush.fill(closed_curve(sided(leg, side)), coat.fur)
        brush.stroke(sided([(0.5, length - 0.9), (0.5, length - 0.2)], side), coat.line, 0.05)
        brush.fill(ellipse(side * 0.33, length, 0.3, 0.18), coat.light, coat.line)
        for toe in (0.25, 0.41):
            brush.stroke([(side * toe, length - 0.03), (side * toe, length + 0.12)], coat.line, 0.04)
    if rng.uniform() < 0.4:
        collar = any_colour(rng)
        brush.stroke(open_curve([(-0.66, 0.82), (0, 1.06), (0.66, 0.82)]), collar, 0.17)
        brush.fill(ellipse(0, 1.16, 0.11, 0.11), (245, 205, 80), INK, 0.035)


def _draw_tail(kind: str, brush: Brush, coat: Coat, length: float, breadth: float, rng: np.random.Generator) -> None:
    root = (breadth * 0.8, length - 0.35)
    if kind == "cat":
        reach, rise = rng.uniform(0.6, 1.0), rng.uniform(1.0, 2.0)
        path = [
            root,
            (breadth + reach, length - 0.4),
            (breadth + reach * 0.9, length - rise),
            (breadth + reach * 1.3, length - rise - 0.4),
        ]
        width = 0.26
    else:
        reach = rng.uniform(0.5, 0.9)
        path = [root, (breadth + reach * 0.6, length - 0.8), (breadth + reach, length - rng.uniform(1.2, 1.6))]
        width = 0.36
    tail = open_curve(path)
    brush.stroke(tail, coat.line, width + 0.1)
    brush.stroke(tail, coat.fur, width)
