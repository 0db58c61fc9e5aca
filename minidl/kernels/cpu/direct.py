"""Direct convolution of channels-last images: tiles of the output, made from the image where it lies.

Threads take blocks, each some output rows of one image, or several whole images.  The block's part of the input is
copied, with its padding, into a buffer that stays in the L2 cache; windows are then offsets into the buffer.
`geometry` is (kh, kw, stride h, w, padding h, w, dilation h, w); `block` is (images, output rows).
"""

import numpy as np
from numba import prange

from .copying import copy_elements
from .jit import parallel, serial
from .tile import COLUMN_BYTES, ROWS, add_products


@parallel
def pack_weight(weight, packed, workers):
    """weight (K, C, kh, kw) -> (panels, kh * kw * C, columns): the kernels of a panel side by side, zeros beyond K."""
    k, channels, kh, kw = weight.shape
    panels, _, columns = packed.shape
    for t in prange(workers):
        for panel in range(t * panels // workers, (t + 1) * panels // workers):
            for n in range(columns):
                kernel = panel * columns + n
                for i in range(kh):
                    for j in range(kw):
                        for c in range(channels):
                            value = weight[kernel, c, i, j] if kernel < k else 0
                            packed[panel, (i * kw + j) * channels + c, n] = value


@parallel
def sum_and_unpack(sums, out, workers):
    """sums (threads, kh * kw * C or more, K or more) -> out (K, C, kh, kw), added in the order of threads."""
    k, channels, kh, kw = out.shape
    for t in prange(workers):
        for kernel in range(t * k // workers, (t + 1) * k // workers):
            for i in range(kh):
                for j in range(kw):
                    for c in range(channels):
                        total = sums[0, (i * kw + j) * channels + c, kernel]
                        for other in range(1, len(sums)):
                            total += sums[other, (i * kw + j) * channels + c, kernel]
                        out[kernel, c, i, j] = total


@parallel
def convolve(x, packed, bias, y, geometry, block, workers):
    """x (N, H, W, C), packed weight, bias (K,) -> y (N, H', W', K)."""
    n, height, width, k = y.shape
    per_image = -(-height // block[1])
    blocks = -(-n // block[0]) * per_image
    for t in prange(workers):
        buffer = np.empty(_buffer_size(x, geometry, block), x.dtype)
        offsets = np.empty(block[0] * block[1] * width + ROWS, np.int64)
        for number in range(t * blocks // workers, (t + 1) * blocks // workers):
            image, row = number // per_image * block[0], number % per_image * block[1]
            images, rows = min(block[0], n - image), min(block[1], height - row)
            _fill(x, buffer, image, images, row, rows, geometry)
            _find_pixels(x, offsets, images, rows, width, geometry)
            _multiply_block(buffer, offsets, packed, bias, y.reshape(-1), (image * height + row) * width,
                            images * rows * width, k, x.shape, geometry)  # fmt: skip


@serial
def _buffer_size(x, geometry, block):
    kh, _, sh, _, _, pw, dh, _ = geometry
    return block[0] * ((block[1] - 1) * sh + (kh - 1) * dh + 1) * (x.shape[2] + 2 * pw) * x.shape[3]


@serial
def _fill(x, buffer, image, images, row, rows, geometry):
    """The input that output rows `row` and following see, with its padding."""
    kh, _, sh, _, ph, pw, dh, _ = geometry
    _, h, w, c = x.shape
    seen, line = (rows - 1) * sh + (kh - 1) * dh + 1, (w + 2 * pw) * c
    for m in range(images):
        for r in range(seen):
            y = row * sh - ph + r
            target = buffer[(m * seen + r) * line : (m * seen + r + 1) * line]
            if y < 0 or y >= h:
                target[:] = 0
            else:
                target[: pw * c] = 0
                copy_elements(target[pw * c : (pw + w) * c], x[image + m, y])
                target[(pw + w) * c :] = 0


@serial
def _find_pixels(x, offsets, images, rows, width, geometry):
    """Where in the buffer each output pixel's window begins; the last is repeated to fill a tile."""
    kh, _, sh, sw, _, pw, dh, _ = geometry
    seen, line = (rows - 1) * sh + (kh - 1) * dh + 1, (x.shape[2] + 2 * pw) * x.shape[3]
    pixel = 0
    for m in range(images):
        for r in range(rows):
            for column in range(width):
                offsets[pixel] = (m * seen + r * sh) * line + column * sw * x.shape[3]
                pixel += 1
    offsets[pixel : pixel + ROWS] = offsets[pixel - 1]


@serial
def _multiply_block(buffer, offsets, packed, bias, y, first, pixels, k, shape, geometry):
    kh, kw, _, _, _, pw, dh, dw = geometry
    panels, taps, columns = packed.shape
    c, line = shape[3], (shape[2] + 2 * pw) * shape[3]
    for pixel in range(first, first + pixels):
        copy_elements(y[pixel * k : pixel * k + k], bias)
    weights = packed.reshape(-1)
    edge = np.empty(ROWS * columns, y.dtype)
    for panel in range(panels):
        inside = min(columns, k - panel * columns)
        for start in range(0, pixels, ROWS):
            count = min(ROWS, pixels - start)
            whole = inside == columns and count == ROWS
            place, target, row = (first + start) * k + panel * columns, y, k
            if not whole:
                edge[:] = 0
                target, row = edge, columns
            begin = 0 if not whole else place
            if dw == 1:  # the pixels of a kernel row are neighbours, and so one run of numbers
                add_products(buffer, offsets, weights, target, (0, start, panel * taps * columns, begin), (kh, kw * c),
                             (dh * line, 1, kw * c * columns, columns, row))  # fmt: skip
            else:
                for i in range(kh):
                    add_products(buffer, offsets, weights, target,
                                 (i * dh * line, start, (panel * taps + i * kw * c) * columns, begin), (kw, c),
                                 (dw * c, 1, c * columns, columns, row))  # fmt: skip
            if not whole:
                for m in range(count):
                    for q in range(inside):
                        y[place + m * k + q] += edge[m * columns + q]


@parallel
def correlate(x, g, sums, geometry, block, workers):
    """x (N, H, W, C), g (N, H', W', K) -> each thread's share of the weight's gradient (threads, taps, K).

    K is a whole number of panels, and taps, which run over kernel row, kernel column, channel, of tiles.
    """
    n, height, _, _ = g.shape
    per_image = -(-height // block[1])
    blocks = -(-n // block[0]) * per_image
    for t in prange(workers):
        buffer = np.empty(_buffer_size(x, geometry, block), x.dtype)
        offsets = _find_taps(x, sums.shape[1], geometry)
        for number in range(t * blocks // workers, (t + 1) * blocks // workers):
            image, row = number // per_image * block[0], number % per_image * block[1]
            images, rows = min(block[0], n - image), min(block[1], height - row)
            _fill(x, buffer, image, images, row, rows, geometry)
            _add_correlation(buffer, offsets, g, sums[t].reshape(-1), image, images, row, rows, x.shape, geometry)


@serial
def _find_taps(x, taps, geometry):
    """Where each tap lies from its window's beginning; the last is repeated to fill a tile."""
    kh, kw, _, _, _, pw, dh, dw = geometry
    c, line = x.shape[3], (x.shape[2] + 2 * pw) * x.shape[3]
    offsets = np.empty(taps, np.int64)
    for tap in range(taps):
        within = min(tap, kh * kw * c - 1)
        offsets[tap] = within // (kw * c) * dh * line + within // c % kw * dw * c + within % c
    return offsets


@serial
def _add_correlation(buffer, offsets, g, total, image, images, row, rows, shape, geometry):
    """A tile stays in the L1 cache while all images of the block are added to it."""
    kh, _, sh, sw, _, pw, dh, _ = geometry
    _, height, width, k = g.shape
    c, line = shape[3], (shape[2] + 2 * pw) * shape[3]
    seen = (rows - 1) * sh + (kh - 1) * dh + 1
    columns, gradients = COLUMN_BYTES // g.itemsize, g.reshape(-1)
    for panel in range(0, k, columns):
        for tap in range(0, offsets.size, ROWS):
            for m in range(images):
                first = ((image + m) * height + row) * width
                add_products(buffer, offsets, gradients, total,
                             (m * seen * line, tap, first * k + panel, tap * k + panel), (rows, width),
                             (sh * line, sw * c, width * k, k, k))  # fmt: skip
