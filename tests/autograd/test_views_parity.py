"""Views and in-place operators beside PyTorch: programs written once, and programs made up by hypothesis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidl
from minidl.errors import GraphError

torch = pytest.importorskip("torch")


def write_slice(T, x):
    y = x * 1
    y[1:, 0] = y[:-1, 1]
    return y * y


def write_base_after_view(T, x):
    y = x * 2
    view = y[0]
    y.mul_(3)
    return view * y.sum()


def write_view_of_view(T, x):
    y = x * 1
    y.T[1:][0].add_(x[0, 0])
    return y * x


def write_view_then_read_other_view(T, x):
    y = x * 1
    left, right = y[:, :2], y[:, 2:]
    left.add_(right)
    return right.exp()


def write_through_reshape(T, x):
    y = x * 1
    y.view(-1)[2:5].mul_(x.reshape(-1)[:3])
    return y.sin()


def write_constant_into_part(T, x):
    y = x * x
    y[0] = 1.0
    y[:, 2].zero_()
    return y * x


def write_gradient_into_constant(T, x):
    y = T.zeros(3, 4, dtype=x.dtype)
    y[1] = x[0]
    y[:, 3] += x[:, 1]
    return y * y


def write_with_mask(T, x):
    y = x * 2
    y[x > 0] = 0.5
    return y * x


def write_with_integers(T, x):
    y = x * 2
    y[T.tensor([2, 0])] = x[T.tensor([0, 1])] * 3
    return y * x


def write_a_broadcast(T, x):
    y = x * 1
    y += x[0]
    y[1:] *= x[:, :1][1:]
    return y


def swap_rows(T, x):
    y = x * 1
    y[0], y[1] = y[1].clone(), y[0].clone()
    return y * x


def unbound_rows(T, x):
    y = x * 1
    for i in range(3):
        y[i].add_(x[(i + 1) % 3] * i)
    return y.exp()


def write_under_no_grad(T, x):
    y = x * 3
    with T.no_grad():
        y.add_(1)
    return y * 2


def detached_write(T, x):
    y = x * 1
    y.detach().mul_(2)
    return y + x


def copy_into(T, x):
    y = T.ones(3, 4, dtype=x.dtype)
    y.copy_(x * 2)
    y[0].copy_(x[1])
    return y * x


def fill_part(T, x):
    y = x * 1
    y[:, 1:3].fill_(2.0)
    return y * x


def accumulate(T, x):
    total = T.zeros(4, dtype=x.dtype)
    for row in x:
        total += row * row
    return total


def write_through_a_view_of_all_before_a_transpose(T, x):
    y = x * 1
    y.view(-1).mul_(2)
    return y.t() * x.t().exp()


def write_through_unfold_diagonal_and_narrow(T, x):
    y = x * 1
    y.unfold(1, 2, 2)[..., 0].mul_(x[:, :2])
    y.diagonal(1).add_(x[0, 0])
    y.narrow(0, 1, 2).squeeze(0).mT[1:].mul_(3)
    return y * x


def write_by_strides(T, x):
    y = x * 1
    y.as_strided((2, 2), (1, 5), 1).mul_(x[:2, :2])
    y[1:].as_strided((2,), (2,), 5).add_(x[0, :2])
    y.t().as_strided((3,), (4,)).mul_(2)
    return y * x


def other_shape_in_place(T, x):
    y = x * 1
    row, column = y[0], y[:, 1]
    y.t_()
    y[0].mul_(row.sum())
    column.mul_(2)
    y.unsqueeze_(0).transpose_(0, 2).mul_(x[:, :, None])
    row.add_(y.squeeze_()[:, 0].sum())
    return y * row.sum() + column.sum()


def other_shape_of_a_view_in_place(T, x):
    y = x * 1
    corner = y[:2, :2]
    part = corner[0]
    corner.t_()
    corner[0].mul_(3)
    part.mul_(x[0, :2])
    return y * corner.sum()


def running_product(T, x):
    y = x[0] * 1
    for i in range(1, 3):
        y = y * x[i]
        y[1:] += 1
    return y


PROGRAMS = [value for value in list(globals().values()) if getattr(value, "__module__", "") == __name__]


def run(T, program, array):
    x = (torch.from_numpy if T is torch else minidl.from_numpy)(array.copy()).requires_grad_()
    result = program(T, x)
    (g,) = T.autograd.grad((result * result).sum(), x)
    return result.detach().numpy(), g.numpy()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_values_and_gradients_equal_pytorchs(program):
    array = np.random.default_rng(4).uniform(0.5, 1.5, (3, 4)) * np.array([[1, -1, 1, 1]])
    for mine, other in zip(run(minidl, program, array), run(torch, program, array), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


VIEWS = [
    lambda T, x: x[0],
    lambda T, x: x[1:],
    lambda T, x: x[..., 0],
    lambda T, x: x[::2],
    lambda T, x: x.T,
    lambda T, x: x.unsqueeze(0),
    lambda T, x: x.transpose(0, -1),
    lambda T, x: x.flatten() if x.is_contiguous() else x,
    lambda T, x: x.detach(),
    lambda T, x: x.squeeze(),
    lambda T, x: x.unsqueeze(-1).squeeze(0),
    lambda T, x: x.permute(tuple(reversed(range(x.ndim)))),
    lambda T, x: x.movedim(0, -1),
    lambda T, x: x.mT,
    lambda T, x: x.expand(2, *x.shape),
    lambda T, x: x.narrow(-1, 1, 2),
    lambda T, x: x.select(-1, 0),
    lambda T, x: x.diagonal(1),
    lambda T, x: x.unfold(0, 2, 2),
    lambda T, x: x.unfold(-1, 2, 1),
    lambda T, x: x.as_strided((2, 2), (3, 1), x.storage_offset()) if x.is_contiguous() else x,
    lambda T, x: x.as_strided((2, 2), (1, 2), 1),
    lambda T, x: x.as_strided((2, 2), (1, 1)),
    lambda T, x: x.view(-1),
    lambda T, x: x.view(*x.shape, 1),
    lambda T, x: x.reshape(-1),
    lambda T, x: x.unflatten(0, (1, -1)),
]
WRITES = [
    lambda T, x, y: x.mul_(2),
    lambda T, x, y: x.add_(y),
    lambda T, x, y: x.mul_(y),
    lambda T, x, y: x.neg_(),
    lambda T, x, y: x.copy_(y),
    lambda T, x, y: x.zero_(),
    lambda T, x, y: x.__setitem__(0, 1.5),
    lambda T, x, y: x.__setitem__(Ellipsis, y * 2),
    lambda T, x, y: x.triu_(),
]
RESHAPES = [
    lambda T, x: x.t_(),
    lambda T, x: x.transpose_(0, -1),
    lambda T, x: x.swapaxes_(-1, 0),
    lambda T, x: x.unsqueeze_(0),
    lambda T, x: x.unsqueeze_(-1),
    lambda T, x: x.squeeze_(),
]
VALUES = [
    lambda T, x, y: x + y,
    lambda T, x, y: x * y,
    lambda T, x, y: T.sin(x),
    lambda T, x, y: x * x,
    lambda T, x, y: x.clone(),
    lambda T, x, y: x.sum() * y,
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["view", "write", "value", "reshape"]),
        st.integers(0, 99),
        st.integers(0, 99),
        st.integers(0, 99),
    ),
    min_size=1,
    max_size=8,
)


def follow(T, steps, array):
    """Run the steps; returns what each tensor holds and the gradient of their sum, or None where T refuses."""
    x = (torch.from_numpy if T is torch else minidl.from_numpy)(array.copy()).requires_grad_()
    tensors = [x, x * 1.5]
    try:
        for kind, which, first, second in steps:
            a, b = tensors[first % len(tensors)], tensors[second % len(tensors)]
            if kind == "view":
                tensors.append(VIEWS[which % len(VIEWS)](T, a))
            elif kind == "value":
                tensors.append(VALUES[which % len(VALUES)](T, a, b))
            elif kind == "reshape":
                RESHAPES[which % len(RESHAPES)](T, a)
            else:
                if b is not a and np.shares_memory(a.detach().numpy(), b.detach().numpy()):
                    b = b.clone()  # PyTorch may read what it has just written: no number to agree with
                WRITES[which % len(WRITES)](T, a, b)
        total = sum((t * t).sum() for t in tensors if t.numel())
        (g,) = T.autograd.grad(total, x)
    except (RuntimeError, IndexError, ValueError) as refusal:  # shapes that do not fit, writes that are not allowed
        return refusal
    return [t.detach().numpy() for t in tensors], g.numpy()


@given(STEPS)
@settings(max_examples=400, deadline=None)
def test_random_programs_agree_or_are_refused(steps):
    array = np.random.default_rng(8).uniform(0.5, 1.2, (3, 3))
    mine, other = follow(minidl, steps, array), follow(torch, steps, array)
    if isinstance(mine, GraphError):
        return  # minidl may refuse more than PyTorch, but never gives another number
    if isinstance(other, Exception):
        return  # PyTorch refuses what minidl can do: nothing to compare with
    assert not isinstance(mine, Exception), mine
    for a, b in zip(mine[0], other[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)
    np.testing.assert_allclose(mine[1], other[1], rtol=1e-9)
