"""What scattering, masks and writes where a view looks refuse, and in which words."""

import pytest
from selection_inputs import first, matrix, small, table, whole

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError

SCATTERING = {
    "scatter nothing": (
        lambda T: matrix(T).scatter(0, table(T)),
        ArgumentError,
        r"^scatter: got neither src and value",
    ),
    "scatter both": (
        lambda T: matrix(T).scatter(0, table(T), src=matrix(T), value=1),
        ArgumentError,
        r"^scatter: got both src and value; give one",
    ),
    "scatter dtypes": (
        lambda T: matrix(T).scatter(0, table(T), matrix(T).double()),
        DtypeError,
        r"^scatter: src is float64",
    ),
    "scatter small": (
        lambda T: matrix(T).scatter(0, table(T), T.ones(1, 2)),
        ShapeError,
        r"^scatter: index \(1, 3\) exceeds",
    ),
    "scatter one": (
        lambda T: whole(T).float().scatter(0, T.tensor([0, 1]), T.tensor(1.0)),
        ShapeError,
        r"^scatter: index \(2,\) exceeds the src \(1,\)",
    ),
    "scatter dims": (
        lambda T: matrix(T).scatter(0, table(T), T.ones(3)),
        ShapeError,
        r"^scatter: index \(1, 3\) has not",
    ),
    "scatter word": (
        lambda T: matrix(T).scatter(0, table(T), "a"),
        DtypeError,
        r"^scatter: got 'a' for a tensor of float32",
    ),
    "scatter reduce": (
        lambda T: matrix(T).scatter(0, table(T), 1, reduce="mean"),
        ArgumentError,
        r"^scatter: reduce 'mean'",
    ),
    "scatter_add number": (lambda T: matrix(T).scatter_add(0, table(T), 1), DtypeError, r"^scatter_add: got int where"),
    "scatter_add itself": (
        lambda T: (lambda x: x.scatter_add(1, T.zeros(3, 3, dtype=T.int64), x))(matrix(T)),
        ShapeError,
        r"^scatter_add: index \(3, 3\) exceeds the input \(2, 3\) outside dim 1",
    ),
    "scatter_ along itself": (
        lambda T: (lambda x: x.scatter_(1, T.zeros(2, 4, dtype=T.int64), x))(matrix(T)),
        ShapeError,
        r"^scatter: index \(2, 4\) exceeds the src \(2, 3\) outside dim 1",
    ),
    "scatter_reduce": (
        lambda T: matrix(T).scatter_reduce(0, table(T), matrix(T), "median"),
        ArgumentError,
        r"^scatter_reduce",
    ),
    "scatter_reduce of truths": (
        lambda T: (matrix(T) > 1).scatter_reduce(0, table(T), matrix(T) > 1, "mean"),
        DtypeError,
        r"^scatter_reduce: the mean of booleans",
    ),
    "index_add shape": (
        lambda T: matrix(T).index_add(0, T.tensor([0, 1]), T.ones(3, 2)),
        ShapeError,
        r"^index_add: source \(3, 2\) for 2 indices; needs \(2, 3\)",
    ),
    "index_add number": (
        lambda T: matrix(T).index_add(0, first(T), 1),
        DtypeError,
        r"^index_add: got int where a tensor",
    ),
    "index_add alpha": (
        lambda T: matrix(T).index_add(0, first(T), T.ones(1, 3), alpha="a"),
        DtypeError,
        r"^index_add: alpha='a'",
    ),
    "index_add dtypes": (
        lambda T: matrix(T).index_add(0, first(T), table(T)),
        DtypeError,
        r"^index_add: source is int64",
    ),
    "index_copy shape": (
        lambda T: matrix(T).index_copy(0, first(T), T.ones(3, 1)),
        ShapeError,
        r"^index_copy: source \(3, 1",
    ),
    "index_fill value": (
        lambda T: matrix(T).index_fill(0, first(T), None),
        DtypeError,
        r"^index_fill: got None for a tensor",
    ),
    "index_fill values": (
        lambda T: matrix(T).index_fill(0, first(T), T.ones(2)),
        ShapeError,
        r"^index_fill: value \(2,\)",
    ),
    "index_reduce": (
        lambda T: matrix(T).index_reduce(0, first(T), T.ones(1, 3), "sum"),
        ArgumentError,
        r"^index_reduce: reduce",
    ),
    "put": (lambda T: matrix(T).put(T.tensor([0, 1]), T.ones(1)), ShapeError, r"^put: 1 elements for 2 indices"),
    "put number": (lambda T: matrix(T).put(first(T), 1), DtypeError, r"^put: got int where a tensor is needed"),
    "put beyond": (lambda T: matrix(T).put(T.tensor([-7]), T.ones(1)), IndexError, r"^put: an index is outside the 6"),
}

MASKS = {
    "masked_fill integers": (
        lambda T: matrix(T).masked_fill(table(T), 0),
        DtypeError,
        r"^masked_fill: mask is int64, needs bool",
    ),
    "masked_fill truth": (
        lambda T: matrix(T).masked_fill(True, 0),
        DtypeError,
        r"^masked_fill: got bool where a tensor",
    ),
    "masked_fill value": (lambda T: matrix(T).masked_fill(matrix(T) > 1, None), DtypeError, r"^masked_fill: got None"),
    "masked_fill values": (
        lambda T: matrix(T).masked_fill(matrix(T) > 1, T.ones(1)),
        ShapeError,
        r"^masked_fill: value \(1,",
    ),
    "masked_fill great": (
        lambda T: small(T).masked_fill(small(T) > 1, 256),
        ArgumentError,
        r"^masked_fill: 256 does not fit",
    ),
    "masked_fill infinite": (
        lambda T: whole(T).masked_fill_(whole(T) > 1, -float("inf")),
        ArgumentError,
        r"^masked_fill: -inf does not fit into int64",
    ),
    "masked_fill shape": (
        lambda T: matrix(T).masked_fill(T.tensor([True] * 2), 0),
        ShapeError,
        r"^masked_fill: mask \(2,\)",
    ),
    "masked_select": (lambda T: matrix(T).masked_select(matrix(T)), DtypeError, r"^masked_select: mask is float32"),
    "masked_scatter few": (
        lambda T: matrix(T).masked_scatter(matrix(T) > 1, T.ones(4)),
        ShapeError,
        r"^masked_scatter: 4 elements for the 5 places of the mask",
    ),
    "masked_scatter number": (
        lambda T: matrix(T).masked_scatter(matrix(T) > 1, 1),
        DtypeError,
        r"^masked_scatter: got int",
    ),
    "select_scatter": (
        lambda T: matrix(T).select_scatter(T.ones(2), 0, 0),
        ShapeError,
        r"^select_scatter: src \(2,\) for a part of shape \(3,\)",
    ),
    "select_scatter beyond": (
        lambda T: matrix(T).select_scatter(T.ones(3), 0, 2),
        IndexError,
        r"^select_scatter: index 2 along dim 0 of shape \(2, 3\)",
    ),
    "slice_scatter number": (
        lambda T: matrix(T).slice_scatter(1),
        DtypeError,
        r"^slice_scatter: got int where a tensor",
    ),
    "slice_scatter step": (
        lambda T: matrix(T).slice_scatter(T.ones(2, 3), 0, 0, 2, 0),
        ArgumentError,
        r"^slice_scatter: step 0; needs at least 1",
    ),
    "diagonal_scatter": (
        lambda T: matrix(T).diagonal_scatter(T.ones(2), 0, 0, -2),
        ShapeError,
        r"^diagonal_scatter: dims 0 and -2 of shape \(2, 3\)",
    ),
}

REFUSED = SCATTERING | MASKS
"""Programs that PyTorch refuses, too (test_scattering_parity.py)."""


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_name(name):
    program, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        program(minidl)


CALLS = {
    "scatter": (0, minidl.tensor([[0, 1, 0]]), 2.5),
    "scatter_add": (0, minidl.tensor([[0, 1, 0]]), minidl.ones(1, 3)),
    "scatter_reduce": (0, minidl.tensor([[0, 1, 0]]), minidl.ones(1, 3) * 3, "prod"),
    "index_add": (0, minidl.tensor([0]), minidl.ones(1, 3)),
    "index_copy": (0, minidl.tensor([0]), minidl.zeros(1, 3)),
    "index_fill": (0, minidl.tensor([0]), 5),
    "index_reduce": (0, minidl.tensor([0]), minidl.ones(1, 3) * 9, "amax"),
    "index_put": ((minidl.tensor([0]),), minidl.zeros(3)),
    "masked_fill": (minidl.tensor([True, False, True]), 0),
    "masked_scatter": (minidl.tensor([True, False, True]), minidl.zeros(4)),
    "put": (minidl.tensor([0]), minidl.ones(1), True),
}


@pytest.mark.parametrize("name", CALLS)
def test_in_place_forms_write_what_the_plain_ones_give(name):
    x = matrix(minidl)
    row, before = x[0], x.tolist()
    plain = getattr(x, name)(*CALLS[name])
    assert x.tolist() == before
    assert getattr(x, f"{name}_")(*CALLS[name]) is x
    assert x.tolist() == plain.tolist() != before and row.tolist() == plain[0].tolist()
