"""The windows that a kernel sees on channels-last images, added back to where they lie (col2im)."""

from .jit import serial


@serial
def add_windows(columns, x, first, last, height, width, geometry):
    """Each row of `columns`, one for an output pixel, added where its window lies in x (N, H, W, C).

    A row runs over kernel row, kernel column, channel; pixels are counted through all images, row by row.
    """
    kh, kw, sh, sw, ph, pw, dh, dw = geometry
    _, h, w, c = x.shape
    for pixel in range(first, last):
        image, place = pixel // (height * width), pixel % (height * width)
        top, left = place // width * sh - ph, place % width * sw - pw
        for i in range(kh):
            for j in range(kw):
                yy, xx = top + i * dh, left + j * dw
                if 0 <= yy < h and 0 <= xx < w:
                    tap = (i * kw + j) * c
                    _add(columns[pixel - first, tap : tap + c], x[image, yy, xx])


@serial
def _add(source, target):
    for q in range(target.size):
        target[q] += source[q]
