"""A line search for the strong Wolfe conditions, with which quasi-Newton methods keep their guarantees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

ENOUGH_DECREASE = 1e-4
"""c1: the loss falls by at least this share of what the slope at the start promises."""

FLAT_ENOUGH = 0.9
"""c2: the slope is at most this share of that at the start."""


class Point(NamedTuple):
    """What is known at a distance `t` along the direction; `slope` is the derivative of the loss by t."""

    t: Any
    loss: float
    gradient: np.ndarray
    slope: Any

    def falls_enough(self, start: Point) -> bool:
        """Armijo's condition.  A loss of NaN passes, as in PyTorch."""
        return not self.loss > start.loss + ENOUGH_DECREASE * self.t * start.slope

    def is_flat(self, start: Point) -> bool:
        """The condition on the curvature."""
        return bool(abs(self.slope) <= -FLAT_ENOUGH * start.slope)


def strong_wolfe(
    evaluate: Callable[[Any], Point], start: Point, t: Any, length: Any, tolerance: float, most: int
) -> tuple[Point, int]:
    """A point of enough decrease where the slope is flat, and the number of evaluations; the best found after `most`.

    start    where t is 0
    length   the greatest element of the direction: an interval of less than tolerance / length is not divided

    Nocedal & Wright 2006, algorithms 3.5 (find an interval) and 3.6 (divide it).
    """
    previous, point = start, evaluate(t)
    for divisions in range(most):
        if not point.falls_enough(start) or (divisions > 1 and point.loss >= previous.loss):
            break
        if point.is_flat(start):
            return point, divisions + 1
        if point.slope >= 0:
            break
        least, greatest = point.t + 0.01 * (point.t - previous.t), point.t * 10
        previous, point = point, evaluate(cubic_minimum(previous, point, least, greatest))
    else:
        return min(start, point, key=lambda end: end.loss), most + 1
    return _divide(evaluate, start, [previous, point], divisions, length, tolerance, most)


def _divide(
    evaluate: Callable[[Any], Point],
    start: Point,
    ends: list[Point],
    divisions: int,
    length: Any,
    tolerance: float,
    most: int,
) -> tuple[Point, int]:
    """Divide the interval between two points until a point meets the conditions."""
    low = 0 if ends[0].loss <= ends[1].loss else 1
    stuck = False
    while divisions < most and abs(ends[1].t - ends[0].t) * length >= tolerance:
        t, stuck = _away_from_ends(cubic_minimum(*ends, *sorted((ends[0].t, ends[1].t))), ends, stuck)
        point = evaluate(t)
        divisions += 1
        if not point.falls_enough(start) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        done = point.is_flat(start)
        if not done and point.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = point
        if done:
            break
    return ends[low], divisions + 1


def _away_from_ends(t: Any, ends: list[Point], stuck: bool) -> tuple[Any, bool]:
    """t, moved a tenth of the interval into it where it lies at an end, or close to one for the second time.

    The second value says that it lies close to an end for the first time.
    """
    first, last = sorted((ends[0].t, ends[1].t))
    margin = 0.1 * (last - first)
    if min(last - t, t - first) >= margin:
        return t, False
    if stuck or t >= last or t <= first:
        return (last - margin if abs(t - last) < abs(t - first) else first + margin), False
    return t, True


def cubic_minimum(a: Point, b: Point, least: Any, greatest: Any) -> Any:
    """Where the cubic through both losses and slopes has its minimum, within bounds; their middle if it has none.

    Nocedal & Wright 2006, equation 3.59.
    """
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (least + greatest) / 2
    d2 = square**0.5
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, least), greatest)
