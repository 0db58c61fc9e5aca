"""Padding, resizing, pixels, sampling grids."""

from __future__ import annotations

import numpy as np

from .base import S, normal, waves

GRID = np.array([[[[-0.83, -0.61], [0.13, 0.42]], [[0.71, -0.24], [-0.37, 1.13]]]])
"""Places between the elements of a 3 x 4 image, one of them outside it."""

SAMPLES = [
    S("pad constant", lambda T, x: T.nn.functional.pad(x, (1, 2, -1, 1), value=1.5), [normal(3, 2)]),
    S("pad reflect", lambda T, x: T.nn.functional.pad(x, (2, 1), "reflect"), [normal(2, 3)]),
    S("pad replicate", lambda T, x: T.nn.functional.pad(x, (1, 0, 0, 2), "replicate"), [normal(1, 2, 2)]),
    S("pad circular", lambda T, x: T.nn.functional.pad(x, (2, 1), "circular"), [normal(1, 3)]),
    S("interpolate nearest", lambda T, x: T.nn.functional.interpolate(x, 5), [normal(1, 2, 3)]),
    S("interpolate linear", lambda T, x: T.nn.functional.interpolate(x, 5, mode="linear"), [normal(1, 2, 3)]),
    S(
        "interpolate bilinear",
        lambda T, x: T.nn.functional.interpolate(x, (3, 4), mode="bilinear", align_corners=True),
        [normal(1, 1, 2, 3)],
    ),
    S(
        "interpolate bicubic",
        lambda T, x: T.nn.functional.interpolate(x, scale_factor=1.6, mode="bicubic"),
        [normal(1, 1, 2, 3)],
    ),
    S(
        "interpolate bilinear antialias",
        lambda T, x: T.nn.functional.interpolate(x, (2, 5), mode="bilinear", antialias=True),
        [normal(1, 2, 5, 3)],
    ),
    S(
        "interpolate bicubic antialias",
        lambda T, x: T.nn.functional.interpolate(x, scale_factor=(0.6, 1.3), mode="bicubic", antialias=True),
        [normal(1, 1, 5, 4)],
    ),
    S("pixel_shuffle", lambda T, x: T.nn.functional.pixel_shuffle(x, 2), [normal(4, 1, 2)]),
    S("pixel_unshuffle", lambda T, x: T.nn.functional.pixel_unshuffle(x, 2), [normal(1, 2, 4)]),
    S("channel_shuffle", lambda T, x: T.nn.functional.channel_shuffle(x, 2), [normal(1, 4, 2)]),
    S("affine_grid", lambda T, x: T.nn.functional.affine_grid(x, (1, 1, 2, 3), False), [normal(1, 2, 3)]),
    *[
        S(
            f"grid_sample {mode} {padding}",
            lambda T, x, grid, mode=mode, padding=padding: T.nn.functional.grid_sample(x, grid, mode, padding, False),
            [normal(1, 1, 3, 4), GRID],
        )
        for mode in ("bilinear", "bicubic")
        for padding in ("zeros", "border", "reflection")
    ],
    S(
        "grid_sample nearest",
        lambda T, x: T.nn.functional.grid_sample(x, T.tensor(GRID).to(x.dtype), "nearest", "border", True),
        [normal(1, 1, 3, 4)],
    ),
    S(
        "pixel_shuffle channels-last",
        lambda T, x: T.nn.functional.pixel_shuffle(x.permute(0, 3, 1, 2), 2),
        [waves(1, 2, 1, 4)],
    ),
    S(
        "pixel_unshuffle channels-last",
        lambda T, x: T.nn.functional.pixel_unshuffle(x.permute(0, 3, 1, 2), 2),
        [waves(1, 2, 2, 2)],
    ),
]
