"""Ranges of an optimizer's options, and the checks of what users give."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError
from ..tensor import Tensor


class Range(NamedTuple):
    """Numbers from `least`, up to and not including `beyond`."""

    least: float
    beyond: float = inf

    def __str__(self) -> str:
        return f"from {self.least:g} to below {self.beyond:g}" if self.beyond < inf else f"at least {self.least:g}"


AT_LEAST_0 = Range(0)
BELOW_1 = Range(0, 1)


def check_number(optimizer: str, name: str, value: Any, allowed: Range) -> None:
    """Raise ArgumentError unless `value` is a number, or a tensor of one element, within `allowed`."""
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise ArgumentError(f"{optimizer}: {name} is a tensor of shape {tuple(value.shape)}; needs one number")
        number = value.item()
    else:
        number = value
    known = isinstance(number, (int, float, np.number)) and not isinstance(number, bool)
    if not (known and allowed.least <= number < allowed.beyond):
        raise ArgumentError(f"{optimizer}: {name}={value}; needs a number {allowed}")


def check_options(optimizer: str, ranges: dict[str, Range], group: dict[str, Any]) -> None:
    """Raise ArgumentError for options of a group outside their ranges; `betas` are two numbers of one range."""
    for name, allowed in ranges.items():
        if name == "betas":
            check_pair(optimizer, name, group[name])
            for position, beta in enumerate(group[name], 1):
                check_number(optimizer, f"beta{position}", beta, allowed)
        else:
            check_number(optimizer, name, group[name], allowed)


def check_pair(optimizer: str, name: str, value: Any) -> None:
    """Raise ArgumentError unless `value` is a tuple or list of two."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ArgumentError(f"{optimizer}: {name}={value}; needs two numbers")
