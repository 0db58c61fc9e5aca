"""What is behind a drawn animal, and what stands in front of it."""

import colorsys
import math

import numpy as np

from .brush import Brush, Colour, closed_curve, ellipse, open_curve


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour that is `share` b and the rest a."""
    red, green, blue = (round((1 - share) * x + share * y) for x, y in zip(a, b, strict=True))
    return red, green, blue


def any_colour(rng: np.random.Generator) -> Colour:
    """A calm colour of any hue, from very dark to very light."""
    red, green, blue = colorsys.hls_to_rgb(rng.uniform(), rng.uniform(0.15, 0.92), rng.uniform(0.15, 0.65))
    return round(255 * red), round(255 * green), round(255 * blue)


def related_colour(colour: Colour, rng: np.random.Generator) -> Colour:
    """A colour that goes well with `colour`: a little of another one mixed in."""
    return mix(colour, any_colour(rng), rng.uniform(0.15, 0.5))


def background(side: int, rng: np.random.Generator) -> np.ndarray:
    """A background (side, side, 3) uint8, of one of seven kinds."""
    canvas = np.empty((side, side, 3), dtype=np.uint8)
    kinds = (plain, gradient, stripes, blobs, meadow, night, room)
    kinds[rng.integers(len(kinds))](canvas, rng)
    return canvas


def plain(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """One colour."""
    canvas[:] = any_colour(rng)


def gradient(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """From one colour to another, in any direction."""
    first = any_colour(rng)
    _blend(canvas, first, related_colour(first, rng), rng.uniform(0, 2 * math.pi))


def stripes(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Stripes of two related colours at any angle."""
    side = len(canvas)
    colour = any_colour(rng)
    canvas[:] = colour
    stripe_colour = related_colour(colour, rng)
    brush = Brush(canvas, (side / 2, side / 2), side, rng.uniform(0, math.pi))
    width = rng.uniform(0.05, 0.16)
    for x in np.arange(-0.75, 0.75, 2 * width):
        brush.fill([(x, -0.8), (x + width, -0.8), (x + width, 0.8), (x, 0.8)], stripe_colour)


def blobs(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Discs of related colours, large and small."""
    colour = any_colour(rng)
    canvas[:] = colour
    brush = _whole(canvas)
    for _ in range(rng.integers(4, 14)):
        radius = rng.uniform(0.03, 0.2)
        brush.fill(ellipse(rng.uniform(), rng.uniform(), radius, radius), related_colour(colour, rng))


def meadow(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Sky, perhaps the sun or a cloud, a hill, grass and flowers."""
    sky = mix((120, 190, 240), any_colour(rng), rng.uniform(0, 0.5))
    _blend(canvas, sky, mix(sky, (255, 255, 255), 0.5), math.pi / 2)
    brush = _whole(canvas)
    if rng.uniform() < 0.5:
        brush.fill(ellipse(rng.uniform(), rng.uniform(0.05, 0.3), 0.09, 0.09), (255, 225, 110))
    else:
        x, y = rng.uniform(0.1, 0.9), rng.uniform(0.08, 0.3)
        for dx, radius in ((-0.1, 0.05), (0, 0.075), (0.1, 0.055)):
            brush.fill(ellipse(x + dx, y, radius * 1.3, radius), (250, 250, 252))
    horizon = rng.uniform(0.35, 0.8)
    green = mix((90, 165, 75), any_colour(rng), rng.uniform(0, 0.4))
    hill = open_curve([(x, horizon + rng.uniform(-0.06, 0.06)) for x in (-0.1, 0.2, 0.5, 0.8, 1.1)])
    brush.fill(np.concatenate([hill, [(1.1, 1.1), (-0.1, 1.1)]]), green)
    for _ in range(rng.integers(8, 22)):
        _blade(
            brush,
            rng.uniform(),
            rng.uniform(horizon + 0.08, 1.05),
            mix(green, (20, 70, 30), rng.uniform(0.1, 0.6)),
            rng,
        )
    for _ in range(rng.integers(0, 6)):
        x, y = rng.uniform(), rng.uniform(horizon + 0.08, 1)
        brush.fill(ellipse(x, y, 0.022, 0.022), mix(any_colour(rng), (255, 255, 255), 0.5))
        brush.fill(ellipse(x, y, 0.009, 0.009), (250, 205, 60))


def night(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A dark sky with stars and the moon."""
    sky = mix((22, 26, 60), any_colour(rng), rng.uniform(0, 0.3))
    _blend(canvas, sky, mix(sky, (110, 90, 150), rng.uniform(0.1, 0.6)), math.pi / 2)
    brush = _whole(canvas)
    for _ in range(rng.integers(8, 25)):
        radius = rng.uniform(0.004, 0.012)
        brush.fill(ellipse(rng.uniform(), rng.uniform(), radius, radius), (250, 245, 215))
    x, y = rng.uniform(0.08, 0.92), rng.uniform(0.08, 0.35)
    brush.fill(ellipse(x, y, 0.085, 0.085), (250, 240, 200))
    brush.fill(ellipse(x + 0.025, y - 0.015, 0.02, 0.02), (228, 216, 175))


def room(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A wall with a picture on it, a skirting board and a floor."""
    wall = any_colour(rng)
    canvas[:] = wall
    brush = _whole(canvas)
    x, y = rng.uniform(-0.05, 0.75), rng.uniform(0, 0.25)
    w, h = rng.uniform(0.18, 0.32, 2)
    brush.fill(
        [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], related_colour(wall, rng), mix(wall, (60, 40, 25), 0.6), 0.025
    )
    floor_y = rng.uniform(0.55, 0.85)
    floor = related_colour(any_colour(rng), rng)
    brush.fill([(0, floor_y), (1, floor_y), (1, 1), (0, 1)], floor)
    brush.stroke([(0, floor_y), (1, floor_y)], mix(floor, (255, 255, 255), 0.5), 0.025)


def foreground(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Something in front of the animal: a post, a leaf, a ball or grass."""
    brush = _whole(canvas)
    colour = any_colour(rng)
    edge = mix(colour, (30, 25, 30), 0.5)
    kind = rng.integers(4)
    if kind == 0:
        x, width = rng.uniform(-0.02, 0.95), rng.uniform(0.06, 0.12)
        top = rng.uniform(-0.1, 0.5)
        brush.fill(
            [(x, top), (x + width / 2, top - 0.05), (x + width, top), (x + width, 1.1), (x, 1.1)], colour, edge, 0.015
        )
    elif kind == 1:
        corner = Brush(
            canvas, (len(canvas) * rng.integers(2), len(canvas) * rng.integers(2)), len(canvas), rng.uniform(0, 6.3)
        )
        length, width = rng.uniform(0.25, 0.5), rng.uniform(0.07, 0.14)
        corner.fill(closed_curve([(0, 0), (length / 2, -width), (length, 0), (length / 2, width)]), colour, edge, 0.015)
        corner.stroke([(0, 0), (length, 0)], edge, 0.012)
    elif kind == 2:
        x, y, radius = rng.uniform(0, 1), rng.uniform(0.75, 1), rng.uniform(0.08, 0.15)
        brush.fill(ellipse(x, y, radius, radius), colour, edge, 0.015)
        for bend in (-0.5, 0.1, 0.7):
            brush.stroke(
                open_curve(
                    [
                        (x - radius * 0.8, y + bend * radius * 0.6),
                        (x, y + (bend - 0.3) * radius),
                        (x + radius * 0.8, y + bend * radius * 0.6),
                    ]
                ),
                edge,
                0.012,
            )
    else:
        green = mix((80, 150, 70), colour, 0.4)
        for x in np.arange(-0.05, 1.05, 0.035):
            _blade(brush, x, 1.03, mix(green, edge, rng.uniform(0, 0.5)), rng, rng.uniform(0.08, 0.25))


def _whole(canvas: np.ndarray) -> Brush:
    """A brush for which the picture spans 0 to 1 both ways."""
    return Brush(canvas, (0, 0), len(canvas))


def _blade(brush: Brush, x: float, y: float, colour: Colour, rng: np.random.Generator, height: float = 0.08) -> None:
    lean = rng.uniform(-0.04, 0.04)
    brush.fill([(x - 0.013, y), (x + lean, y - height), (x + 0.013, y)], colour)


def _blend(canvas: np.ndarray, first: Colour, second: Colour, direction: float) -> None:
    ramp = np.linspace(-0.5, 0.5, len(canvas), dtype=np.float32)
    along = math.cos(direction) * ramp[None, :] + math.sin(direction) * ramp[:, None]
    share = ((along - along.min()) / np.ptp(along)).astype(np.float64)
    for channel, (start, end) in enumerate(zip(first, second, strict=True)):  # a third of the time of all three at once
        canvas[:, :, channel] = start + share * (end - start)
