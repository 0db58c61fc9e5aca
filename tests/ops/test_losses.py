"""What losses, activations, embeddings, dropout and normalisation refuse, and what they say then."""

import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError
from minidl.nn import functional as F


def floats(*shape):
    return minidl.zeros(*shape)


def classes(*values):
    return minidl.tensor(list(values), dtype=minidl.int64)


LOSSES = [
    ("reduction 'average'", ArgumentError, lambda: F.l1_loss(floats(2), floats(2), reduction="average")),
    ("reduction 'batch'", ArgumentError, lambda: F.kl_div(floats(2), floats(2), reduction="batch")),
    ("reduction 7", ArgumentError, lambda: minidl.hinge_embedding_loss(floats(2), floats(2), 1.0, 7)),
    ("weight \\(3,\\)", ShapeError, lambda: F.mse_loss(floats(2), floats(2), weight=floats(3))),
    ("beta -1", ArgumentError, lambda: F.smooth_l1_loss(floats(2), floats(2), beta=-1)),
    ("delta 0", ArgumentError, lambda: F.huber_loss(floats(2), floats(2), delta=0)),
    ("negative", ArgumentError, lambda: F.gaussian_nll_loss(floats(2), floats(2), -1.0)),
    ("negative", ArgumentError, lambda: F.gaussian_nll_loss(floats(2), floats(2), floats(2) - 1)),
    ("var \\(3,\\)", ShapeError, lambda: F.gaussian_nll_loss(floats(2, 2), floats(2, 2), floats(3))),
    ("var \\(1, 1\\)", ShapeError, lambda: F.gaussian_nll_loss(floats(2, 2), floats(2, 2), floats(1, 1))),
    ("as many dimensions", ShapeError, lambda: F.margin_ranking_loss(floats(2), floats(2, 1), floats(2))),
    ("\\(N, D\\)", ShapeError, lambda: F.cosine_embedding_loss(floats(2, 3), floats(2, 3), floats(2, 1))),
    ("p 3", ArgumentError, lambda: F.multi_margin_loss(floats(2, 3), classes(0, 1), p=3)),
    ("no class of 0 to 2", ArgumentError, lambda: F.multi_margin_loss(floats(2, 3), classes(0, 3))),
    ("target \\(1,\\)", ShapeError, lambda: F.multi_margin_loss(floats(2, 3), classes(0))),
    ("needs classes as integers", DtypeError, lambda: F.multi_margin_loss(floats(2, 3), floats(2))),
    ("weight \\(2,\\)", ShapeError, lambda: F.multi_margin_loss(floats(1, 3), classes(0), weight=floats(2))),
    ("needs one shape", ShapeError, lambda: F.multilabel_margin_loss(floats(2, 3), classes(0, 1, -1))),
    ("needs int64", DtypeError, lambda: F.multilabel_margin_loss(floats(3), floats(3))),
    ("nor -1", ArgumentError, lambda: F.multilabel_margin_loss(floats(3), classes(0, 3, -1))),
    ("margin 0", ArgumentError, lambda: F.triplet_margin_loss(floats(2), floats(2), floats(2), margin=0)),
    ("with_distance_loss: .* one number of dimensions", ShapeError,
     lambda: F.triplet_margin_with_distance_loss(floats(2), floats(2), floats(1, 2))),
    ("label_smoothing 2", ArgumentError, lambda: F.cross_entropy(floats(2, 3), classes(0, 1), label_smoothing=2)),
    ("ignore_index 1 is for classes", ArgumentError,
     lambda: F.cross_entropy(floats(2, 3), floats(2, 3), ignore_index=1)),
    ("linear_weight \\(3, 5\\)", ShapeError, lambda: F.linear_cross_entropy(floats(2, 4), floats(3, 5), classes(0, 1))),
    ("linear_bias \\(2,\\)", ShapeError,
     lambda: F.linear_cross_entropy(floats(2, 4), floats(3, 4), classes(0, 1), linear_bias=floats(2))),
    ("needs an input \\(N, F\\)", ShapeError,
     lambda: F.linear_cross_entropy(floats(4), floats(3, 2, 4), classes(0, 1))),
    ("ignore_index is for classes", ArgumentError,
     lambda: F.linear_cross_entropy(floats(2, 4), floats(3, 4), floats(2, 3), ignore_index=0)),
]  # fmt: skip

CTC = [
    ("log_probs \\(3,\\)", ShapeError, lambda: F.ctc_loss(floats(3), classes(1), (3,), (1,))),
    ("needs a floating dtype", DtypeError, lambda: F.ctc_loss(classes(1).reshape(1, 1), classes(1), (1,), (1,))),
    ("2 input and 1 target lengths", ShapeError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1), (3, 3), (1,))),
    ("needs 0 to 3", ArgumentError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1), (4,), (1,))),
    ("at least 0", ArgumentError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1), (3,), (-1,))),
    ("blank 2", ArgumentError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1), (3,), (1,), blank=2)),
    ("lengths that sum to 2", ShapeError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1), (3,), (2,))),
    ("for lengths \\[2\\]", ShapeError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1).reshape(1, 1), (3,), (2,))),
    ("need integers", DtypeError, lambda: F.ctc_loss(floats(3, 1, 2), floats(1), (3,), (1,))),
    ("no class of 0 to 1", IndexError, lambda: F.ctc_loss(floats(3, 1, 2), classes(2), (3,), (1,))),
    ("reduction 'all'", ArgumentError, lambda: F.ctc_loss(floats(3, 1, 2), classes(1), (3,), (1,), reduction="all")),
]

ACTIVATIONS = [
    ("hardtanh: min_val 1 above", ArgumentError, lambda: F.hardtanh(floats(2), 1, 0)),
    ("use a signed dtype", DtypeError, lambda: F.hardtanh(floats(2).to(minidl.uint8), -1, 1)),
    ("hardtanh: got bool", DtypeError, lambda: F.hardtanh(floats(2) > 0)),
    ("hardswish: got int64", DtypeError, lambda: F.hardswish(classes(1))),
    ("gelu: approximate 'erf'", ArgumentError, lambda: F.gelu(floats(2), approximate="erf")),
    ("softshrink: lambd -1", ArgumentError, lambda: F.softshrink(floats(2), -1)),
    ("celu: alpha is 0", ArgumentError, lambda: F.celu(floats(2), 0)),
    ("rrelu: lower 1 and upper 0", ArgumentError, lambda: F.rrelu(floats(2), 1, 0)),
    ("prelu: weight \\(2,\\)", ShapeError, lambda: F.prelu(floats(2, 3), floats(2))),
    ("glu: dim 1", ShapeError, lambda: F.glu(floats(2, 3), 1)),
    ("softmax: dim 2", ShapeError, lambda: F.softmax(floats(2, 3), 2)),
    ("softmax: got int64", DtypeError, lambda: F.softmax(classes(1), 0)),
]

TABLES = [
    ("embedding: weight \\(3,\\)", ShapeError, lambda: F.embedding(classes(0), floats(3))),
    ("sparse gradients are not supported", ArgumentError, lambda: F.embedding(classes(0), floats(3, 2), sparse=True)),
    ("needs row numbers of int32 or int64", DtypeError, lambda: F.embedding(floats(1), floats(3, 2))),
    ("row -1 of a table of 3", IndexError, lambda: F.embedding(classes(0, -1), floats(3, 2))),
    ("row 3 of a table of 3", IndexError, lambda: minidl.embedding(floats(3, 2), classes(3))),
    ("padding_idx 3", ArgumentError, lambda: F.embedding(classes(0), floats(3, 2), padding_idx=3)),
    ("mode 'min'", ArgumentError, lambda: F.embedding_bag(classes(0), floats(3, 2), classes(0), mode="min")),
    ("mode 3", ArgumentError, lambda: minidl.embedding_bag(floats(3, 2), classes(0), classes(0), mode=3)),
    ("scale_grad_by_freq with mode 'max'", ArgumentError,
     lambda: F.embedding_bag(classes(0), floats(3, 2), classes(0), mode="max", scale_grad_by_freq=True)),
    ("only 'sum' takes them", ArgumentError,
     lambda: F.embedding_bag(classes(0), floats(3, 2), classes(0), per_sample_weights=floats(1))),
    ("per_sample_weights \\(2,\\)", ShapeError,
     lambda: F.embedding_bag(classes(0), floats(3, 2), classes(0), mode="sum", per_sample_weights=floats(2))),
    ("a vector with offsets", ShapeError, lambda: F.embedding_bag(classes(0), floats(3, 2))),
    ("a vector with offsets", ShapeError, lambda: F.embedding_bag(classes(0).reshape(1, 1), floats(3, 2), classes(0))),
    ("offsets float32", ShapeError, lambda: F.embedding_bag(classes(0), floats(3, 2), floats(1))),
    ("offsets 1 to 1", ArgumentError, lambda: F.embedding_bag(classes(0, 0), floats(3, 2), classes(1))),
    ("offsets 0 to 5", ArgumentError, lambda: F.embedding_bag(classes(0, 0), floats(3, 2), classes(0, 5))),
    ("rising ones", ArgumentError, lambda: F.embedding_bag(classes(0, 0, 0), floats(3, 2), classes(0, 2, 1))),
    ("offsets int64\\(0,\\)", ShapeError,
     lambda: F.embedding_bag(classes(0), floats(3, 2), classes(), include_last_offset=True)),
    ("one_hot: got float32", DtypeError, lambda: F.one_hot(floats(2))),
    ("classes from 0 to 3; needs 0 to 2", ArgumentError, lambda: F.one_hot(classes(0, 3), 3)),
    ("classes from -1", ArgumentError, lambda: F.one_hot(classes(-1))),
    ("give num_classes", ArgumentError, lambda: F.one_hot(classes())),
]  # fmt: skip

NORMS = [
    ("batch_norm: got one of running_mean", ArgumentError,
     lambda: F.batch_norm(floats(2, 3), floats(3), None, training=True)),
    ("with running_mean float64", DtypeError,
     lambda: F.batch_norm(floats(2, 3), floats(3).double(), floats(3).double())),
    ("instance_norm: got one of running_mean", ArgumentError,
     lambda: F.instance_norm(floats(2, 3, 4), None, floats(3))),
    ("instance_norm: shape \\(2, 3\\)", ShapeError, lambda: F.instance_norm(floats(2, 3))),
    ("instance_norm: shape \\(2, 3, 1\\)", ShapeError, lambda: F.instance_norm(floats(2, 3, 1))),
    ("weight \\(2,\\); needs \\(3,\\)", ShapeError, lambda: F.instance_norm(floats(2, 3, 2), weight=floats(2))),
    ("group_norm: 2 groups", ShapeError, lambda: F.group_norm(floats(2, 3), 2)),
    ("bias \\(1,\\); needs \\(4,\\)", ShapeError, lambda: F.group_norm(floats(2, 4), 2, bias=floats(1))),
    ("one value a group", ShapeError, lambda: F.group_norm(floats(1, 3), 3)),
    ("normalized_shape \\(2,\\)", ShapeError, lambda: F.layer_norm(floats(2, 3), (2,))),
    ("normalized_shape \\(\\)", ShapeError, lambda: F.layer_norm(floats(2, 3), ())),
    ("weight \\(2,\\); needs \\(3,\\)", ShapeError, lambda: F.layer_norm(floats(2, 3), (3,), floats(2))),
    ("input float64 with weight float32", DtypeError, lambda: F.rms_norm(floats(3).double(), (3,), floats(3))),
    ("layer_norm: got int64", DtypeError, lambda: F.layer_norm(classes(1, 2), (2,))),
    ("local_response_norm: shape", ShapeError, lambda: F.local_response_norm(floats(2, 3), 2)),
    ("local_response_norm: size: got 0", ArgumentError, lambda: F.local_response_norm(floats(2, 3, 1), 0)),
]  # fmt: skip


@pytest.mark.parametrize(("message", "error", "program"), LOSSES + CTC + ACTIVATIONS + TABLES + NORMS)
def test_refusals(message, error, program):
    with pytest.raises(error, match=message):
        program()
