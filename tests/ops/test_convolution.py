"""What convolution, pooling, resizing, padding and normalisation refuse, and in which words.

Each call is a function of a namespace, so that test_convolution_parity.py can ask PyTorch whether it refuses it too.
"""

import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError

PLANES = {1: (5,), 2: (5, 4), 3: (5, 4, 6)}
KERNELS = {1: (3,), 2: (3, 2), 3: (3, 2, 3)}
NAN = float("nan")


def ones(T, *shape, dtype="float32"):
    return T.ones(shape, dtype=getattr(T, dtype))


def wholes(T, *shape):
    return T.zeros(shape, dtype=T.int64)


def image(T, dtype="float32"):
    return ones(T, 2, 4, 5, 6, dtype=dtype)


def function(name):
    return lambda T, *args, **options: getattr(T.nn.functional, name)(*args, **options)


def named(name, *refusals):
    """The refusals, whose messages must begin with the name."""
    return [(rf"{name}: {message}", error, program) for message, error, program in refusals]


def convolutions(d):
    """Refusals of the convolution over d dimensions and of its transpose."""
    plane, kernel = PLANES[d], KERNELS[d]
    for name, out in ((f"conv{d}d", 6), (f"conv_transpose{d}d", 3)):
        conv, transposed = function(name), "transpose" in name

        def x(T, dtype="float32"):
            return ones(T, 2, 4, *plane, dtype=dtype)

        def w(T, dtype="float32", transposed=transposed, kernel=kernel):
            return ones(T, *((4, 3) if transposed else (6, 4)), *kernel, dtype=dtype)

        def turned(first, second, transposed=transposed):
            return (second, first) if transposed else (first, second)

        def large(T, turned=turned):
            return ones(T, *turned(3, 4), *(9,) * d)

        yield from named(
            name,
            (r"input \(4,\) and weight", ShapeError, lambda T, c=conv, w=w: c(T, ones(T, 4), w(T))),
            (r"input .* and weight \(6, 4\)", ShapeError, lambda T, c=conv: c(T, x(T), ones(T, 6, 4))),
            (r"input .* has 3 channels", ShapeError, lambda T, c=conv, w=w: c(T, ones(T, 2, 3, *plane), w(T))),
            (r"input .* has 4 channels", ShapeError, lambda T, c=conv, w=w: c(T, x(T), w(T), groups=3)),
            (r"groups: got 0, needs one whole", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), groups=0)),
            (r"groups: got 1.0, needs one whole", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), groups=1.0)),
            (rf"bias \(5,\) for {out}", ShapeError, lambda T, c=conv, w=w: c(T, x(T), w(T), ones(T, 5))),
            (rf"bias \(1, {out}\)", ShapeError, lambda T, c=conv, w=w, n=out: c(T, x(T), w(T), ones(T, 1, n))),
            (r"input float32 and bias float64", DtypeError,
             lambda T, c=conv, w=w, n=out: c(T, x(T), w(T), ones(T, n, dtype="float64"))),
            (r"input float32 and weight float64", DtypeError, lambda T, c=conv, w=w: c(T, x(T), w(T, "float64"))),
            (r"input bool and weight bool", DtypeError, lambda T, c=conv, w=w: c(T, x(T, "bool"), w(T, "bool"))),
            (r"got int where a tensor", DtypeError, lambda T, c=conv, w=w: c(T, 2, w(T))),
            (r"got int where a tensor", DtypeError, lambda T, c=conv: c(T, x(T), 2)),
            (r"got int where a tensor", DtypeError, lambda T, c=conv, w=w: c(T, x(T), w(T), 2)),
            (r"stride: got 0", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), stride=0)),
            (r"stride: got 1.5", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), stride=1.5)),
            (r"stride: got \(1, 1, 1, 1\)", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), stride=(1,) * 4)),
            (r"padding: got -1", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), padding=-1)),
            (r"padding", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), padding="full")),
            (r"dilation: got 0", ArgumentError, lambda T, c=conv, w=w: c(T, x(T), w(T), dilation=0)),
            (r"input .* may be empty", ShapeError,
             lambda T, c=conv, t=turned: c(T, x(T), ones(T, *t(3, 4), *(0,) * d))),
            (r"input .* may be empty", ShapeError,
             lambda T, c=conv, w=w: c(T, ones(T, 2, 4, *(0,) * d), w(T), padding=2)),
            *(
                [
                    (r"output_padding \(1,.*needs less than stride", ArgumentError,
                     lambda T, c=conv, w=w: c(T, x(T), w(T), output_padding=1)),
                    (r"output_padding: got -1", ArgumentError,
                     lambda T, c=conv, w=w: c(T, x(T), w(T), stride=2, output_padding=-1)),
                    (r"the output would have size", ShapeError, lambda T, c=conv, w=w: c(T, x(T), w(T), padding=5)),
                ]
                if transposed
                else [
                    (r"the kernel covers \(9,.* more than the padded", ShapeError,
                     lambda T, c=conv, k=large: c(T, x(T), k(T), padding=1)),
                    (r"padding='same' needs stride 1", ArgumentError,
                     lambda T, c=conv, w=w: c(T, x(T), w(T), padding="same", stride=2)),
                ]
            ),
        )  # fmt: skip


def pools(d):
    """Refusals of all that pools over d dimensions."""
    plane = PLANES[d]

    def x(T, dtype="float32"):
        return ones(T, 2, 4, *plane, dtype=dtype)

    for name in (f"avg_pool{d}d", f"max_pool{d}d"):
        pool = function(name)
        yield from named(
            name,
            (r"got shape \(4,\), needs images", ShapeError, lambda T, p=pool: p(T, ones(T, 4), 2)),
            (r"got shape \(2, 0, .*needs images", ShapeError, lambda T, p=pool: p(T, ones(T, 2, 0, *plane), 2)),
            (r"got shape \(0, .*needs images", ShapeError, lambda T, p=pool: p(T, ones(T, 0, *plane), 2)),
            (r"got int where a tensor", DtypeError, lambda T, p=pool: p(T, 2, 2)),
            (r"got bool, needs a floating dtype", DtypeError, lambda T, p=pool: p(T, x(T, "bool"), 2)),
            (r"kernel_size: got 0", ArgumentError, lambda T, p=pool: p(T, x(T), 0)),
            (r"kernel_size: got 1.5", ArgumentError, lambda T, p=pool: p(T, x(T), 1.5)),
            (r"kernel_size: got \(2, 2, 2, 2\)", ArgumentError, lambda T, p=pool: p(T, x(T), (2,) * 4)),
            (r"stride: got 0", ArgumentError, lambda T, p=pool: p(T, x(T), 2, 0)),
            (r"padding: got -1", ArgumentError, lambda T, p=pool: p(T, x(T), 2, 2, -1)),
            (r"padding \(2,.*exceeds half the kernel", ArgumentError, lambda T, p=pool: p(T, x(T), 2, 2, 2)),
            (r"windows of \(9,.*do not fit", ShapeError, lambda T, p=pool: p(T, x(T), 9)),
        )  # fmt: skip
    average, greatest = function(f"avg_pool{d}d"), function(f"max_pool{d}d")
    divisors = (
        (r"divisor_override 0", ArgumentError, lambda T: average(T, x(T), 2, divisor_override=0)),
        (r"divisor_override 1.5", ArgumentError, lambda T: average(T, x(T), 2, divisor_override=1.5)),
    )
    yield from named(
        f"avg_pool{d}d",
        (r"got int32, needs a floating dtype or int64", DtypeError, lambda T: average(T, x(T, "int32"), 2)),
        *(divisors if d > 1 else ()),
    )
    yield from named(
        f"max_pool{d}d",
        (r"dilation: got 0", ArgumentError, lambda T: greatest(T, x(T), 2, dilation=0)),
        (r"windows of .*do not fit", ShapeError, lambda T: greatest(T, x(T), 2, dilation=9)),
    )
    for name in (f"adaptive_avg_pool{d}d", f"adaptive_max_pool{d}d"):
        pool = function(name)
        yield from named(
            name,
            (r"got shape \(4,\), needs images", ShapeError, lambda T, p=pool: p(T, ones(T, 4), 2)),
            (r"output_size \(2, 2, 2, 2\); needs", ArgumentError, lambda T, p=pool: p(T, x(T), (2,) * 4)),
            (r"output_size -1; needs", ArgumentError, lambda T, p=pool: p(T, x(T), -1)),
            (r"output_size 1.5; needs", ArgumentError, lambda T, p=pool: p(T, x(T), 1.5)),
            (r"output_size 'a'; needs", ArgumentError, lambda T, p=pool: p(T, x(T), "a")),
            (r"output_size None; needs", ArgumentError, lambda T, p=pool: p(T, x(T), None)),
            (r"got int64, needs a floating", DtypeError, lambda T, p=pool: p(T, x(T, "int64"), 2)),
            (r"got int where a tensor", DtypeError, lambda T, p=pool: p(T, 2, 2)),
        )
    powers, unpool = function(f"lp_pool{d}d"), function(f"max_unpool{d}d")
    values, places = (lambda T: ones(T, 2, 4, *(1,) * d)), (lambda T: wholes(T, 2, 4, *(1,) * d))
    yield from named(
        f"lp_pool{d}d",
        (r"kernel_size: got 0", ArgumentError, lambda T: powers(T, x(T), 2, 0)),
        (r"windows of .*do not fit", ShapeError, lambda T: powers(T, x(T), 2, 9)),
    )
    yield from named(
        f"max_unpool{d}d",
        (r"indices \(1, 4,.*needs one shape", ShapeError,
         lambda T: unpool(T, values(T), wholes(T, 1, 4, *(1,) * d), 2)),
        (r"indices are float32, need int64", DtypeError, lambda T: unpool(T, values(T), values(T), 2)),
        (r"indices are int32, need int64", DtypeError, lambda T: unpool(T, values(T), places(T).to(T.int32), 2)),
        (r"an index is outside", ArgumentError, lambda T: unpool(T, values(T), places(T) + 99, 2)),
        (r"an index is outside", ArgumentError, lambda T: unpool(T, values(T), places(T) - 1, 2)),
        (r"output_size \(9,.*needs less than", ArgumentError,
         lambda T: unpool(T, values(T), places(T), 2, output_size=(9,) * d)),
        (r"output_size \(\); needs", ArgumentError, lambda T: unpool(T, values(T), places(T), 2, output_size=())),
        (r"output_size .*; needs", ArgumentError, lambda T: unpool(T, values(T), places(T), 2, output_size=(2,) * 6)),
        (r"the output would have size", ShapeError, lambda T: unpool(T, values(T), places(T), 2, 2, 5)),
    )  # fmt: skip


fractional, unfold, fold = function("fractional_max_pool2d"), function("unfold"), function("fold")
interpolate, grid_sample, affine_grid = function("interpolate"), function("grid_sample"), function("affine_grid")
pad, shuffle, unshuffle = function("pad"), function("pixel_shuffle"), function("pixel_unshuffle")


def grid(T, *shape, dtype="float32"):
    return T.zeros(shape or (2, 3, 4, 2), dtype=getattr(T, dtype))


IMAGES = [
    (r"lp_pool2d: norm_type 0", ArgumentError, lambda T: T.nn.functional.lp_pool2d(image(T), 0, 2)),
    (r"fractional_max_pool2d: got neither", ArgumentError, lambda T: fractional(T, image(T), 2)),
    (r"fractional_max_pool2d: got shape \(5, 6\)", ShapeError, lambda T: fractional(T, ones(T, 5, 6), 2, 2)),
    (r"fractional_max_pool2d: .*do not fit", ShapeError, lambda T: fractional(T, image(T), 2, 5)),
    (r"fractional_max_pool2d: output_ratio", ArgumentError, lambda T: fractional(T, image(T), 2, output_ratio=(0.5,))),
    (r"fractional_max_pool2d: random samples float32\(2, 3, 2\)", ShapeError,
     lambda T: fractional(T, image(T), 2, 2, _random_samples=ones(T, 2, 3, 2))),
    (r"fractional_max_pool2d: random samples float64", ShapeError,
     lambda T: fractional(T, image(T), 2, 2, _random_samples=ones(T, 2, 4, 2, dtype="float64"))),
    (r"unfold: shape \(5, 6\)", ShapeError, lambda T: unfold(T, ones(T, 5, 6), 2)),
    (r"unfold: shape \(2, 0, 4, 4\)", ShapeError, lambda T: unfold(T, ones(T, 2, 0, 4, 4), 2)),
    (r"unfold: windows of \(9, 9\) do not fit", ShapeError, lambda T: unfold(T, image(T), 9)),
    (r"unfold: kernel_size: got 0", ArgumentError, lambda T: unfold(T, image(T), 0)),
    (r"unfold: dilation: got 0", ArgumentError, lambda T: unfold(T, image(T), 2, 0)),
    (r"unfold: padding: got -1", ArgumentError, lambda T: unfold(T, image(T), 2, 1, -1)),
    (r"unfold: stride: got 0", ArgumentError, lambda T: unfold(T, image(T), 2, 1, 0, 0)),
    (r"fold: shape \(4,\)", ShapeError, lambda T: fold(T, ones(T, 4), 4, 2)),
    (r"fold: columns \(1, 3, 9\) .*multiple of 4 rows", ShapeError, lambda T: fold(T, ones(T, 1, 3, 9), 4, 2)),
    (r"fold: columns \(1, 4, 8\) .*9 windows", ShapeError, lambda T: fold(T, ones(T, 1, 4, 8), 4, 2)),
    (r"fold: output_size: got 0", ArgumentError, lambda T: fold(T, ones(T, 1, 4, 8), 0, 2)),
    (r"interpolate: mode 'lin'", ArgumentError, lambda T: interpolate(T, image(T), 3, mode="lin")),
    (r"interpolate: mode 'linear' of shape", ShapeError, lambda T: interpolate(T, image(T), 3, mode="linear")),
    (r"interpolate: mode 'trilinear' of shape", ShapeError, lambda T: interpolate(T, image(T), 3, mode="trilinear")),
    (r"interpolate: mode 'nearest' of shape \(2, 3\)", ShapeError, lambda T: interpolate(T, ones(T, 2, 3), 3)),
    (r"interpolate: give either size or", ArgumentError, lambda T: interpolate(T, image(T))),
    (r"interpolate: give either size or", ArgumentError, lambda T: interpolate(T, image(T), 3, 2.0)),
    (r"interpolate: 3 sizes for the 2", ShapeError, lambda T: interpolate(T, image(T), (3, 3, 3))),
    (r"interpolate: size 2.5; needs whole", ArgumentError, lambda T: interpolate(T, image(T), 2.5)),
    (r"interpolate: size '2'; needs whole", ArgumentError, lambda T: interpolate(T, image(T), "2")),
    (r"interpolate: from \(2, 4, 5, 6\) to \(0, 0\)", ShapeError, lambda T: interpolate(T, image(T), 0)),
    (r"interpolate: from .* to \(0, 0\)", ShapeError, lambda T: interpolate(T, image(T), scale_factor=0.1)),
    (r"interpolate: from \(2, 0, 4, 4\)", ShapeError, lambda T: interpolate(T, ones(T, 2, 0, 4, 4), 3)),
    (r"interpolate: scale_factor nan", ArgumentError, lambda T: interpolate(T, image(T), scale_factor=NAN)),
    (r"interpolate: align_corners with mode", ArgumentError, lambda T: interpolate(T, image(T), 3, align_corners=True)),
    (r"interpolate: recompute_scale_factor", ArgumentError,
     lambda T: interpolate(T, image(T), 3, recompute_scale_factor=True)),
    (r"interpolate: got int64", DtypeError,
     lambda T: interpolate(T, image(T, "int64"), 3, mode="bilinear")),
    (r"interpolate: got int64", DtypeError, lambda T: interpolate(T, image(T, "int64"), 3, mode="area")),
    (r"grid_sample: input \(2, 3, 4\)", ShapeError, lambda T: grid_sample(T, ones(T, 2, 3, 4), grid(T))),
    (r"grid_sample: input .* and grid \(3, 3", ShapeError, lambda T: grid_sample(T, image(T), grid(T, 3, 3, 4, 2))),
    (r"grid_sample: .*grid \(2, 3, 4, 3\)", ShapeError, lambda T: grid_sample(T, image(T), grid(T, 2, 3, 4, 3))),
    (r"grid_sample: .* no elements", ShapeError, lambda T: grid_sample(T, ones(T, 2, 3, 0, 4), grid(T))),
    (r"grid_sample: input float32 and grid float64", DtypeError,
     lambda T: grid_sample(T, image(T), grid(T, dtype="float64"))),
    (r"grid_sample: mode 'linear'", ArgumentError, lambda T: grid_sample(T, image(T), grid(T), "linear")),
    (r"grid_sample: padding_mode 'wrap'", ArgumentError,
     lambda T: grid_sample(T, image(T), grid(T), padding_mode="wrap")),
    (r"grid_sample: mode 'bicubic' over 3", ArgumentError,
     lambda T: grid_sample(T, ones(T, 1, 1, 2, 2, 2), grid(T, 1, 1, 1, 1, 3), "bicubic")),
    (r"affine_grid: theta \(2, 3, 3\)", ShapeError, lambda T: affine_grid(T, grid(T, 2, 3, 3), (2, 3, 4, 4))),
    (r"affine_grid: size \(2, 3, 0, 4\)", ArgumentError, lambda T: affine_grid(T, grid(T, 2, 2, 3), (2, 3, 0, 4))),
    (r"affine_grid: size 3; needs", ArgumentError, lambda T: affine_grid(T, grid(T, 2, 2, 3), 3)),
    (r"affine_grid: theta is int64", DtypeError, lambda T: affine_grid(T, wholes(T, 2, 2, 3), (2, 3, 4, 4))),
    (r"pad: widths \(1,\) for shape", ShapeError, lambda T: pad(T, image(T), (1,))),
    (r"pad: widths \(1, 1, 1, 1\) for shape \(3,\)", ShapeError, lambda T: pad(T, ones(T, 3), (1,) * 4)),
    (r"pad: widths \(1.5, 1\); needs", ArgumentError, lambda T: pad(T, image(T), (1.5, 1))),
    (r"pad: widths 1; needs", ArgumentError, lambda T: pad(T, image(T), 1)),
    (r"pad: widths 'ab'; needs", ArgumentError, lambda T: pad(T, image(T), "ab")),
    (r"pad: mode 'mirror'", ArgumentError, lambda T: pad(T, image(T), (1, 1), "mirror")),
    (r"pad: widths \(-4, -4\) cut more off", ShapeError, lambda T: pad(T, image(T), (-4, -4))),
    (r"pad: value 'a'; needs a number", DtypeError, lambda T: pad(T, image(T), (1, 1), value="a")),
    (r"pad: value 300 does not fit into int8", ArgumentError, lambda T: pad(T, image(T, "int8"), (1, 1), value=300)),
    (r"pad: value nan does not fit", ArgumentError, lambda T: pad(T, image(T, "int64"), (1, 1), value=NAN)),
    (r"pad: value 1.0 with mode", ArgumentError, lambda T: pad(T, image(T), (1, 1, 1, 1), "reflect", 1.0)),
    (r"pad: reflecting 6 and 1", ShapeError, lambda T: pad(T, image(T), (6, 1, 1, 1), "reflect")),
    (r"pad: wrapping 7 and 1", ShapeError, lambda T: pad(T, image(T), (7, 1, 1, 1), "circular")),
    *[(r"pad: widths .* cut more off", ShapeError, lambda T, mode=mode: pad(T, image(T), (-4, -4, 1, 1), mode))
      for mode in ("reflect", "replicate", "circular")],
    *[(rf"pad: mode '{mode}' for shape \(2, 0, 4, 4\)", ShapeError,
       lambda T, mode=mode: pad(T, ones(T, 2, 0, 4, 4), (1,) * 4, mode)) for mode in ("reflect", "replicate")],
    (r"constant_pad_nd: widths \(1,\) for", ShapeError, lambda T: T.constant_pad_nd(image(T), (1,))),
    (r"constant_pad_nd: widths \(-2, -2\) cut", ShapeError, lambda T: T.constant_pad_nd(ones(T, 3), (-2, -2))),
    (r"pixel_shuffle: shape \(3, 4, 4\) by 2", ShapeError, lambda T: shuffle(T, ones(T, 3, 4, 4), 2)),
    (r"pixel_shuffle: upscale_factor: got 0", ArgumentError, lambda T: shuffle(T, image(T), 0)),
    (r"pixel_shuffle: upscale_factor: got 2.0", ArgumentError, lambda T: shuffle(T, image(T), 2.0)),
    (r"pixel_unshuffle: shape \(1, 3, 4\) by 2", ShapeError, lambda T: unshuffle(T, ones(T, 1, 3, 4), 2)),
    (r"channel_shuffle: 3 groups of 4", ArgumentError, lambda T: T.nn.functional.channel_shuffle(image(T), 3)),
    (r"channel_shuffle: groups: got 2.0", ArgumentError, lambda T: T.nn.functional.channel_shuffle(image(T), 2.0)),
    (r"group_norm: num_groups: got 2.0", ArgumentError, lambda T: T.nn.functional.group_norm(image(T), 2.0)),
    (r"instance_norm: use_input_stats=False needs", ArgumentError,
     lambda T: T.nn.functional.instance_norm(image(T), use_input_stats=False)),
    (r"layer_norm: normalized_shape \(6.0,\)", ShapeError, lambda T: T.nn.functional.layer_norm(image(T), (6.0,))),
    *[(rf"{name}: got int where a tensor is needed", DtypeError, lambda T, n=name, a=args: function(n)(T, 2, *a))
      for name, args in {
          "unfold": (2,), "fold": (4, 2), "interpolate": (3,), "pad": ((1, 1),), "pixel_shuffle": (2,),
          "pixel_unshuffle": (2,), "channel_shuffle": (2,), "layer_norm": ((3,),), "group_norm": (4,),
          "instance_norm": (), "local_response_norm": (2,), "batch_norm": (None, None), "affine_grid": ((1, 1, 2, 2),),
      }.items()],
]  # fmt: skip

REFUSED = [row for d in (1, 2, 3) for row in (*convolutions(d), *pools(d))] + IMAGES


@pytest.mark.parametrize(("message", "error", "program"), REFUSED)
def test_refusals(message, error, program):
    with pytest.raises(error, match=f"^{message}"):
        program(minidl)
