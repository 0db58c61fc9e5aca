"""What a layer refuses: the message names the layer or its operator, what it got and what it needs."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DtypeError, MinidlWarning, ShapeError


def floats(*shape):
    return minidl.ones(*shape)


def whole(*shape):
    return minidl.ones(*shape).long()


WRONG_SHAPES = [
    (nn.Linear(3, 2), floats(4, 5), ["linear", "(4, 5)", "(2, 3)"]),
    (nn.Linear(3, 2), floats(3, 4), ["linear", "(3, 4)", "(2, 3)"]),
    (nn.Linear(3, 2), minidl.tensor(1.0), ["linear", "()", "(2, 3)"]),
    (nn.Linear(3, 2), floats(4, 0), ["linear", "(4, 0)", "(2, 3)"]),
    (nn.Conv2d(3, 2, 3), floats(1, 4, 5, 5), ["conv2d", "(1, 4, 5, 5)", "(2, 3, 3, 3)"]),
    (nn.Conv2d(4, 2, 3, groups=2), floats(1, 2, 5, 5), ["conv2d", "(1, 2, 5, 5)", "(2, 2, 3, 3)", "groups=2"]),
    (nn.Conv2d(3, 2, 7, padding=0), floats(1, 3, 5, 9), ["conv2d", "(7, 7)", "(5, 9)"]),
    (nn.Conv2d(3, 2, 3, dilation=3), floats(1, 3, 6, 7), ["conv2d", "(7, 7)", "(6, 7)"]),
    (nn.Conv2d(3, 2, 7, padding=1), floats(0, 3, 4, 4), ["conv2d", "(7, 7)", "(6, 6)"]),
    (nn.Conv2d(3, 2, 3), floats(5, 5), ["conv2d", "(5, 5)", "(N, C, H, W)"]),
    (nn.Conv2d(3, 2, 3), floats(1, 1, 3, 5, 5), ["conv2d", "(1, 1, 3, 5, 5)", "(N, C, H, W)"]),
    (nn.MaxPool2d(4), floats(1, 1, 3, 9), ["max_pool2d", "(4, 4)", "(3, 9)"]),
    (nn.MaxPool2d(2), floats(4, 4), ["max_pool2d", "(4, 4)", "(N, C, H, W)"]),
    (nn.BatchNorm1d(3), floats(4, 5), ["BatchNorm1d", "(4, 5)", "5 channels", "3"]),
    (nn.BatchNorm1d(1, track_running_stats=False), floats(4, 5), ["BatchNorm1d", "(4, 5)", "5 channels", "1"]),
    (nn.BatchNorm1d(3), floats(3), ["BatchNorm1d", "(3,)", "(N, C)"]),
    (nn.BatchNorm1d(3), floats(2, 3, 4, 4), ["BatchNorm1d", "(2, 3, 4, 4)", "(N, C, L)"]),
    (nn.BatchNorm2d(3), floats(4, 3), ["BatchNorm2d", "(4, 3)", "(N, C, H, W)"]),
    (nn.BatchNorm2d(3).eval(), floats(2, 4, 5, 5), ["BatchNorm2d", "(2, 4, 5, 5)", "4 channels", "3"]),
    (nn.BatchNorm1d(3), floats(1, 3), ["batch_norm", "(1, 3)", "larger batch"]),
    (nn.BatchNorm2d(3), floats(1, 3, 1, 1), ["batch_norm", "(1, 3, 1, 1)", "larger batch"]),
    (nn.Softmax(dim=2), floats(3, 4), ["softmax", "dim 2", "(3, 4)"]),
    (nn.Flatten(), floats(4), ["flatten", "dim 1", "(4,)"]),
    (nn.Flatten(1, 3), floats(4, 5), ["flatten", "dim 3", "(4, 5)"]),
    (nn.Unflatten(1, (2, 3)), floats(4, 5), ["unflatten", "5", "(2, 3)"]),
    (nn.Conv1d(3, 2, 3), floats(1, 4, 5), ["conv1d", "4 channels", "(2, 3, 3)"]),
    (nn.Conv1d(3, 2, 9), floats(1, 3, 5), ["conv1d", "(9,)", "(5,)"]),
    (nn.Conv3d(3, 2, 3), floats(3, 5, 5), ["conv3d", "(3, 5, 5)", "(N, C, D, H, W)"]),
    (nn.Conv2d(3, 2, 3, padding=9, padding_mode="reflect"), floats(1, 3, 5, 5), ["pad", "9", "5"]),
    (nn.ConvTranspose2d(3, 2, 3), floats(1, 4, 5, 5), ["conv_transpose2d", "(1, 4, 5, 5)", "(3, 2, 3, 3)"]),
    (nn.ConvTranspose1d(3, 2, 1, padding=3), floats(1, 3, 5), ["conv_transpose1d", "less padding"]),
    (nn.MaxPool1d(4), floats(2, 3, 3), ["max_pool1d", "(4,)", "(3,)"]),
    (nn.AvgPool3d(4), floats(2, 3, 4, 4, 3), ["avg_pool3d", "(4, 4, 4)", "(4, 4, 3)"]),
    (nn.AdaptiveAvgPool2d(2), floats(4, 4), ["adaptive_avg_pool2d", "(4, 4)", "(N, C, H, W)"]),
    (nn.LPPool2d(2, 3), floats(1, 1, 2, 2), ["lp_pool2d", "(3, 3)", "(2, 2)"]),
    (nn.FractionalMaxPool2d(3, output_size=3), floats(1, 1, 4, 4), ["fractional_max_pool2d", "(3, 3)", "(4, 4)"]),
    (nn.BatchNorm3d(3), floats(2, 3, 4, 4), ["BatchNorm3d", "(2, 3, 4, 4)", "(N, C, D, H, W)"]),
    (nn.InstanceNorm2d(3, affine=True), floats(2, 4, 5, 5), ["InstanceNorm2d", "4 channels", "3"]),
    (nn.InstanceNorm1d(3), floats(2, 3, 1), ["instance_norm", "(2, 3, 1)", "more than one place"]),
    (nn.InstanceNorm1d(3), floats(3), ["InstanceNorm1d", "(3,)", "(N, C, L)"]),
    (nn.LayerNorm((3, 4)), floats(2, 4), ["layer_norm", "(3, 4)", "(2, 4)"]),
    (nn.RMSNorm(3), floats(2, 4), ["rms_norm", "(3,)", "(2, 4)"]),
    (nn.GroupNorm(2, 4), floats(2, 6, 3), ["group_norm", "(2, 6, 3)", "(4,)", "(6,)"]),
    (nn.LocalResponseNorm(2), floats(2, 3), ["local_response_norm", "(2, 3)", "3 dimensions"]),
    (nn.CrossMapLRN2d(2), floats(2, 3, 4), ["cross_map_lrn2d", "(2, 3, 4)", "(N, C, H, W)"]),
    (nn.PReLU(3), floats(2, 4), ["prelu", "(3,)", "(2, 4)"]),
    (nn.GLU(), floats(2, 5), ["glu", "(2, 5)", "even"]),
    (nn.Softmax2d(), floats(2, 5), ["Softmax2d", "(2, 5)", "(N, C, H, W)"]),
    (nn.Dropout1d(), floats(5), ["dropout1d", "(5,)", "(N, C, L)"]),
    (nn.Fold(4, 2), floats(1, 8, 5), ["fold", "(1, 8, 5)", "9 windows"]),
    (nn.Unfold(5), floats(1, 1, 4, 4), ["unfold", "(5, 5)", "(1, 1, 4, 4)"]),
    (nn.PixelShuffle(2), floats(1, 3, 4, 4), ["pixel_shuffle", "(1, 3, 4, 4)", "2"]),
    (nn.ReflectionPad1d(5), floats(1, 1, 4), ["pad", "5", "4"]),
    (nn.CircularPad2d(1), floats(4, 4), ["pad", "(4, 4)", "channels"]),
    (nn.Upsample(scale_factor=2, mode="bilinear"), floats(1, 1, 4), ["interpolate", "bilinear", "(1, 1, 4)"]),
    (nn.LazyConv2d(4, 3), floats(4, 4), ["LazyConv2d", "(4, 4)"]),
]


@pytest.mark.parametrize(
    ("layer", "x", "parts"), WRONG_SHAPES, ids=lambda value: repr(value) if callable(value) else ""
)
def test_shapes_that_do_not_fit(layer, x, parts):
    with pytest.raises(ShapeError) as caught:
        layer(x)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert [part for part in parts if part not in message] == []


FLOATING = [
    (nn.Linear(3, 2), "linear", (4, 3)),
    (nn.Conv2d(3, 2, 3), "conv2d", (1, 3, 4, 4)),
    (nn.BatchNorm1d(3), "batch_norm", (4, 3)),
    (nn.BatchNorm1d(3).eval(), "batch_norm", (4, 3)),
    (nn.Softmax(1), "softmax", (4, 3)),
    (nn.LeakyReLU(), "leaky_relu", (4, 3)),
    (nn.ELU(), "elu", (4, 3)),
    (nn.GELU(), "gelu", (4, 3)),
    (nn.GLU(), "glu", (4, 4)),
    (nn.PReLU(), "prelu", (4, 3)),
    (nn.LayerNorm(3), "layer_norm", (4, 3)),
    (nn.GroupNorm(1, 3), "group_norm", (4, 3)),
    (nn.InstanceNorm1d(3), "instance_norm", (4, 3, 2)),
    (nn.Conv1d(3, 2, 1), "conv1d", (1, 3, 4)),
    (nn.ConvTranspose2d(3, 2, 3), "conv_transpose2d", (1, 3, 4, 4)),
    (nn.AdaptiveAvgPool1d(2), "adaptive_avg_pool1d", (3, 4)),
    (nn.Fold(2, 1), "fold", (3, 4)),
    (nn.Upsample(scale_factor=2), "interpolate", (1, 3, 4)),
    (nn.Dropout(0.1), "dropout", (4, 3)),
]


@pytest.mark.parametrize(
    ("layer", "operator", "shape"), FLOATING, ids=lambda value: repr(value) if callable(value) else ""
)
def test_whole_numbers_are_refused(layer, operator, shape):
    with pytest.raises(DtypeError, match=f"{operator}: .*int64.*(float|dtype)"):
        layer(whole(*shape))


@pytest.mark.parametrize("layer", [nn.Linear(3, 2), nn.Conv2d(3, 2, 1)], ids=repr)
def test_another_precision_than_the_weights_is_refused(layer):
    with pytest.raises(DtypeError, match=r"(linear|conv2d): .*float64.*float32"):
        layer(minidl.ones(3, 4, 3).double())


CONSTRUCTIONS = [
    (lambda: nn.Linear(-1, 2), "Linear: -1 to 2 features"),
    (lambda: nn.Conv2d(-3, 3, 3), "Conv2d: -3 to 3 channels"),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: groups=2 does not divide 3 and 4 channels"),
    (lambda: nn.Conv2d(2, 4, 3, groups=0), "Conv2d: groups=0"),
    (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size: got 0"),
    (lambda: nn.Conv2d(3, 4, (1, 2, 3)), r"Conv2d: kernel_size: got \(1, 2, 3\)"),
    (lambda: nn.Conv2d(3, 4, 2.5), "Conv2d: kernel_size: got 2.5"),
    (lambda: nn.Conv2d(3, 4, 3, stride=0), "Conv2d: stride: got 0"),
    (lambda: nn.Conv2d(3, 4, 3, padding=-1), "Conv2d: padding: got -1"),
    (lambda: nn.Conv2d(3, 4, 3, dilation=0), "Conv2d: dilation: got 0"),
    (lambda: nn.Conv2d(1, 1, 3, padding="full"), "Conv2d: padding 'full'; needs 'same'"),
    (
        lambda: nn.Conv2d(1, 1, 3, padding="same", stride=2),
        r"Conv2d: padding='same' needs stride 1, got \(2, 2\)",
    ),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "Conv2d: padding_mode 'mirror'; needs one of zeros, reflect"),
    (
        lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
        "ConvTranspose2d: padding_mode 'reflect'; needs 'zer",
    ),
    (lambda: nn.ConvTranspose2d(3, 4, 3, padding="same"), "ConvTranspose2d: padding: got same"),
    (
        lambda: nn.ConvTranspose1d(1, 1, 3, stride=2)(floats(1, 1, 4), output_size=[12]),
        r"ConvTranspose1d: output_size \(12,\); needs sizes from \(9,\) to \(10,\)",
    ),
    (lambda: nn.ConvTranspose1d(1, 1, 3, output_padding=1)(floats(1, 1, 4)), "conv_transpose1d: output_padding"),
    (lambda: nn.Bilinear(0, 2, 3), "Bilinear: in1_features 0; needs at least 1"),
    (lambda: nn.GroupNorm(3, 4), "GroupNorm: 3 groups of 4 channels"),
    (lambda: nn.SyncBatchNorm(3, process_group="all"), "SyncBatchNorm: there are no process groups"),
    (lambda: nn.Embedding(5, 2, padding_idx=5), "Embedding: padding_idx 5 of a table of 5 rows"),
    (lambda: nn.Embedding(5, 2, sparse=True), "Embedding: sparse gradients are not supported"),
    (lambda: nn.EmbeddingBag(5, 2, mode="median")(whole(2, 2)), "embedding_bag: mode 'median'"),
    (lambda: nn.FractionalMaxPool2d(2), "FractionalMaxPool2d: give either output_size or output_ratio"),
    (lambda: nn.FractionalMaxPool3d(2, output_ratio=1.5), "FractionalMaxPool3d: output_ratio 1.5"),
    (lambda: nn.MaxUnpool2d(2, stride=0), "MaxUnpool2d: stride: got 0"),
    (lambda: nn.ZeroPad2d((1, 2)), r"ZeroPad2d: padding \(1, 2\); needs one whole number or 4"),
    (lambda: nn.ConstantPad1d(1.5, 0.0), "ConstantPad1d: padding 1.5"),
    (lambda: nn.Unflatten(1, 6), "Unflatten: unflattened_size 6; needs a tuple"),
    (lambda: nn.GELU("fast")(floats(2)), "gelu: approximate 'fast'"),
    (lambda: nn.Softshrink(-1.0)(floats(2)), "softshrink: lambd -1.0"),
    (lambda: nn.Upsample(scale_factor=2, mode="cubic")(floats(1, 1, 2)), "interpolate: mode 'cubic'"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 3]), r"AdaptiveLogSoftmaxWithLoss: cutoffs \[5, 3\]"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 10]), "AdaptiveLogSoftmaxWithLoss: .* needs rising"),
    (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3], div_value=2.0)(floats(2, 4), minidl.tensor([0, 10])),
        "adaptive_log_softmax: a target is no class of 0 to 9",
    ),
    (lambda: nn.GaussianNLLLoss(eps=0), "GaussianNLLLoss: eps 0; needs more than 0"),
    (lambda: nn.MultiMarginLoss(p=3), "MultiMarginLoss: p 3; needs 1 or 2"),
    (lambda: nn.TripletMarginLoss(margin=0), "TripletMarginLoss: margin 0; needs more than 0"),
    (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), "TripletMarginWithDistanceLoss: margin -1"),
    (lambda: nn.HuberLoss(delta=0)(floats(2), floats(2)), "huber_loss: delta 0; needs more than 0"),
    (lambda: nn.SmoothL1Loss(beta=-1)(floats(2), floats(2)), "smooth_l1_loss: beta -1"),
    (lambda: nn.CTCLoss(blank=3)(floats(4, 3), whole(2), 4, 2), "ctc_loss: blank 3"),
    (lambda: nn.MaxPool2d(0)(floats(1, 1, 5, 5)), "max_pool2d: kernel_size: got 0"),
    (lambda: nn.MaxPool2d(2, padding=2)(floats(1, 1, 5, 5)), r"max_pool2d: padding \(2, 2\) exceeds half"),
    (lambda: nn.Dropout(1.5), "Dropout: p=1.5; a probability is from 0 to 1"),
    (lambda: nn.Dropout(-0.1), "Dropout: p=-0.1; a probability is from 0 to 1"),
    (lambda: nn.Dropout(float("nan")), "Dropout: p=nan; a probability is from 0 to 1"),
    (lambda: nn.Flatten(2, 1)(floats(2, 3, 4)), "flatten: start_dim 2 comes after end_dim 1"),
    (lambda: nn.Sequential(nn.ReLU(), np.tanh), "Sequential: item 1 is a ufunc; needs a Module"),
]


@pytest.mark.parametrize(("build", "message"), CONSTRUCTIONS, ids=[message[:40] for _, message in CONSTRUCTIONS])
def test_arguments_out_of_range(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()


LOSSES_OF_WHOLE_NUMBERS = [
    nn.BCEWithLogitsLoss(), nn.SmoothL1Loss(), nn.HuberLoss(), nn.KLDivLoss(), nn.SoftMarginLoss(),
    nn.MultiLabelSoftMarginLoss(), nn.MultiLabelMarginLoss(), nn.CrossEntropyLoss(),
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES_OF_WHOLE_NUMBERS, ids=repr)
def test_losses_of_whole_numbers_are_refused(loss):
    with pytest.raises(DtypeError, match="int64"):
        loss(whole(3, 4), whole(3, 4))


def test_a_target_larger_than_its_input_is_no_soft_margin():
    with pytest.raises(ShapeError, match=r"soft_margin_loss: input \(3, 1\) and target \(3, 4\)"):
        nn.SoftMarginLoss()(floats(3, 1), floats(3, 4))


def test_row_numbers_are_checked():
    with pytest.raises(DtypeError, match=r"embedding: input is float32, needs row numbers"):
        nn.Embedding(5, 2)(floats(3))
    with pytest.raises(IndexError, match="embedding: row 5 of a table of 5 rows"):
        nn.Embedding(5, 2)(minidl.tensor([0, 5]))
    with pytest.raises(ShapeError, match=r"Embedding.from_pretrained: embeddings \(3,\)"):
        nn.Embedding.from_pretrained(floats(3))
    with pytest.raises(ShapeError, match=r"EmbeddingBag: weight \(3, 2\); needs \(4, 2\)"):
        nn.EmbeddingBag(4, 2, _weight=floats(3, 2))


def test_channels_that_a_plain_instance_norm_does_not_expect_are_warned_of():
    with pytest.warns(MinidlWarning, match=r"InstanceNorm1d: input \(2, 4, 5\) has 4 channels, the layer has 3"):
        nn.InstanceNorm1d(3)(minidl.rand(2, 4, 5))


def test_an_unknown_argument_names_the_layer():
    with pytest.raises(TypeError, match=r"LeakyReLU.*slope"):
        nn.LeakyReLU(slope=0.1)
    with pytest.raises(TypeError, match=r"Threshold.*value"):
        nn.Threshold(0.1)


def test_a_layer_without_outputs_is_built():
    assert tuple(nn.Conv2d(3, 0, 3)(floats(1, 3, 5, 5)).shape) == (1, 0, 3, 3)
    assert tuple(nn.Linear(3, 0)(floats(2, 3)).shape) == (2, 0)
