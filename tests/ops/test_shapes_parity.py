"""Operators that change shapes: of nothing, of one element, of every dtype, in any order in memory, as in PyTorch."""

import numpy as np
import pytest

import minidl

torch = pytest.importorskip("torch")

from against_pytorch import assert_same, assert_same_values  # noqa: E402 - which needs PyTorch
from test_shapes import REFUSED  # noqa: E402

RNG = np.random.default_rng(5)
CUBE = RNG.standard_normal((2, 3, 4))


@pytest.mark.parametrize("name", REFUSED)
def test_pytorch_refuses_it_too(name):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError)):
        REFUSED[name][0](torch)


# --- of a cube, and of nothing in its place --------------------------------------------------------------------------

ANY = {
    "reshape": lambda T, x: x.reshape(x.shape[2], -1) if x.shape[2] else x.reshape(0, 6),
    "reshape to itself": lambda T, x: x.reshape(x.shape),
    "view": lambda T, x: x.view(x.shape[0], 1, 3, -1) if x.shape[0] and x.shape[2] else x.view(0, 5),
    "flatten": lambda T, x: x.flatten(-2),
    "flatten none": lambda T, x: T.flatten(x, 1, 1),
    "ravel": lambda T, x: T.ravel(x),
    "squeeze": lambda T, x: x[:1].squeeze(),
    "squeeze some": lambda T, x: x.unsqueeze(-1).unsqueeze(0).squeeze((0, -1, 2)),
    "squeeze another": lambda T, x: x.squeeze(1),
    "unsqueeze": lambda T, x: x.unsqueeze(-1).unsqueeze(-5),
    "unflatten": lambda T, x: x.unflatten(1, (3, -1)),
    "permute": lambda T, x: x.permute(-1, 0, 1),
    "permute by a list": lambda T, x: T.permute(x, [1, 2, 0]),
    "transpose": lambda T, x: x.transpose(-1, 0),
    "mT": lambda T, x: x.mT,
    "T": lambda T, x: x[0].T,
    "adjoint": lambda T, x: T.adjoint(x),
    "movedim": lambda T, x: x.movedim((0, -1), (1, 0)),
    "expand": lambda T, x: x[:, None].expand(5, -1, 2, 3, -1),
    "broadcast_to": lambda T, x: T.broadcast_to(x[:, :1], (2, *x.shape)),
    "broadcast_tensors": lambda T, x: T.broadcast_tensors(x[0], x[:, :1], x),
    "narrow": lambda T, x: x.narrow(1, -2, 2),
    "narrow to nothing": lambda T, x: x.narrow(1, 3, 0),
    "atleast": lambda T, x: (*T.atleast_1d(x, x[0]), *T.atleast_2d([x[0, 0], x]), *T.atleast_3d(x[0], x[0, 0])),
    "flip": lambda T, x: x.flip(0, -1),
    "flip nothing": lambda T, x: x.flip(()),
    "fliplr": lambda T, x: T.fliplr(x) + T.flipud(x),
    "rot90": lambda T, x: T.rot90(x, -1, (1, -1)),
    "rot90 often": lambda T, x: T.rot90(x, 7, (2, 0)),
    "rot90 not": lambda T, x: T.rot90(x, 4),
    "roll": lambda T, x: T.roll(x, 5),
    "roll along": lambda T, x: T.roll(x, (-1, 9), (0, -1)),
    "roll twice along": lambda T, x: T.roll(x, (1, 2), (1, 1)),
    "repeat": lambda T, x: x.repeat(2, 1, 3, 1),
    "repeat not": lambda T, x: x.repeat(1, 0, 2),
    "tile": lambda T, x: T.tile(x, (2,)),
    "tile more": lambda T, x: x.tile(2, 1, 1, 2),
    "repeat_interleave": lambda T, x: x.repeat_interleave(2),
    "repeat_interleave along": lambda T, x: x.repeat_interleave(T.tensor([2, 0, 1]), dim=-2),
    "repeat_interleave one": lambda T, x: x.repeat_interleave(T.tensor([2]), 1, output_size=6),
    "unfold": lambda T, x: x.unfold(1, 2, 1),
    "unfold with gaps": lambda T, x: x.unfold(1, 1, 2),
    "unfold nothing": lambda T, x: x.unfold(1, 0, 2),
    "cat": lambda T, x: T.cat([x, x * 2], -1),
    "cat with nothing": lambda T, x: T.cat([T.zeros(0, dtype=x.dtype), x, x], 1),
    "stack": lambda T, x: T.stack((x, x * 2, x), -1),
    "hstack": lambda T, x: T.hstack([x, x[:, :1]]),
    "hstack of rows": lambda T, x: T.hstack([x[0, 0], x[0, 1], T.tensor(1.0, dtype=x.dtype)]),
    "vstack": lambda T, x: T.vstack([x[0, 0], x[0]]),
    "dstack": lambda T, x: T.dstack([x[0], x[1], x[0]]),
    "column_stack": lambda T, x: T.column_stack([x[0].sum(1), x[0]]),
    "block_diag": lambda T, x: T.block_diag(x[0], x[0, 0], T.tensor(2.0, dtype=x.dtype)),
    "split": lambda T, x: x.split(2, 1),
    "split sizes": lambda T, x: x.split([0, 2, 1], -2),
    "chunk": lambda T, x: x.chunk(2, 1),
    "chunk too often": lambda T, x: T.chunk(x, 5, 1),
    "unbind": lambda T, x: x.unbind(1),
    "tensor_split": lambda T, x: T.tensor_split(x, 2, 1),
    "tensor_split at": lambda T, x: T.tensor_split(x, (2, 1, -1, 9), 1),
    "tensor_split by a tensor": lambda T, x: T.tensor_split(x, T.tensor([1]), 1),
    "hsplit": lambda T, x: (*T.hsplit(x, 3), *T.vsplit(x, [1]), *T.dsplit(x, (0,))),
    "diagonal": lambda T, x: x.diagonal(1, 0, 1),
    "diagonal below": lambda T, x: x.diagonal(-1, -1, -2),
    "diagonal outside": lambda T, x: x.diagonal(9, 0, 1),
    "diag_embed": lambda T, x: T.diag_embed(x, -1, 0, -1),
    "diag": lambda T, x: (x[0].diag(1), x[0, 0].diag(-1)),
    "diagflat": lambda T, x: T.diagflat(x[0], 2),
    "tril": lambda T, x: x.tril(1),
    "triu": lambda T, x: x.triu(-9) + x.triu(9),
    "combinations": lambda T, x: T.combinations(x[0, 0], 2, True),
    "cartesian_prod": lambda T, x: T.cartesian_prod(x[0, 0], x[0, :, :1].flatten()),
    "meshgrid": lambda T, x: T.meshgrid(x[0, 0], x[0, 1], x[0, 2][:1], indexing="xy"),
    "contiguous": lambda T, x: x.permute(2, 0, 1).contiguous(),
}


@pytest.mark.parametrize("name", ANY)
def test_values_and_gradients(name):
    assert_same(ANY[name], [CUBE], "float64")


@pytest.mark.parametrize("name", ANY)
def test_of_no_elements(name):
    assert_same(ANY[name], [np.zeros((2, 3, 0))], "float32")


LAYOUTS = {
    "transposed": CUBE.transpose(1, 2, 0).copy().transpose(2, 0, 1),
    "every other": RNG.standard_normal((4, 3, 8))[::2, :, 1::2],
    "backwards": CUBE[::-1, :, ::-1],
    "repeated": np.broadcast_to(CUBE[:, :1], (2, 3, 4)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", set(ANY) - {"view"})
def test_any_order_in_memory(name, layout):
    assert_same_values(ANY[name], [LAYOUTS[layout]])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "float16"])
@pytest.mark.parametrize("name", set(ANY) - {"fliplr", "triu"})
def test_any_dtype(name, dtype):
    if dtype == "bool" and name in ("cat", "stack"):  # a boolean times 2 is an integer
        assert_same_values(ANY[name], [CUBE > 0])
    else:
        assert_same_values(ANY[name], [(CUBE * 3).astype(dtype)])


# --- of one element ---------------------------------------------------------------------------------------------------

ONE = {
    "reshape": lambda T, x: x.reshape(1, 1),
    "view of a view": lambda T, x: x.view(1).view(()),
    "flatten": lambda T, x: x.flatten(),
    "flatten one dim": lambda T, x: x.flatten(0, -1),
    "squeeze": lambda T, x: x.squeeze(0),
    "unsqueeze": lambda T, x: x.unsqueeze(-1),
    "transpose": lambda T, x: x.transpose(0, -1),
    "permute": lambda T, x: x.permute(()),
    "T": lambda T, x: x.t(),
    "movedim": lambda T, x: x.movedim(0, -1),
    "expand": lambda T, x: x.expand(2, 3),
    "expand to itself": lambda T, x: x.expand(()),
    "flip": lambda T, x: x.flip(0),
    "roll": lambda T, x: x.roll(2),
    "repeat": lambda T, x: x.repeat(2, 2),
    "tile": lambda T, x: T.tile(x, ()),
    "repeat_interleave": lambda T, x: x.repeat_interleave(3),
    "unfold": lambda T, x: x.unfold(0, 1, 1),
    "unfold nothing": lambda T, x: x.unfold(0, 0, 1),
    "stack": lambda T, x: T.stack([x, x], -1),
    "hstack": lambda T, x: T.hstack([x, x]),
    "vstack": lambda T, x: T.vstack([x, x]),
    "dstack": lambda T, x: T.dstack([x, x]),
    "column_stack": lambda T, x: T.column_stack([x, x]),
    "block_diag": lambda T, x: T.block_diag(x, x),
    "meshgrid": lambda T, x: T.meshgrid(x, x, indexing="ij"),
    "diagflat": lambda T, x: T.diagflat(x, -1),
    "atleast": lambda T, x: (T.atleast_1d(x), T.atleast_2d(x), T.atleast_3d(x)),
    "broadcast": lambda T, x: T.broadcast_tensors(x, T.zeros(0, 3))[0],
    "as_strided": lambda T, x: x.as_strided((3,), (0,)),
}


@pytest.mark.parametrize("name", ONE)
def test_a_number_alone(name):
    assert_same(ONE[name], [2.5], "float64")


# --- what several dtypes become ---------------------------------------------------------------------------------------

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("second", DTYPES)
def test_joined_dtypes(first, second):
    a, b = np.array([1, 0, 1]).astype(first), np.array([0, 1, 1]).astype(second)
    for join in (lambda T, a, b: T.cat([a, b]), lambda T, a, b: T.stack([a, b, a]), lambda T, a, b: T.block_diag(a, b)):
        assert_same_values(join, [a, b])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "float16", "float64"])
def test_bytes_read_as_another_dtype(dtype):
    x = np.arange(-8, 8, dtype=np.int8).reshape(2, 8)
    for seen in (x.view(np.int32), x.view(np.float64), x % 2):
        assert_same_values(lambda T, x: x.view(getattr(T, dtype)).view(T.uint8), [seen])


# --- views, strides and indices ---------------------------------------------------------------------------------------

STRIDED = {
    "windows": lambda T, x: x.as_strided((3, 2), (1, 2)),
    "a diagonal": lambda T, x: T.as_strided(x, (2,), (5,), 1),
    "again and again": lambda T, x: x.as_strided((2, 4), (0, 1)),
    "nothing": lambda T, x: x.as_strided((0, 3), (1, 1)),
    "one": lambda T, x: x.as_strided((), (), 7),
    "of a view": lambda T, x: x[1].as_strided((2,), (1,)),
}


@pytest.mark.parametrize("name", STRIDED)
def test_views_by_strides(name):
    assert_same(STRIDED[name], [CUBE[0]], "float64")


def test_offsets_and_strides():
    for make in (
        lambda T: T.zeros(4, 6)[1:, ::2],
        lambda T: T.zeros(4, 6).t()[2],
        lambda T: T.zeros(2, 3, 4).permute(2, 0, 1)[1:].unsqueeze(1),
        lambda T: T.zeros(3).expand(2, 3),
        lambda T: T.zeros(4, 6).diagonal(1),
        lambda T: T.zeros(9).unfold(0, 3, 2)[1],
    ):
        a, b = make(minidl), make(torch)
        assert (a.stride(), a.storage_offset(), tuple(a.shape)) == (b.stride(), b.storage_offset(), tuple(b.shape))
        assert a.is_contiguous() == b.is_contiguous() and a.contiguous().stride() == b.contiguous().stride()


@pytest.mark.parametrize("name", ["tril_indices", "triu_indices"])
def test_triangles_of_indices(name):
    for row, col in ((3, 3), (2, 4), (4, 1), (0, 3), (3, 0)):
        for offset in (-9, -1, 0, 2, 9):
            assert_same_values(lambda T, r=row, c=col, o=offset: getattr(T, name)(r, c, o), [])
    assert_same_values(lambda T: getattr(T, name)(2, 3, dtype=T.int32), [])


def test_shapes_of_operations():
    for shapes in (((2, 1), (3,)), ((0,), (1,)), (4, (2, 1)), (), ((1, 5), (3, 1), (1,))):
        assert tuple(minidl.broadcast_shapes(*shapes)) == tuple(torch.broadcast_shapes(*shapes))


def test_shapes_changed_in_place():
    def program(T, x):
        y = x * 2
        y.unsqueeze_(0).transpose_(0, 2).squeeze_(-1).swapaxes_(0, 1).t_()
        return y * x.t()

    assert_same(program, [CUBE[0]], "float64")
