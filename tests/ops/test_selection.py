"""What indexing and gathering refuse, and in which words; what a refused write leaves alone."""

import numpy as np
import pytest
from selection_inputs import first, matrix, small, table, whole

import minidl
from minidl.errors import ArgumentError, DtypeError, GraphError, ShapeError


def assign(x, index, value):
    x[index] = value


INDEXING = {
    "beyond": (lambda T: matrix(T)[2], IndexError, r"^index: got float32\(2, 3\), \(?2.*index 2 is out of bounds"),
    "far before": (
        lambda T: matrix(T)[:, -4],
        IndexError,
        r"^index: .*index -4 is out of bounds for axis 1 with size 3",
    ),
    "too many": (lambda T: matrix(T)[0, 0, 0], IndexError, r"^index: .*too many indices"),
    "of a number": (lambda T: T.tensor(1.0)[0], IndexError, r"^index: got float32\(\).*too many indices"),
    "half": (lambda T: matrix(T)[0.5], IndexError, r"^index: .*0.5"),
    "a word": (lambda T: matrix(T)["0"], IndexError, r"^index: "),
    "floats": (
        lambda T: matrix(T)[T.tensor([0.0])],
        DtypeError,
        r"^index: a tensor of float32 cannot index; use integ",
    ),
    "int8": (lambda T: matrix(T)[first(T).to(T.int8)], DtypeError, r"^index: a tensor of int8 cannot index"),
    "a list beyond": (lambda T: matrix(T)[[0, 2]], IndexError, r"^index: .*index 2 is out of bounds for axis 0"),
    "a mask too short": (lambda T: matrix(T)[T.tensor([True])], IndexError, r"^index: .*boolean index did not match"),
    "shapes": (lambda T: matrix(T)[[0, 1], [0, 1, 2]], IndexError, r"^index: .*shape mismatch"),
}

WRITING = {
    "nothing": (lambda T: assign(matrix(T), 0, None), DtypeError, r"^setitem: got None for a tensor of float32"),
    "a word": (lambda T: assign(matrix(T), 0, "1"), DtypeError, r"^setitem: got '1' for a tensor of float32"),
    "a complex number": (lambda T: assign(matrix(T), 0, 1j), DtypeError, r"^setitem: got 1j for a tensor of float32"),
    "too great": (lambda T: assign(small(T), 0, 300), ArgumentError, r"^setitem: 300 does not fit into uint8"),
    "too great by a mask": (
        lambda T: assign(small(T), small(T) > 1, 300),
        ArgumentError,
        r"^setitem: 300 does not fit",
    ),
    "infinite": (lambda T: assign(whole(T), 0, float("inf")), ArgumentError, r"^setitem: inf does not fit into int64"),
    "NaN": (lambda T: assign(whole(T), [0], float("nan")), ArgumentError, r"^setitem: nan does not fit into int64"),
    "floats into integers": (
        lambda T: assign(whole(T), [0, 1], T.tensor([0.5, 1.5])),
        DtypeError,
        r"^setitem: values of float32 do not fit into a tensor of int64",
    ),
    "sizes": (lambda T: assign(matrix(T), 0, T.ones(2)), ShapeError, r"^setitem: \(2,\) does not broadcast to \(3,\)"),
    "sizes at a list": (lambda T: assign(matrix(T), [0], T.ones(2)), ShapeError, r"^setitem: .*shape mismatch"),
    "sizes at a mask": (lambda T: assign(matrix(T), matrix(T) > 4, T.ones(3)), ShapeError, r"^setitem: got float32"),
    "beyond": (
        lambda T: assign(matrix(T), [2], 1.0),
        IndexError,
        r"^setitem: shape \(2, 3\): index 2 is out of bounds",
    ),
    "half": (lambda T: assign(matrix(T), slice(0, 0.5), 1.0), ShapeError, r"^setitem: "),
    "index_put beyond": (
        lambda T: T.index_put(matrix(T), (T.tensor([2]),), T.ones(1)),
        IndexError,
        r"^index_put: shape \(2, 3\): index 2 is out of bounds",
    ),
    "index_put added beyond": (
        lambda T: matrix(T).index_put_((T.tensor([2]),), T.ones(1), accumulate=True),
        IndexError,
        r"^index_put: shape \(2, 3\): index 2 is out of bounds",
    ),
    "index_put sizes": (lambda T: matrix(T).index_put((first(T),), T.ones(2)), ShapeError, r"^index_put: .*mismatch"),
    "index_put dtypes": (
        lambda T: whole(T).index_put((T.tensor([0, 1]),), T.ones(2)),
        DtypeError,
        r"^index_put: values of float32 do not fit into a tensor of int64",
    ),
    "index_put numbers": (
        lambda T: whole(T).index_put((first(T),), 2),
        DtypeError,
        r"^index_put: got int where a tensor",
    ),
    "index_put at a tensor": (
        lambda T: matrix(T).index_put(T.tensor([0, 1]), T.ones(3)),
        DtypeError,
        r"^index_put: indices int64\(2,\); needs a tuple of tensors",
    ),
}

ALONG = {
    "gather beyond": (
        lambda T: matrix(T).gather(0, table(T) + 1),
        IndexError,
        r"^gather: an index is outside 0 to 1, the",
    ),
    "gather before": (lambda T: matrix(T).gather(0, table(T) - 1), IndexError, r"^gather: an index is outside 0 to 1"),
    "gather number": (lambda T: matrix(T).gather(0, 0), DtypeError, r"^gather: got int where a tensor is needed"),
    "gather floats": (lambda T: matrix(T).gather(0, matrix(T)), DtypeError, r"^gather: index is float32, needs int64"),
    "gather bytes": (
        lambda T: matrix(T).gather(0, table(T).to(T.uint8)),
        DtypeError,
        r"^gather: index is uint8, needs",
    ),
    "gather dims": (
        lambda T: matrix(T).gather(0, first(T)),
        ShapeError,
        r"^gather: index \(1,\) has not as many dimens",
    ),
    "gather 0-d index": (
        lambda T: matrix(T).gather(0, T.tensor(0)),
        ShapeError,
        r"^gather: index \(\) has not as many",
    ),
    "gather wide": (
        lambda T: matrix(T).gather(0, T.zeros(1, 4, dtype=T.int64)),
        ShapeError,
        r"^gather: index \(1, 4\) exceeds the input \(2, 3\) outside dim 0",
    ),
    "gather 0-d beyond": (
        lambda T: T.tensor(1.0).gather(0, T.tensor([0, 1])),
        IndexError,
        r"^gather: an index is outs",
    ),
    "gather a list": (lambda T: T.gather([1], 0, first(T)), DtypeError, r"^gather: got list where a tensor is needed"),
    "take_along_dim floats": (
        lambda T: T.take_along_dim(matrix(T), matrix(T), 0),
        DtypeError,
        r"^take_along_dim: index",
    ),
    "take_along_dim dims": (
        lambda T: T.take_along_dim(matrix(T), first(T), 0),
        ShapeError,
        r"^take_along_dim: indices",
    ),
    "take_along_dim sizes": (
        lambda T: T.take_along_dim(matrix(T), T.tensor([[0, 1]]), 0),
        ShapeError,
        r"^take_along_dim: indices \(1, 2\) and input \(2, 3\) differ outside 0",
    ),
    "take beyond": (lambda T: matrix(T).take(T.tensor([6])), IndexError, r"^take: an index is outside the 6 elements"),
    "take floats": (lambda T: matrix(T).take(T.ones(1)), DtypeError, r"^take: index is float32, needs int64"),
    "select beyond": (lambda T: matrix(T).select(0, 2), IndexError, r"^select: index 2 along dim 0 of shape \(2, 3\)"),
    "select half": (lambda T: matrix(T).select(0, 0.5), ArgumentError, r"^select: index 0.5; needs a whole number"),
    "select 0-d": (lambda T: T.tensor(1.0).select(0, 0), ShapeError, r"^select: a 0-d tensor has no dimensions"),
    "index_select matrix": (
        lambda T: matrix(T).index_select(0, table(T)),
        ShapeError,
        r"^index_select: index \(1, 3\); n",
    ),
    "index_select beyond": (
        lambda T: matrix(T).index_select(0, T.tensor([2])),
        IndexError,
        r"^index_select: an index is",
    ),
    "index_select 0-d": (
        lambda T: T.tensor(1.0).index_select(0, T.tensor([0, 0])),
        ShapeError,
        r"^index_select: 2 indic",
    ),
    "unravel_index shape": (lambda T: T.unravel_index(first(T), (2.5, 3)), ArgumentError, r"^unravel_index: shape 2.5"),
    "nonzero_static": (lambda T: T.nonzero_static(matrix(T), size=-1), ShapeError, r"^nonzero_static: size -1"),
    "nonzero of a list": (lambda T: T.nonzero([1]), DtypeError, r"^nonzero: got list where a tensor is needed"),
}

REFUSED = {
    f"{family} {name}": row
    for family, rows in (("x[]", INDEXING), ("x[]=", WRITING), ("along", ALONG))
    for name, row in rows.items()
}
"""Programs that PyTorch refuses, too (test_selection_parity.py)."""


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_name(name):
    program, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        program(minidl)


def test_places_outside_are_refused_where_pytorch_wraps_around():
    with pytest.raises(IndexError, match=r"^unravel_index: an index is outside a tensor of shape \(2, 3\)"):
        minidl.unravel_index(minidl.tensor([6]), (2, 3))


def test_a_refused_write_changes_nothing():
    x = small(minidl)
    for index, value in ((0, 300), ([0, 3], 1), ([0, 1], minidl.ones(2)), (slice(None), minidl.ones(2)), (x > 1, None)):
        with pytest.raises((ArgumentError, ShapeError, DtypeError)):
            x[index] = value
    assert x.tolist() == [1, 2, 3]


def test_a_leaf_that_records_is_not_written():
    x = matrix(minidl).requires_grad_()
    for write in (
        lambda: assign(x, 0, 1.0),
        lambda: assign(x, [0], 1.0),
        lambda: x.masked_fill_(x > 1, 0),
        lambda: x.index_fill_(0, first(minidl), 1),
        lambda: x.scatter_(0, table(minidl), 1.0),
    ):
        with pytest.raises(GraphError, match="a leaf that requires a gradient"):
            write()


def test_iteration_ends_at_the_last_row():
    assert [row.tolist() for row in matrix(minidl)] == [[1, 2, 3], [4, 5, 6]]
    assert [x.item() for x in matrix(minidl)[:, 0]] == [1, 4]


def test_bytes_are_a_mask_as_in_pytorch():
    x, chosen = matrix(minidl), minidl.tensor([0, 1], dtype=minidl.uint8)
    assert x[chosen].tolist() == [[4, 5, 6]]
    x[chosen] = 0
    assert x.tolist() == [[1, 2, 3], [0, 0, 0]]


def test_lists_arrays_and_steps_that_pytorch_has_not():
    x = matrix(minidl)
    x[1] = [7, 8, 9]
    x[:, 0] = np.array([0.5, 1.5])
    assert x[::-1].tolist() == [[1.5, 8, 9], [0.5, 2, 3]] and x[[[0, 1], [1, 0]]].shape == (2, 2, 3)


def test_what_numpy_says_axis_to():
    x = matrix(minidl)
    assert minidl.gather(x, axis=0, index=table(minidl)).tolist() == [[1, 5, 3]]
    assert minidl.index_select(x, axis=1, index=first(minidl)).tolist() == [[1], [4]]
    assert minidl.select(x, axis=1, index=-1).tolist() == [3, 6]
