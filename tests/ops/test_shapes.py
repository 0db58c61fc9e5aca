"""What operators that change shapes refuse, and in which words; their other names; what shares memory with what."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DtypeError, GraphError, ShapeError


def matrix(T):
    return T.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def cube(T):
    return T.zeros(2, 3, 4)


def number(T):
    return T.tensor(1.0)


SHAPES = {
    "reshape": (
        lambda T: matrix(T).reshape(4),
        ShapeError,
        r"^reshape: \(2, 3\) has 6 elements and cannot become \(4,",
    ),
    "reshape two unknown": (lambda T: matrix(T).reshape(-1, -1), ShapeError, r"^reshape: .* cannot become \(-1, -1\)"),
    "reshape negative": (lambda T: matrix(T).reshape(-2, -3), ShapeError, r"^reshape: .* cannot become \(-2, -3\)"),
    "reshape by half": (lambda T: matrix(T).reshape(1.5, 4), ShapeError, r"^reshape: got \(1.5, 4\); needs whole"),
    "reshape a list": (lambda T: T.reshape([1, 2], (2,)), DtypeError, r"^reshape: got list where a tensor is needed"),
    "view": (lambda T: matrix(T).view(5), ShapeError, r"^view: \(2, 3\) has 6 elements and cannot become \(5,\)"),
    "view of a transpose": (
        lambda T: matrix(T).t().view(6),
        ShapeError,
        r"^view: \(3, 2\) with strides .* use reshape",
    ),
    "view as wider": (lambda T: matrix(T).view(T.float64), ShapeError, r"^view: float32\(2, 3\) .* read as float64"),
    "flatten backwards": (
        lambda T: cube(T).flatten(2, 1),
        ArgumentError,
        r"^flatten: start_dim 2 comes after end_dim 1",
    ),
    "flatten dim": (lambda T: cube(T).flatten(3), ShapeError, r"^flatten: dim 3 of a tensor with shape \(2, 3, 4\)"),
    "squeeze dim": (lambda T: matrix(T).squeeze(2), ShapeError, r"^squeeze: dim 2 of a tensor with shape \(2, 3\)"),
    "squeeze twice": (lambda T: matrix(T).squeeze((0, -2)), ArgumentError, r"^squeeze: a dim appears twice in \(0, -2"),
    "unsqueeze dim": (lambda T: matrix(T).unsqueeze(3), ShapeError, r"^unsqueeze: dim 3 .* needs -3 to 2"),
    "unsqueeze by a truth": (
        lambda T: matrix(T).unsqueeze(True),
        ArgumentError,
        r"^unsqueeze: dim True; needs a whole",
    ),
    "unflatten sizes": (lambda T: matrix(T).unflatten(1, (2, 2)), ShapeError, r"^unflatten: the 3 places of dim 1"),
    "unflatten 0-d": (
        lambda T: number(T).unflatten(0, (1,)),
        ShapeError,
        r"^unflatten: a 0-d tensor has no dimensions",
    ),
    "unflatten nothing": (lambda T: matrix(T).unflatten(1, ()), ShapeError, r"^unflatten: no sizes"),
    "permute": (lambda T: matrix(T).permute(0, 0), ShapeError, r"^permute: \(0, 0\) is no order of the 2 dimensions"),
    "permute a list": (lambda T: T.permute([1], (0,)), DtypeError, r"^permute: got list where a tensor is needed"),
    "transpose dim": (lambda T: matrix(T).transpose(0, 2), ShapeError, r"^transpose: dim 2 of a tensor with shape"),
    "transpose a list": (lambda T: T.transpose([[1]], 0, 1), DtypeError, r"^transpose: got list"),
    "t of a cube": (lambda T: cube(T).t(), ShapeError, r"^t: got shape \(2, 3, 4\), needs at most 2 dimensions"),
    "mT of a vector": (lambda T: T.zeros(3).mT, ShapeError, r"^mT: got shape \(3,\), needs at least 2 dimensions"),
    "H of a cube": (lambda T: cube(T).H, ShapeError, r"^H: got shape \(2, 3, 4\), needs 2 dimensions; use .mH"),
    "adjoint of a vector": (
        lambda T: T.adjoint(T.zeros(3)),
        ShapeError,
        r"^adjoint: got shape \(3,\), needs at least 2",
    ),
    "movedim": (lambda T: cube(T).movedim((0, 1), (0,)), ArgumentError, r"^movedim: from \(0, 1\) to \(0,\)"),
    "movedim twice": (lambda T: cube(T).movedim((0, -3), (0, 1)), ArgumentError, r"^movedim: .* each once"),
    "movedim by half": (lambda T: cube(T).movedim(0, 0.5), ArgumentError, r"^movedim: dim 0.5; needs a whole number"),
    "expand": (lambda T: matrix(T).expand(2, 4), ShapeError, r"^expand: \(2, 3\) cannot be repeated to \(2, 4\)"),
    "expand fewer": (lambda T: matrix(T).expand(3), ShapeError, r"^expand: \(2, 3\) cannot be repeated to \(3,\)"),
    "expand unknown": (lambda T: matrix(T).expand(-1, 2, 3), ShapeError, r"^expand: \(2, 3\) cannot .* \(-1, 2, 3\)"),
    "broadcast_to": (lambda T: T.broadcast_to(matrix(T), (3, 3)), ShapeError, r"^broadcast_to: \(2, 3\) cannot be"),
    "broadcast_shapes": (lambda T: T.broadcast_shapes((2,), (3,)), ShapeError, r"^broadcast_shapes: \(2,\), \(3,\) do"),
    "broadcast_tensors": (
        lambda T: T.broadcast_tensors(T.zeros(2), T.zeros(3)),
        ShapeError,
        r"^broadcast_tensors: \(2,",
    ),
    "broadcast numbers": (
        lambda T: T.broadcast_tensors(T.zeros(2), 3),
        DtypeError,
        r"^broadcast_tensors: got int where",
    ),
    "atleast_2d of numbers": (lambda T: T.atleast_2d(2), DtypeError, r"^atleast_2d: got int where a tensor is needed"),
    "narrow": (
        lambda T: matrix(T).narrow(1, 1, 3),
        ShapeError,
        r"^narrow: 3 elements from 1 along dim 1 of shape \(2, 3",
    ),
    "narrow by half": (
        lambda T: matrix(T).narrow(0, 0.5, 1),
        ArgumentError,
        r"^narrow: start 0.5; needs a whole number",
    ),
    "narrow from two": (
        lambda T: matrix(T).narrow(0, T.tensor([0, 1]), 1),
        ShapeError,
        r"^narrow: start is int64\(2,\)",
    ),
    "narrow 0-d": (lambda T: number(T).narrow(0, 0, 1), ShapeError, r"^narrow: a 0-d tensor has no dimensions"),
    "size 0-d": (lambda T: number(T).size(0), ShapeError, r"^size: a 0-d tensor has no dimensions"),
    "stride 0-d": (lambda T: number(T).stride(-1), ShapeError, r"^stride: a 0-d tensor has no dimensions"),
}

ORDER = {
    "flip twice": (lambda T: matrix(T).flip(0, -2), ArgumentError, r"^flip: a dim appears twice in \(0, 0\)"),
    "flip dim": (lambda T: matrix(T).flip(2), ShapeError, r"^flip: dim 2 of a tensor with shape \(2, 3\)"),
    "flip a number": (lambda T: T.flip(3, (0,)), DtypeError, r"^flip: got int where a tensor is needed"),
    "fliplr": (lambda T: T.fliplr(T.zeros(3)), ShapeError, r"^fliplr: shape \(3,\); needs at least 2 dimensions"),
    "rot90 dims": (
        lambda T: T.rot90(matrix(T), 1, (0, -2)),
        ArgumentError,
        r"^rot90: dims \(0, -2\); needs two different",
    ),
    "rot90 half": (lambda T: T.rot90(matrix(T), 0.5), ArgumentError, r"^rot90: k 0.5; needs a whole number"),
    "roll": (lambda T: T.roll(matrix(T), (1, 2)), ArgumentError, r"^roll: 2 shifts without dims"),
    "roll dims": (lambda T: T.roll(matrix(T), 1, (0, 1)), ArgumentError, r"^roll: 1 shifts for 2 dims"),
    "roll half": (lambda T: T.roll(matrix(T), 0.5), ArgumentError, r"^roll: shifts 0.5; needs a whole number"),
    "roll 0-d": (lambda T: T.roll(number(T), 1, 0), ShapeError, r"^roll: a 0-d tensor has no dims to roll along"),
    "repeat few": (lambda T: matrix(T).repeat(2), ShapeError, r"^repeat: \(2,\) times for shape \(2, 3\)"),
    "repeat negative": (lambda T: matrix(T).repeat(-1, 1), ShapeError, r"^repeat: \(-1, 1\) times for shape \(2, 3\)"),
    "tile negative": (lambda T: T.tile(matrix(T), (-1,)), ShapeError, r"^tile: \(1, -1\) times for shape \(2, 3\)"),
    "tile a list": (lambda T: T.tile([1], (2,)), DtypeError, r"^tile: got list where a tensor is needed"),
    "repeat_interleave negative": (
        lambda T: matrix(T).repeat_interleave(-1),
        ArgumentError,
        r"^repeat_interleave: rep",
    ),
    "repeat_interleave many": (
        lambda T: matrix(T).repeat_interleave(T.tensor([1, 2]), 1),
        ShapeError,
        r"^repeat_interleave: 2 repeats for 3 places",
    ),
    "repeat_interleave size": (
        lambda T: matrix(T).repeat_interleave(T.tensor([1, 2]), 0, output_size=4),
        ShapeError,
        r"^repeat_interleave: output_size 4, but the repeats sum to 3",
    ),
    "unfold size": (lambda T: matrix(T).unfold(1, 4, 1), ShapeError, r"^unfold: windows of 4, 1 apart, along dim 1"),
    "unfold step": (lambda T: matrix(T).unfold(1, 2, 0), ShapeError, r"^unfold: windows of 2, 0 apart"),
    "unfold half": (lambda T: matrix(T).unfold(1, 1.5, 1), ArgumentError, r"^unfold: size 1.5; needs a whole number"),
}

JOINING = {
    "cat nothing": (lambda T: T.cat([]), ArgumentError, r"^cat: got no tensors; needs at least one"),
    "cat a tensor": (lambda T: T.cat(matrix(T)), DtypeError, r"^cat: got float32\(2, 3\); needs a list of tensors"),
    "cat numbers": (lambda T: T.cat([matrix(T), 2]), DtypeError, r"^cat: got int where a tensor is needed"),
    "cat 0-d": (lambda T: T.cat([number(T)]), ShapeError, r"^cat: a 0-d tensor cannot be joined; use stack"),
    "cat sizes": (
        lambda T: T.cat([matrix(T), T.zeros(2, 2)]),
        ShapeError,
        r"^cat: \(2, 3\) and \(2, 2\) differ outside",
    ),
    "cat dims": (
        lambda T: T.cat([matrix(T), T.zeros(3)]),
        ShapeError,
        r"^cat: \(2, 3\) and \(3,\) differ outside dim 0",
    ),
    "cat dim": (lambda T: T.cat([matrix(T)], 2), ShapeError, r"^cat: dim 2 of a tensor with shape \(2, 3\)"),
    "stack sizes": (lambda T: T.stack([matrix(T), T.zeros(3)]), ShapeError, r"^stack: \(2, 3\) and \(3,\) differ"),
    "stack dim": (lambda T: T.stack([matrix(T)], 3), ShapeError, r"^stack: dim 3 of a tensor .* needs -3 to 2"),
    "hstack sizes": (
        lambda T: T.hstack([matrix(T), T.zeros(3, 1)]),
        ShapeError,
        r"^hstack: \(2, 3\) and \(3, 1\) differ",
    ),
    "vstack sizes": (lambda T: T.vstack([matrix(T), T.zeros(2)]), ShapeError, r"^vstack: \(2, 3\) and \(1, 2\) differ"),
    "dstack a tensor": (lambda T: T.dstack(matrix(T)), DtypeError, r"^dstack: got float32\(2, 3\); needs a list"),
    "column_stack numbers": (lambda T: T.column_stack([2]), DtypeError, r"^column_stack: got int where a tensor"),
    "block_diag of cubes": (lambda T: T.block_diag(cube(T)), ShapeError, r"^block_diag: shapes \[\(2, 3, 4\)\]"),
    "block_diag of numbers": (lambda T: T.block_diag(matrix(T), 1), DtypeError, r"^block_diag: got int where a tensor"),
}

DIVIDING = {
    "split size": (lambda T: matrix(T).split(0), ArgumentError, r"^split: size 0; needs at least 1"),
    "split by half": (lambda T: T.split(matrix(T), 1.5), ArgumentError, r"^split: size 1.5; needs a whole number"),
    "split sizes": (
        lambda T: matrix(T).split([1, 2]),
        ShapeError,
        r"^split: sizes \[1, 2\] sum to 3, dim 0 of \(2, 3\) has 2",
    ),
    "split 0-d": (lambda T: number(T).split(1), ShapeError, r"^split: a 0-d tensor has no dimensions"),
    "chunk": (lambda T: matrix(T).chunk(0), ArgumentError, r"^chunk: got 0 chunks; needs at least 1"),
    "chunk by half": (lambda T: matrix(T).chunk(1.5), ArgumentError, r"^chunk: chunks 1.5; needs a whole number"),
    "unbind dim": (lambda T: matrix(T).unbind(2), ShapeError, r"^unbind: dim 2 of a tensor with shape \(2, 3\)"),
    "tensor_split": (
        lambda T: matrix(T).tensor_split(0),
        ArgumentError,
        r"^tensor_split: 0 sections; needs at least 1",
    ),
    "tensor_split floats": (
        lambda T: matrix(T).tensor_split(T.ones(1)),
        ArgumentError,
        r"^tensor_split: got float32\(1",
    ),
    "hsplit": (
        lambda T: T.hsplit(matrix(T), 2),
        ArgumentError,
        r"^hsplit: 2 sections do not divide the 3 places of dim",
    ),
    "hsplit 0-d": (lambda T: T.hsplit(number(T), 1), ShapeError, r"^hsplit: shape \(\); needs at least 1 dimensions"),
    "vsplit by half": (
        lambda T: T.vsplit(matrix(T), 0.5),
        ArgumentError,
        r"^vsplit: got 0.5; needs a number of sections",
    ),
    "dsplit": (lambda T: T.dsplit(matrix(T), 1), ShapeError, r"^dsplit: shape \(2, 3\); needs at least 3 dimensions"),
}

DIAGONALS = {
    "diagonal dims": (
        lambda T: matrix(T).diagonal(0, 0, -2),
        ShapeError,
        r"^diagonal: dims 0 and -2 of shape \(2, 3\)",
    ),
    "diagonal of a vector": (lambda T: T.zeros(3).diagonal(), ShapeError, r"^diagonal: dim 1 of a tensor with shape"),
    "diagonal by half": (
        lambda T: matrix(T).diagonal(0.5),
        ArgumentError,
        r"^diagonal: offset 0.5; needs a whole number",
    ),
    "diag_embed dims": (lambda T: T.diag_embed(matrix(T), 0, 1, 1), ShapeError, r"^diag_embed: dims 1 and 1 of shape"),
    "diag of a cube": (lambda T: cube(T).diag(), ShapeError, r"^diag: shape \(2, 3, 4\); needs 1 or 2 dimensions"),
    "diag by half": (lambda T: T.zeros(3).diag(0.5), ArgumentError, r"^diag: diagonal 0.5; needs a whole number"),
    "tril of a vector": (lambda T: T.zeros(3).tril(), ShapeError, r"^tril: shape \(3,\); needs at least 2 dimensions"),
    "triu by half": (lambda T: matrix(T).triu(0.5), ArgumentError, r"^triu: diagonal 0.5; needs a whole number"),
    "tril_ of a vector": (lambda T: T.zeros(3).tril_(), ShapeError, r"^tril: shape \(3,\)"),
    "tril_indices": (lambda T: T.tril_indices(-1, 2), ShapeError, r"^tril_indices: a matrix of -1 rows and 2 columns"),
    "triu_indices by half": (lambda T: T.triu_indices(2, 1.5), ArgumentError, r"^triu_indices: col 1.5; needs a whole"),
    "meshgrid": (lambda T: T.meshgrid(matrix(T), indexing="ij"), ShapeError, r"^meshgrid: got shapes \[\(2, 3\)\]"),
    "meshgrid indexing": (lambda T: T.meshgrid(T.ones(1), indexing="ji"), ArgumentError, r"^meshgrid: indexing 'ji'"),
    "meshgrid numbers": (lambda T: T.meshgrid(T.ones(1), 2, indexing="ij"), DtypeError, r"^meshgrid: got int where"),
    "meshgrid dtypes": (
        lambda T: T.meshgrid(T.ones(1), T.tensor([1]), indexing="ij"),
        ArgumentError,
        r"^meshgrid: got float32, int64; needs one dtype",
    ),
    "cartesian_prod": (lambda T: T.cartesian_prod(matrix(T)), ShapeError, r"^cartesian_prod: got shapes \[\(2, 3\)\]"),
    "cartesian_prod dtypes": (
        lambda T: T.cartesian_prod(T.ones(1), T.tensor([1])),
        ArgumentError,
        r"^cartesian_prod: got float32, int64; needs one dtype",
    ),
    "combinations": (
        lambda T: T.combinations(matrix(T)),
        ShapeError,
        r"^combinations: got shape \(2, 3\), needs a vector",
    ),
    "combinations r": (
        lambda T: T.combinations(T.ones(3), -1),
        ArgumentError,
        r"^combinations: r -1; needs at least 0",
    ),
    "as_strided outside": (
        lambda T: matrix(T).as_strided((7,), (1,)),
        ShapeError,
        r"^as_strided: size \(7,\), stride \(1,\), offset 0 reach outside the 6 elements",
    ),
    "as_strided strides": (
        lambda T: matrix(T).as_strided((2, 2), (1,)),
        ShapeError,
        r"^as_strided: size \(2, 2\), stride",
    ),
    "as_strided_scatter": (
        lambda T: T.as_strided_scatter(matrix(T), T.ones(3), (2,), (1,)),
        ShapeError,
        r"^as_strided_scatter: src \(3,\) for a part of shape \(2,\)",
    ),
    "t_ of a cube": (lambda T: cube(T).t_(), ShapeError, r"^t: got shape \(2, 3, 4\)"),
    "unsqueeze_ dim": (lambda T: matrix(T).unsqueeze_(4), ShapeError, r"^unsqueeze: dim 4 of a tensor with shape"),
}

REFUSED = SHAPES | ORDER | JOINING | DIVIDING | DIAGONALS
"""Programs that PyTorch refuses, too (test_shapes_parity.py)."""


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_name(name):
    program, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        program(minidl)


def test_a_leaf_keeps_its_shape():
    x = minidl.zeros(1, 3, requires_grad=True)
    for change in (x.squeeze_, x.t_, lambda: x.unsqueeze_(0), lambda: x.transpose_(0, 1)):
        with pytest.raises(GraphError, match=r"_: a leaf that requires a gradient keeps its shape"):
            change()
    assert x.shape == (1, 3)


def test_what_was_refused_left_no_trace():
    x = minidl.zeros(2, 3, 4)
    for change in (x.t_, lambda: x.unsqueeze_(5), lambda: x.as_strided_((25,), (1,)), lambda: x.swapdims_(0, 3)):
        with pytest.raises(ShapeError):
            change()
    assert x.shape == (2, 3, 4) and x.stride() == (12, 4, 1)


VIEWS = {
    "reshape": lambda x: x.reshape(3, 2),
    "view": lambda x: x.view(-1),
    "flatten": lambda x: x.flatten(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x.unsqueeze(0).squeeze(),
    "permute": lambda x: x.permute(1, 0),
    "t": lambda x: x.t(),
    "mT": lambda x: x.mT,
    "movedim": lambda x: x.movedim(0, 1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "split": lambda x: x.split(1)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "unbind": lambda x: x.unbind(1)[2],
    "diagonal": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 2),
    "as_strided": lambda x: x.as_strided((2, 2), (1, 2), 1),
    "unflatten": lambda x: x.unflatten(1, (3, 1)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_written_through(name):
    x = minidl.arange(6.0).reshape(2, 3)
    seen = VIEWS[name](x)
    numbers = seen.flatten().tolist()
    seen.fill_(-1)
    assert sorted(x.flatten().tolist()) == sorted([-1.0] * len(numbers) + [n for n in range(6) if n not in numbers])


COPIES = {
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1),
    "repeat": lambda x: x.repeat(1, 1),
    "tile": lambda x: minidl.tile(x, (1,)),
    "rot90": lambda x: x.rot90(),
    "tril": lambda x: x.tril(),
    "diag": lambda x: x.diag(),
    "cat": lambda x: minidl.cat([x]),
    "stack": lambda x: minidl.stack([x]),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_not(name):
    x = minidl.arange(4.0).reshape(2, 2)
    COPIES[name](x).fill_(-1)
    assert x.tolist() == [[0, 1], [2, 3]]


def test_other_names():
    x = cube(minidl) + minidl.arange(4.0)
    for ours, same in (
        (minidl.swapaxes(x, 0, 2), x.transpose(0, 2)),
        (minidl.swapdims(x, 0, 2), x.transpose(0, 2)),
        (minidl.moveaxis(x, 0, 2), x.movedim(0, 2)),
        (minidl.concat([x, x], axis=1), minidl.cat([x, x], 1)),
        (minidl.concatenate([x, x]), minidl.cat([x, x])),
        (minidl.row_stack([x, x]), minidl.vstack([x, x])),
        (minidl.unsqueeze(x, axis=0), x.unsqueeze(0)),
        (minidl.squeeze(x, axis=0), x),
        (x.expand_as(minidl.zeros(5, 2, 3, 4)), x.expand(5, -1, -1, -1)),
        (x.reshape_as(minidl.zeros(6, 4)), x.view_as(minidl.zeros(6, 4))),
        (minidl.adjoint(x), x.mH),
    ):
        np.testing.assert_array_equal(ours.numpy(), same.numpy())
