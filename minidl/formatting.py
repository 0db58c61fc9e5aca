"""How a tensor prints: the layout and the number formats of PyTorch's `repr(tensor)`.

One format serves the whole tensor.  It is chosen from the numbers that will be shown, zeros, nan and inf left out:

    whole numbers         `3.`          no fraction anywhere
    fixed point           `3.1416`      `precision` digits after the point
    scientific            `3.1416e+00`  where fixed point would waste columns or digits

Numbers are then set right-aligned in columns, rows are wrapped at `linewidth`, and of a tensor with more than
`threshold` elements only the first and last `edgeitems` of every dimension are shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from .errors import ArgumentError, DtypeError

Style = Literal["whole", "fixed", "scientific"]


@dataclass(frozen=True)
class PrintOptions:
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=float("inf")),
}

_options = _PROFILES["default"]


@dataclass(frozen=True)
class Column:
    """How every number of one tensor is set: right-aligned, in at least `width` characters."""

    to_text: Callable[[Any], str]
    width: int

    def set(self, item: bool | int | float) -> str:
        return self.to_text(item).rjust(self.width)


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: Literal["default", "short", "full"] | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print from now on.  What is left out keeps its value, `sci_mode` excepted.

    Args:
        precision: digits after the point (4).
        threshold: a tensor with more elements than this is summarised (1000); `inf` prints everything.
        edgeitems: items shown at either end of a summarised dimension (3).
        linewidth: characters in a line (80); a single number wider than a line is not broken.
        profile: start from `default`, `short` (2 digits, 2 items) or `full` (never summarise).
        sci_mode: scientific notation always (True), never (False), or where it helps (None); as in PyTorch, a call
            without it goes back to None.

    Raises:
        ArgumentError: an unknown profile, or a number below its minimum (precision and threshold 0; edgeitems and
            linewidth 1).
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ArgumentError(f"set_printoptions: profile {profile!r} is unknown; use one of {', '.join(_PROFILES)}")
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for option, least in (("precision", 0), ("threshold", 0), ("edgeitems", 1), ("linewidth", 1)):
        value = given[option]
        if value is not None and not value >= least:
            raise ArgumentError(f"set_printoptions: {option} must be at least {least}, got {value}")
    changes: dict[str, Any] = {option: value for option, value in given.items() if value is not None}
    _options = replace(_options if profile is None else _PROFILES[profile], **changes, sci_mode=sci_mode)


def format_tensor(array: np.ndarray, suffix: Sequence[str] = (), name: str = "tensor") -> str:
    """Format `array` as PyTorch prints a tensor.

    Args:
        array: bool, integer or float numbers, any shape.
        suffix: what follows the numbers, such as `("requires_grad=True",)` or `("grad_fn=<AddBackward>",)`.
        name: the word before the parenthesis.

    Returns:
        For example `tensor([1., 2.], dtype=minidl.float64, requires_grad=True)`.

    Raises:
        DtypeError: an array of anything else than bool, integers and floats.
    """
    if array.dtype.kind not in "biuf":
        raise DtypeError(f"format_tensor: cannot print dtype {array.dtype}; bool, integer and float arrays print")
    options = _options
    indent = len(name) + 1
    numbers = _format_numbers(array, indent, options) if array.size else "[]"
    text = f"{name}({numbers}"
    # Where a line ends is counted as PyTorch counts it: a separator and a closing parenthesis beyond the last number.
    position = len(text) - (text.rfind("\n") + 1) + 2
    for note in (*_describe(array), *suffix):
        if position + len(note) + 2 > options.linewidth:
            text += ",\n" + " " * indent + note
            position = indent + len(note)
        else:
            text += ", " + note
            position += len(note) + 2
    return text + ")"


def _describe(array: np.ndarray) -> list[str]:
    """The shape and dtype, where the numbers alone do not tell them."""
    notes = []
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={array.shape}")
    default_dtypes = ("float32",) if array.size == 0 else ("float32", "int64", "bool")
    if array.dtype.name not in default_dtypes:
        notes.append(f"dtype=minidl.{array.dtype.name}")
    return notes


def _format_numbers(array: np.ndarray, indent: int, options: PrintOptions) -> str:
    edge = options.edgeitems
    shortened = tuple(array.size > options.threshold and length > 2 * edge for length in array.shape)
    for dim, short in enumerate(shortened):
        if short:
            length = array.shape[dim]
            array = array.take([*range(edge), *range(length - edge, length)], axis=dim)
    column = _column(array, options)
    if array.ndim == 0:
        return column.set(array.item())
    return _layout(array.tolist(), shortened, indent, column, options)


def _layout(items: list[Any], shortened: tuple[bool, ...], indent: int, column: Column, options: PrintOptions) -> str:
    """Set nested lists in brackets; `shortened` says, for each depth, whether an ellipsis stands in the middle."""
    margin = " " * (indent + 1)
    if len(shortened) > 1:
        blocks = [_layout(item, shortened[1:], indent + 1, column, options) for item in items]
        if shortened[0]:
            blocks.insert(options.edgeitems, "...")
        return "[" + ("," + "\n" * (len(shortened) - 1) + margin).join(blocks) + "]"
    cells = [column.set(item) for item in items]
    per_line = max(1, (options.linewidth - indent) // (column.width + len(", ")))
    if shortened[0]:
        cells.insert(options.edgeitems, " ...")
    lines = [", ".join(cells[start : start + per_line]) for start in range(0, len(cells), per_line)]
    return "[" + (",\n" + margin).join(lines) + "]"


def _column(array: np.ndarray, options: PrintOptions) -> Column:
    """The column for the numbers of `array`."""
    if array.dtype.kind != "f":
        return Column(str, max(len(str(item)) for item in array.ravel().tolist()))
    measured = array[np.isfinite(array) & (array != 0)].astype(np.float64)
    style = _choose_style(measured, options.sci_mode)

    def to_text(value: float) -> str:
        return _set_float(value, style, options.precision)

    # As in PyTorch, nan, inf and zeros do not widen a column.
    return Column(to_text, max((len(to_text(value)) for value in measured.tolist()), default=1))


def _choose_style(measured: np.ndarray, sci_mode: bool | None) -> Style:
    """The style for finite, nonzero float64 numbers."""
    if measured.size == 0:
        return "whole"
    whole = bool(np.all(measured == np.ceil(measured)))
    if sci_mode is None:
        sizes = np.abs(measured)
        smallest, largest = float(sizes.min()), float(sizes.max())
        sci_mode = largest / smallest > 1000 or largest > 1e8 or (smallest < 1e-4 and not whole)
    if sci_mode:
        return "scientific"
    return "whole" if whole else "fixed"


def _set_float(value: float, style: Style, precision: int) -> str:
    if style == "scientific":
        return f"{value:.{precision}e}"
    if style == "fixed":
        return f"{value:.{precision}f}"
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
