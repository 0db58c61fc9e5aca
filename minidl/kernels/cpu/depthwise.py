"""Convolutions in which every channel is a group of its own, with one kernel or several.

Their products are few, and the time goes into memory: so threads take some rows of an image at a time, whose padded
input fits a small buffer, all channels of a few pixels are finished before the next ones, and what the next rows need
is asked for meanwhile.  In the buffer each channel is repeated as often as it has kernels, and the number of channels
filled up with zeros to a whole number of tiles.

`geometry` is (kh, kw, stride h, w, padding h, w, dilation h, w).  For the input's gradient, the pixels of the output's
gradient are spread to the input's distances, with zeros between them, and met by the kernels turned round.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .cache_lines import per_turn, prefetch
from .copying import clear, copy
from .direct import span
from .jit import parallel, serial
from .tile import ROWS, TAPS, add_lanes, set_pixels_of_lanes

BUFFER_BYTES = 96 * 1024
"""Size of the rows that a thread holds: with what is asked for in advance they share the second cache."""

SUMMED = 64
"""Pixels, in whole rows, whose products are added to the weight's gradient at a time."""

Geometry = tuple[int, int, int, int, int, int, int, int]


def rows_at_a_time(output: tuple[int, ...], channels: int, itemsize: int, geometry: Geometry) -> int:
    """Rows of an output (N, H', W', K) whose input, of so many channels in the buffer, fits it.

    They divide an image evenly, and leave each thread two blocks if there are few images.
    """
    kh, kw, sh, sw, _, _, dh, dw = geometry
    n, height, width, _ = output
    line = ((width - 1) * sw + (kw - 1) * dw + 1) * channels * itemsize
    fitting = max((BUFFER_BYTES // line - (kh - 1) * dh - 1) // sh + 1, 1)
    rows = min(fitting, -(-n * height // (2 * threads.get_num_threads())))
    return -(-height // -(-height // rows))


@parallel
def convolve(x, packed, y, spread, geometry, rows, workers):
    """x (N, H, W, C), its pixels `spread` apart, with packed (panels, 1 + kh * kw, columns) -> y (N, H', W', K)."""
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    n, height, width, k = y.shape
    panels, _, columns = packed.shape
    channels, across, per_image = panels * columns, span(width, sw, kw, dw), -(-height // rows)
    line, blocks = across * channels, n * per_image
    counts, steps = (1, kh, kw), (0, dh * line, dw * channels, 0, kw * columns, columns)
    weights, numbers, pixels_of_x = packed.reshape(-1), y.reshape(-1), x.reshape(-1)
    for t in prange(workers):
        buffer = np.empty(span(rows, sh, kh, dh) * line, x.dtype)
        sources, targets = np.empty(rows * width + ROWS, np.int64), np.empty(rows * width + ROWS, np.int64)
        end = (t + 1) * blocks // workers
        for number in range(t * blocks // workers, end):
            image, row, count, first = _rows_of_block(number, rows, height)
            fill(x, buffer, image, row * sh - ph, span(count, sh, kh, dh), across, pw, spread, channels, k)
            _find_pixels(sources, targets, first * width * k, count, width, (sh * line, sw * channels, k))
            tiles = -(-count * width // ROWS)
            of_x, end_of_x, of_y, end_of_y = _numbers_of_block(min(number + 1, end - 1), x, y, rows, geometry, spread)
            share_of_x = per_turn(end_of_x - of_x, tiles * panels, x)
            share_of_y = per_turn(end_of_y - of_y, tiles * panels, y)
            for start in range(0, tiles * ROWS, ROWS):
                for panel in range(panels):
                    prefetch(pixels_of_x, of_x, min(of_x + share_of_x, end_of_x))
                    prefetch(numbers, of_y, min(of_y + share_of_y, end_of_y))
                    of_x, of_y = of_x + share_of_x, of_y + share_of_y
                    initial, column = panel * (1 + kh * kw) * columns, panel * columns
                    starts = (column, start, initial + columns, column, initial)
                    set_pixels_of_lanes(buffer, sources, weights, numbers, targets, min(columns, k - column), starts,
                                        counts, steps)  # fmt: skip


@serial
def _find_pixels(sources, targets, start, rows, width, steps):
    """Where in the buffer each output pixel's window begins, and where it lies itself; the last fills up a tile."""
    pixel = 0
    for row in range(rows):
        for column in range(width):
            sources[pixel], targets[pixel] = row * steps[0] + column * steps[1], start + pixel * steps[2]
            pixel += 1
    for q in range(pixel, pixel + ROWS):
        sources[q], targets[q] = sources[pixel - 1], targets[pixel - 1]


@serial
def _rows_of_block(number, rows, height):
    """Image, first row and number of rows of a block, and its first row counted through all images."""
    per_image = -(-height // rows)
    image, row = number // per_image, number % per_image * rows
    count = min(rows, height - row)
    return image, row, count, image * height + row


@serial
def _numbers_of_block(number, x, y, rows, geometry, spread):
    """Which numbers of flat x a block sees, from the first to before the last, and which of flat y it is."""
    kh, _, sh, _, ph, _, dh, _ = geometry
    _, h, w, c = x.shape
    _, height, width, k = y.shape
    image, row, count, first = _rows_of_block(number, rows, height)
    upper = (row * sh - ph) // spread[0]
    lower = (row * sh - ph + span(count, sh, kh, dh)) // spread[0] + 1
    upper, lower = image * h + min(max(upper, 0), h), image * h + min(max(lower, 0), h)
    return upper * w * c, lower * w * c, first * width * k, (first + count) * width * k


@serial
def fill(x, buffer, image, first, count, across, padding, spread, channels, k):
    """`count` rows from `first` on, counted with spread pixels, as the buffer holds them."""
    _, h, w, c = x.shape
    pixels, repeats = x.reshape(-1), k // c
    for r in range(count):
        y, line = first + r, buffer[r * across * channels : (r + 1) * across * channels]
        if y < 0 or y % spread[0] or y // spread[0] >= h:
            clear(line)
            continue
        source = (image * h + y // spread[0]) * w * c
        if spread[1] == repeats == 1 and channels == c:
            before = min(max(padding, 0), across)
            after = max(min(w + padding, across), before)  # columns from here on lie behind the image
            clear(line[: before * c])
            source += (before - padding) * c
            copy(pixels[source : source + (after - before) * c], line[before * c : after * c])
            clear(line[after * c :])
            continue
        clear(line)
        for column in range(w):
            place = column * spread[1] + padding
            if 0 <= place < across:
                pixel, target = pixels[source + column * c :], line[place * channels : (place + 1) * channels]
                for q in range(c):
                    for i in range(repeats):
                        target[q * repeats + i] = pixel[q]


@parallel
def correlate(x, g, sums, geometry, rows, workers):
    """x (N, H, W, C), g (N, H', W', K) -> the weight's gradient, added to sums (workers, panels, taps, columns).

    Taps run over kernel row and column, and are a whole number of tiles; each thread has sums of its own.
    """
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    n, height, width, k = g.shape
    _, panels, taps, columns = sums.shape
    channels, across, per_image = panels * columns, span(width, sw, kw, dw), -(-height // rows)
    line, blocks = across * channels, n * per_image
    offsets = np.empty(taps, np.int64)
    for tap in range(taps):
        within = min(tap, kh * kw - 1)  # the last one fills up a tile
        offsets[tap] = within // kw * dh * line + within % kw * dw * channels
    numbers, pixels_of_x, several = g.reshape(-1), x.reshape(-1), max(SUMMED // width, 1)
    steps = (sh * line, sw * channels, width * channels, channels, columns)
    for t in prange(workers):
        buffer = np.empty(span(rows, sh, kh, dh) * line, x.dtype)
        gradients = np.empty(rows * width * channels, x.dtype)
        end = (t + 1) * blocks // workers
        for number in range(t * blocks // workers, end):
            image, row, count, _ = _rows_of_block(number, rows, height)
            fill(x, buffer, image, row * sh - ph, span(count, sh, kh, dh), across, pw, (1, 1), channels, k)
            fill(g, gradients, image, row, count, width, 0, (1, 1), channels, k)
            of_x, end_of_x, of_g, end_of_g = _numbers_of_block(min(number + 1, end - 1), x, g, rows, geometry, (1, 1))
            turns = -(-count // several) * panels * (taps // TAPS)
            share_of_x, share_of_g = per_turn(end_of_x - of_x, turns, x), per_turn(end_of_g - of_g, turns, g)
            for upper in range(0, count, several):
                counts = (min(several, count - upper), width)
                for panel in range(panels):
                    total, column = sums[t, panel].reshape(-1), panel * columns
                    for tap in range(0, taps, TAPS):
                        prefetch(pixels_of_x, of_x, min(of_x + share_of_x, end_of_x))
                        prefetch(numbers, of_g, min(of_g + share_of_g, end_of_g))
                        of_x, of_g = of_x + share_of_x, of_g + share_of_g
                        starts = (upper * sh * line + column, tap, upper * width * channels + column, tap * columns)
                        add_lanes(buffer, offsets, gradients, total, starts, counts, steps)
