"""Direct convolution of channels-last images: tiles of the output, made from the image where it lies.

Threads take blocks, each some output rows of one image, or several whole images.  The block's part of the input is
copied, with its padding, into a buffer that stays in the L2 cache; windows are then offsets into the buffer.

`geometry` is (kh, kw, stride h, w, padding h, w, dilation h, w), where padding says how far the first window begins
before the image; a negative one begins inside.  `block` is (images, output rows).  Weights are packed in panels of as
many columns as the tile has; a panel belongs to one group.  Its first row is the bias, with which sums begin; the taps
follow, which run over kernel row, kernel column, channel.
"""

import numpy as np
from numba import prange

from .copying import clear, copy
from .jit import parallel, serial
from .tile import (
    COLUMN_BYTES,
    ROWS,
    VECTOR_BYTES,
    add_products,
    add_products_half,
    add_products_quarter,
    end_streaming,
    set_pixels,
    set_pixels_half,
    set_pixels_quarter,
    stream_pixels,
)

STREAM_BYTES = 12 << 20
"""Size of an output that is written past the caches, so that its lines are not read from memory first: eight images of
3 channels and 224x224 pixels -> 64 channels take 7.3 to 8.0 milliseconds so instead of 10.7 to 12.4."""

SUMMED = 16
"""Rows of a gradient that are added at a time."""


@parallel
def convolve(x, packed, y, shape, places, groups, geometry, block, workers):
    """x (N, H, W, C), packed weight and bias -> numbers of flat y, which is of `shape` (N, H', W', K).

    Its pixels lie at places (start, image, row, pixel): where the first one is, and how far it is to the next.
    """
    n, height, width, _ = shape
    per_image = -(-height // block[1])
    blocks = -(-n // block[0]) * per_image
    columns = packed.shape[2]
    for t in prange(workers):
        buffer = np.empty(_buffer_size(x, width, geometry, block) + columns, x.dtype)
        sources = np.empty(block[0] * block[1] * width + ROWS, np.int64)
        targets, found = np.empty(sources.size, np.int64), (0, 0)
        for number in range(t * blocks // workers, (t + 1) * blocks // workers):
            image, row = number // per_image * block[0], number % per_image * block[1]
            images, rows = min(block[0], n - image), min(block[1], height - row)
            _fill(x, buffer, image, images, row, rows, width, geometry)
            if found != (images, rows):
                found = images, rows
                _find_pixels(sources, targets, images, rows, width, x.shape[3], places, geometry)
            start = places[0] + image * places[1] + row * places[2]
            _multiply_block(buffer, sources, packed, y, start, targets, images * rows * width,
                            (width, x.shape[3], shape[3]), groups, geometry)  # fmt: skip
        end_streaming()


@serial
def span(count, stride, size, dilation):
    """From the first to the last pixel that `count` windows see."""
    return (count - 1) * stride + (size - 1) * dilation + 1


@serial
def _buffer_size(x, width, geometry, block):
    kh, kw, sh, sw, _, _, dh, dw = geometry
    return block[0] * span(block[1], sh, kh, dh) * span(width, sw, kw, dw) * x.shape[3]


@serial
def _fill(x, buffer, image, images, row, rows, width, geometry):
    """The input that output rows `row` and following see, with its padding."""
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    _, h, w, c = x.shape
    seen, across = span(rows, sh, kh, dh), span(width, sw, kw, dw)
    before = min(max(pw, 0), across)
    after = max(min(w + pw, across), before)  # columns from here on lie behind the image
    pixels = x.reshape(-1)
    for m in range(images):
        for r in range(seen):
            y, line = row * sh - ph + r, (m * seen + r) * across * c
            if y < 0 or y >= h:
                clear(buffer[line : line + across * c])
            else:
                source, count = (((image + m) * h + y) * w + before - pw) * c, (after - before) * c
                clear(buffer[line : line + before * c])
                copy(pixels[source : source + count], buffer[line + before * c : line + after * c])
                clear(buffer[line + after * c : line + across * c])


@serial
def _find_pixels(sources, targets, images, rows, width, c, places, geometry):
    """Where in the buffer each output pixel's window begins, and how far it lies itself from the block's first; the
    last fills up a tile."""
    kh, kw, sh, sw, _, _, dh, dw = geometry
    seen, line = span(rows, sh, kh, dh), span(width, sw, kw, dw) * c
    pixel = 0
    for m in range(images):
        for r in range(rows):
            for column in range(width):
                sources[pixel] = (m * seen + r * sh) * line + column * sw * c
                targets[pixel] = m * places[1] + r * places[2] + column * places[3]
                pixel += 1
    for repeated in range(pixel, pixel + ROWS):
        sources[repeated], targets[repeated] = sources[pixel - 1], targets[pixel - 1]


@serial
def _multiply_block(buffer, sources, packed, y, begin, targets, pixels, sizes, groups, geometry):
    kh, kw, _, sw, _, _, dh, dw = geometry
    width, channels, k = sizes
    panels, rows, columns = packed.shape
    line = span(width, sw, kw, dw) * channels
    group, per_group = k // groups, panels // groups
    c = channels // groups
    counts, steps = (kh, kw, c), (dh * line, dw * channels, 1, kw * c * columns, c * columns, columns)
    if groups == 1 and dw == 1:  # the pixels of a kernel row are neighbours, and so one run of numbers
        counts, steps = (1, kh, kw * c), (0, dh * line, 1, 0, kw * c * columns, columns)
    weights, whole = packed.reshape(-1), columns * y.itemsize == COLUMN_BYTES and group % columns == 0
    streamed = whole and y.size * y.itemsize >= STREAM_BYTES and y.ctypes.data % VECTOR_BYTES == 0
    for panel in range(panels):
        first = panel % per_group * columns
        inside = min(columns, group - first)
        seen = panel // per_group * c
        first += begin + panel // per_group * group
        initial = panel * rows * columns
        for start in range(0, pixels, ROWS):
            starts = (seen, start, initial + columns, first, initial)
            if streamed:
                stream_pixels(buffer, sources, weights, y, targets, inside, starts, counts, steps)
            elif columns * y.itemsize == COLUMN_BYTES:
                set_pixels(buffer, sources, weights, y, targets, inside, starts, counts, steps)
            elif columns * y.itemsize == COLUMN_BYTES // 2:
                set_pixels_half(buffer, sources, weights, y, targets, inside, starts, counts, steps)
            else:
                set_pixels_quarter(buffer, sources, weights, y, targets, inside, starts, counts, steps)


@parallel
def correlate(x, g, sums, ones, groups, geometry, block, workers):
    """x (N, H, W, C), g (N, H', W', K) -> the weight's gradient, added to sums (shares, panels, taps, columns).

    Taps run over kernel row, kernel column, channel, and are a whole number of tiles.  Each thread has its share for
    which it takes some of the blocks; or there is one, of which each thread makes some panels, from all blocks.  Sums
    of g, as if a tap saw ones, are added to ones (shares, panels, columns), unless it is empty.
    """
    n, height, width, _ = g.shape
    per_image = -(-height // block[1])
    blocks = -(-n // block[0]) * per_image
    shares, panels, _, columns = sums.shape
    for t in prange(workers):
        buffer = np.empty(_buffer_size(x, width, geometry, block) + columns, x.dtype)
        gradients = np.empty((block[0] * block[1] * width + 1) * columns, g.dtype)
        offsets = np.empty(sums.shape[2], np.int64)
        share, part, parts = t % shares, t // shares, workers // shares
        for number in range(share * blocks // shares, (share + 1) * blocks // shares):
            image, row = number // per_image * block[0], number % per_image * block[1]
            images, rows = min(block[0], n - image), min(block[1], height - row)
            _fill(x, buffer, image, images, row, rows, width, geometry)
            _find_taps(offsets, x.shape[3], width, groups, geometry)
            for panel in range(part * panels // parts, (part + 1) * panels // parts):
                _add_correlation(buffer, offsets, g, gradients, sums[share, panel].reshape(-1), ones[share, panel],
                                 panel, panels, (image, images, row, rows), x.shape[3], columns, groups,
                                 geometry)  # fmt: skip


@serial
def _find_taps(offsets, channels, width, groups, geometry):
    """Where each tap lies from its window's beginning; the last is repeated to fill a tile."""
    kh, kw, _, sw, _, _, dh, dw = geometry
    c, line = channels // groups, span(width, sw, kw, dw) * channels
    for tap in range(offsets.size):
        within = min(tap, kh * kw * c - 1)
        offsets[tap] = within // (kw * c) * dh * line + within // c % kw * dw * channels + within % c


@serial
def _add_correlation(buffer, offsets, g, gradients, total, of_ones, panel, panels, part, channels, columns, groups,
                     geometry):  # fmt: skip
    kh, kw, sh, sw, _, _, dh, dw = geometry
    image, images, row, rows = part
    _, _, width, k = g.shape
    group, per_group = k // groups, panels // groups
    first = panel % per_group * columns
    inside = min(columns, group - first)
    seen = panel // per_group * (channels // groups)
    first += panel // per_group * group
    pitch = k if panels == 1 else columns
    _take_columns(g, gradients, (image, images, row, rows), first, inside, pitch)
    if of_ones.size > 0:
        _add_rows(gradients, images * rows * width, pitch, inside, of_ones)
    line = span(width, sw, kw, dw) * channels
    counts = (images, rows, width)
    steps = (span(rows, sh, kh, dh) * line, sh * line, sw * channels, rows * width * pitch, width * pitch, pitch,
             columns)  # fmt: skip
    for tap in range(0, offsets.size, ROWS):
        starts = (seen, tap, 0, tap * columns)
        if columns * g.itemsize == COLUMN_BYTES:
            add_products(buffer, offsets, gradients, total, starts, counts, steps)
        elif columns * g.itemsize == COLUMN_BYTES // 2:
            add_products_half(buffer, offsets, gradients, total, starts, counts, steps)
        else:
            add_products_quarter(buffer, offsets, gradients, total, starts, counts, steps)


@serial
def _take_columns(g, gradients, part, first, inside, pitch):
    """Some rows of some images of g, of which some columns, `pitch` apart in `gradients`.

    What a tile reads beyond `inside` are other pixels or anything: sums of these are never looked at.
    """
    image, images, row, rows = part
    _, height, width, k = g.shape
    numbers, run = g.reshape(-1), rows * width
    for m in range(images):
        source, target = ((image + m) * height + row) * width * k + first, m * run * pitch
        if inside == k:
            copy(numbers[source : source + run * k], gradients[target : target + run * k])
        else:
            for pixel in range(run):
                copy(numbers[source + pixel * k : source + pixel * k + inside],
                      gradients[target + pixel * pitch : target + pixel * pitch + inside])  # fmt: skip


@serial
def _add_rows(numbers, rows, pitch, inside, total):
    """Sums of the first columns of rows, `pitch` apart: of so many rows at a time that their numbers fill vectors."""
    held, whole = np.zeros(SUMMED * pitch, numbers.dtype), rows // SUMMED * SUMMED
    for row in range(0, whole, SUMMED):
        line = numbers[row * pitch : (row + SUMMED) * pitch]
        for q in range(held.size):
            held[q] += line[q]
    for n in range(inside):
        for row in range(SUMMED):
            total[n] += held[row * pitch + n]
        for row in range(whole, rows):
            total[n] += numbers[row * pitch + n]
