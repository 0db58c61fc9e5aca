"""Max pooling of channels-last images, and its gradient: whole rows at a time, however few channels a pixel has.

Where each greatest value stands in its window is held as a number of the tap: row * kernel width + column, in a byte
where that suffices.  Numbers from kernel height * kernel width on stand for padding.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import prange

from .. import threads
from .copying import LANES, copy_lanes, copy_run
from .jit import parallel, serial
from .layout import channels_first, channels_last, empty_channels_last

PARALLEL_FROM = 1 << 14
"""Elements from which threads pay (measured on 2 cores)."""

PIECE = 1 << 11
"""Numbers of a row of the image that are taken at a time: what is held of them stays in the L1 cache."""

SHAPES = 256
"""Shapes of which is remembered what is found in Python: the taps that their pixels want take 11 microseconds."""

Pair = tuple[int, int]


def max_pool2d(
    x: np.ndarray,
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    ceil_mode: bool,
    least: float = -np.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """x (N, C, H, W) -> the greatest value of each window, and the number of its tap, both (N, C, H', W').

    The first of equal values wins; NaN wins over all.  A `least` value that is finite takes the place of what is not
    above it, with the number of padding, so that no gradient goes there.
    """
    images = channels_last(x)
    shape = _output_shape(images.shape, kernel_size, stride, padding, dilation, ceil_mode)
    values = np.empty(shape, x.dtype)
    taps: np.ndarray = np.empty(shape, tap_dtype(kernel_size))
    if values.size:
        piece = max(PIECE // (stride[1] * shape[3]), 1)
        geometry = (*kernel_size, *stride, *padding, *dilation)
        workers = threads.workers(images.size, PARALLEL_FROM)
        _greatest(images, values, taps, geometry, x.dtype.type(least), piece, workers)
    return channels_first(values), channels_first(taps)


def max_pool2d_gradient(
    g: np.ndarray,
    taps: np.ndarray,
    input_shape: tuple[int, ...],
    kernel_size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> np.ndarray:
    """The gradient g (N, C, H', W') of the greatest values, taken to where they stand: (N, C, H, W)."""
    c, w = input_shape[1], input_shape[3]
    given, found = channels_last(g), channels_last(taps)
    geometry = (*kernel_size, *stride, *padding, *dilation)
    x = empty_channels_last(input_shape, g.dtype)
    workers = threads.workers(x.size, PARALLEL_FROM)
    wanted = wanted_taps(w, g.shape[3], c, geometry, found.dtype)
    if wanted is None or not g.size:
        x.fill(0)
        _scatter(given, found, channels_last(x), geometry, workers)
    else:
        _spread(given, found, channels_last(x), wanted, geometry, workers)
    return x


def pool_places(
    taps: np.ndarray, input_width: int, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> np.ndarray:
    """Where taps (N, C, H', W') are in their H * W plane; -1 for a dilated window that lies wholly in the padding."""
    (kh, kw), (_, _, height, width) = kernel_size, taps.shape
    rows, columns = (np.arange(m) * s - p for m, s, p in zip((height, width), stride, padding, strict=True))
    tap = np.arange((kh + 1) * kw)
    apart = tap // kw * dilation[0] * input_width + tap % kw * dilation[1]
    found = channels_last(taps)
    first = rows[:, None, None] * input_width + columns[:, None]
    return channels_first(np.where(found < kh * kw, first + apart[found], -1))


def pool_gather(
    x: np.ndarray, taps: np.ndarray, kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> np.ndarray:
    """The values of x (N, C, H, W) at taps (N, C, H', W'); zero in the padding."""
    (n, c, height, width), (h, w) = taps.shape, x.shape[2:]
    places = channels_last(pool_places(taps, w, kernel_size, stride, padding, dilation))
    places = places.reshape(n, height * width, c)
    picked = np.take_along_axis(channels_last(x).reshape(n, h * w, c), np.maximum(places, 0), 1)
    return channels_first(np.where(places < 0, x.dtype.type(0), picked).reshape(n, height, width, c))


@lru_cache(SHAPES)
def _output_shape(
    images: tuple[int, ...], kernel_size: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool
) -> tuple[int, ...]:
    """(N, H', W', C)"""
    n, *plane, c = images
    along = zip(plane, kernel_size, stride, padding, dilation, strict=True)
    return (n, *(_windows(*sizes, ceil_mode) for sizes in along), c)


def _windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows fit; with `ceil_mode` one more that reaches over the end, unless it starts beyond it."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - ((count - 1) * stride >= size + padding)


def tap_dtype(kernel_size: Pair) -> type:
    kh, kw = kernel_size
    return np.int8 if (kh + 1) * kw <= 128 else np.int32


@parallel
def _greatest(x, values, taps, geometry, least, piece, workers):
    """Threads take rows of the output.  First the rows that a row of windows sees are compared, number by number, then
    the columns of what is left: long runs of neighbours both."""
    n, height, width, c = values.shape
    greatest, numbers = values.reshape(-1), taps.reshape(-1)
    for t in prange(workers):
        memory = row_memory(values, taps, geometry, piece)
        for row in range(t * n * height // workers, (t + 1) * n * height // workers):
            top, place = row % height * geometry[2] - geometry[4], row * width * c
            greatest_of_row(x, row // height, top, greatest, numbers, place, width, geometry, least, piece, memory)


@serial
def row_memory(values, taps, geometry, piece):
    """What `greatest_of_row` writes to meanwhile."""
    _, kw, _, sw, _, _, _, dw = geometry
    _, _, width, c = values.shape
    most = ((min(piece, width) - 1) * sw + 1) * c
    return (
        (np.empty(most + (kw - 1) * dw * c, values.dtype), np.empty(most + (kw - 1) * dw * c, taps.dtype)),
        (np.empty(most + LANES, values.dtype), np.empty(most + LANES, taps.dtype)),
        (np.empty(most + LANES, values.dtype), np.empty(most + LANES, taps.dtype)),
    )


@serial
def greatest_of_row(x, image, top, greatest, numbers, place, width, geometry, least, piece, memory):
    """Of `width` windows from row `top` of an image on, at a place of flat values and taps."""
    kh, kw, _, sw, _, pw, _, dw = geometry
    (held, rows), (best, found), (line, line_taps) = memory
    c = x.shape[3]
    for first in range(0, width, piece):
        count = min(piece, width - first)
        size = ((count - 1) * sw + 1) * c
        seen = size + (kw - 1) * dw * c
        _compare_rows(x, image, top, first * sw - pw, held[:seen], rows[:seen], geometry)
        copy_run(held, 0, best, 0, size)
        copy_run(rows, 0, found, 0, size)
        for j in range(1, kw):
            _compare_column(held[j * dw * c :], rows[j * dw * c :], best[:size], found[:size], j)
        _copy_pixels((best, found), (line, line_taps), count, c, (sw * c, c), 1, 0)
        if least > -np.inf:
            _raise(line[: count * c], line_taps[: count * c], least, numbers.dtype.type(kh * kw))
        copy_run(line, 0, greatest, place + first * c, count * c)
        copy_run(line_taps, 0, numbers, place + first * c, count * c)


@serial
def _compare_rows(x, image, top, left, held, rows, geometry):
    """The greatest values of the window's rows from `top`, in columns from `left`, and the first taps of their rows."""
    kh, kw, _, _, _, _, dh, _ = geometry
    _, h, w, c = x.shape
    across = held.size // c
    start, stop = 0, kh
    while top + start * dh < 0:
        start += 1
    while top + (stop - 1) * dh >= h:
        stop -= 1
    before = min(max(-left, 0), across) if start < stop else across
    after = max(min(w - left, across), before)
    _pad(held[: before * c], rows[: before * c], kh * kw)
    _pad(held[after * c :], rows[after * c :], kh * kw)
    held, rows = held[before * c : after * c], rows[before * c : after * c]
    if held.size > 0:
        pixels, place = x.reshape(-1), ((image * h + top) * w + left + before) * c
        first, own = place + start * dh * w * c, rows.dtype.type(start * kw)
        copy_run(pixels, first, held, 0, held.size)
        for q in range(rows.size):
            rows[q] = own
        for i in range(start + 1, stop):
            first = place + i * dh * w * c
            _compare_row(pixels[first : first + held.size], held, rows, i * kw)


@serial
def _pad(held, rows, none):
    for q in range(held.size):
        held[q], rows[q] = -np.inf, rows.dtype.type(none)


@serial
def _compare_row(pixels, held, rows, tap):
    """A row of pixels wins where it is greater, or the first NaN."""
    own = rows.dtype.type(tap)
    for q in range(held.size):
        value, best, known = pixels[q], held[q], rows[q]
        wins = (best == best) & (not (value <= best))
        held[q] = value if wins else best
        rows[q] = own if wins else known


@serial
def _compare_column(held, rows, best, found, column):
    """The same for a column, which may come from a row further up, and so win where values are equal, too."""
    kind = found.dtype.type
    own = kind(column)
    for q in range(best.size):
        value, last, known, tap = held[q], best[q], found[q], kind(rows[q] + own)
        equal = (value == last) | ((value != value) & (last != last))
        wins = ((last == last) & (not (value <= last))) | (equal & (tap < known))
        best[q] = value if wins else last
        found[q] = tap if wins else known


@serial
def _raise(values, taps, least, none):
    for q in range(values.size):
        value = values[q]
        values[q], taps[q] = (least, none) if value <= least else (value, taps[q])


@serial
def _copy_pixels(source, target, count, channels, steps, times, apart):
    """Pixels, steps[0] apart in the flat arrays of `source`, values and taps, each so many times, `apart`, from
    multiples of steps[1] in `target` on; and behind each up to LANES - 1 numbers, over which the next one is written.

    A loop over six channels is not vectorised, and asks each time whether the two arrays overlap.
    """
    vectors = -(-channels // LANES)
    for p in range(count):
        for i in range(times):
            for v in range(vectors):
                begin, end = p * steps[0] + v * LANES, p * steps[1] + i * apart + v * LANES
                copy_lanes(source[0], begin, target[0], end)
                copy_lanes(source[1], begin, target[1], end)


@lru_cache(SHAPES)
def wanted_taps(w: int, width: int, c: int, geometry: tuple[int, ...], dtype: np.dtype) -> np.ndarray | None:
    """For each row of a kernel and number of an image's row (kh + 1, w * c) the tap by which a window sees it; -1 for
    what none sees, and in a last row.  None where windows overlap."""
    kh, kw, sh, sw, _, pw, dh, dw = geometry
    if dh * (kh - 1) >= sh or dw * (kw - 1) >= sw:
        return None
    window, within = np.divmod(np.arange(w) + pw, sw)
    seen = (window < width) & (within % dw == 0) & (within // dw < kw)
    column = np.where(seen, within // dw, -kh * kw)
    wanted = np.full((kh + 1, w), -1)
    wanted[:kh] = np.maximum(np.arange(kh)[:, None] * kw + column, -1)
    return np.repeat(wanted, c, 1).astype(dtype)


@parallel
def _spread(g, taps, x, wanted, geometry, workers):
    """Windows that do not overlap: each pixel is written once.  Threads take rows of the image."""
    kh, _, sh, _, ph, _, dh, _ = geometry
    n, h, w, c = x.shape
    height, pixels = g.shape[1], x.reshape(-1)
    for t in prange(workers):
        memory, known = spread_memory(g, taps, w, geometry), -1
        for row in range(t * n * h // workers, (t + 1) * n * h // workers):
            image, window, within = row // h, (row % h + ph) // sh, (row % h + ph) % sh
            place = image * height + window
            if window < height and known != place:
                known = place
                repeat_row(g[image, window], taps[image, window], geometry, memory)
            i = within // dh if window < height and within % dh == 0 else kh
            pick_row(memory, wanted[min(i, kh)], geometry[5] * c, pixels[row * w * c : (row + 1) * w * c])


@serial
def spread_memory(g, taps, w, geometry):
    """Where `repeat_row` writes to: each window's gradients and taps as often as it has columns, of images w wide."""
    _, _, _, sw, _, pw, _, _ = geometry
    _, _, width, c = g.shape
    size = max(width * sw, pw + w) * c + LANES
    return (
        (np.empty(width * c + LANES, g.dtype), np.zeros(width * c + LANES, taps.dtype)),
        (np.empty(size, g.dtype), np.zeros(size, taps.dtype)),  # nowhere -1
    )


@serial
def repeat_row(g, taps, geometry, memory):
    """Of a row of windows, gradients and taps (W', C)."""
    _, kw, _, sw, _, _, _, dw = geometry
    (line, line_taps), (spread, found) = memory
    width, c = g.shape
    copy_run(g.reshape(-1), 0, line, 0, g.size)
    copy_run(taps.reshape(-1), 0, line_taps, 0, g.size)
    _copy_pixels((line, line_taps), (spread, found), width, c, (c, sw * c), kw, dw * c)


@serial
def pick_row(memory, own, before, target):
    """The gradients of a row of the image, whose numbers the windows see by the taps `own`; it begins `before` so many
    numbers of the windows'."""
    _, (spread, found) = memory
    given, numbered, zero = spread[before:], found[before:], target.dtype.type(0)
    for q in range(target.size):
        target[q] = given[q] if numbered[q] == own[q] else zero


@parallel
def _scatter(g, taps, x, geometry, workers):
    """Windows that overlap: their gradients are added up.  Threads take whole images, or whole channels of the only
    one, so they never add to the same place."""
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    n, height, width, c = g.shape
    w, by_image = x.shape[2], n >= workers
    given, numbers, pixels = (
        g.reshape(n, height * width, c),
        taps.reshape(n, height * width, c),
        x.reshape(n, x.shape[1] * w * c),
    )
    for t in prange(workers):
        apart = np.empty(kh * kw, np.int64)
        for tap in range(kh * kw):
            apart[tap] = (tap // kw * dh * w + tap % kw * dw) * c
        images = (t * n // workers, (t + 1) * n // workers) if by_image else (0, n)
        channels = (0, c) if by_image else (t * c // workers, (t + 1) * c // workers)
        for image in range(images[0], images[1]):
            for p in range(height * width):
                first = ((p // width * sh - ph) * w + p % width * sw - pw) * c
                for q in range(channels[0], channels[1]):
                    tap = numbers[image, p, q]
                    if tap < kh * kw:
                        pixels[image, first + apart[tap] + q] += given[image, p, q]
