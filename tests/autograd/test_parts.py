import numpy as np
import pytest

from minidl.autograd.part import Part, Parts

SHAPE = (4, 6)


def numbers(shape=SHAPE):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def joined(shape, pieces):
    """What `Parts` makes of (index, array) pairs, and whether it is fresh."""
    parts = Parts(Part(pieces[0][1], shape, pieces[0][0]))
    for index, array in pieces[1:]:
        parts.add(Part(array, shape, index))
    return parts.whole()


def summed(shape, pieces):
    total = np.zeros(shape, np.float32)
    for index, array in pieces:
        total[index] += array
    return total


@pytest.mark.parametrize(
    "indices",
    [
        [np.s_[:, 0:2], np.s_[:, 2:3], np.s_[:, 3:6]],
        [np.s_[:, 3:], np.s_[:, -6:1], np.s_[:, 1:3]],
        [np.s_[:, 2:4], np.s_[:, :2], np.s_[:, 2:4]],
        [np.s_[:, :4], np.s_[:, 3:5]],
        [np.s_[:, :3], np.s_[:, ::2]],
        [np.s_[:, ::2], np.s_[:, 1::2]],
        [np.s_[0], np.s_[1], np.s_[-1], np.s_[2]],
        [np.s_[0], np.s_[1:3], np.s_[3]],
        [np.s_[:2], np.s_[2:, :]],
        [np.s_[:2], np.s_[:, :3]],
        [np.s_[..., :3], np.s_[..., 3:]],
        [np.s_[:2, 1:], np.s_[None, 2:, :1], np.s_[1, 2]],
        [()],
        [np.s_[:, 0:0], np.s_[:, :]],
        [np.s_[:, 1:2]],
    ],
)
def test_parts_are_what_their_sum_in_zeros_is(indices):
    pieces = [(index, numbers(np.empty(SHAPE)[index].shape) + i) for i, index in enumerate(indices)]
    whole, fresh = joined(SHAPE, pieces)
    assert fresh
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole, summed(SHAPE, pieces))


def test_parts_of_an_empty_array():
    whole, _ = joined((0, 3), [(np.s_[:, :1], np.empty((0, 1), np.float32)), (np.s_[:, 1:], np.empty((0, 2)))])
    assert whole.shape == (0, 3)


def test_pieces_that_lie_in_one_array_already_are_not_copied():
    memory = numbers((2, 12))
    in_shape = memory.reshape(SHAPE)
    whole, fresh = joined(SHAPE, [(np.s_[:, 2:], in_shape[:, 2:]), (np.s_[:, :2], in_shape[:, :2])])
    assert not fresh
    assert np.shares_memory(whole, memory)
    np.testing.assert_array_equal(whole, in_shape)


@pytest.mark.parametrize(
    "pieces",
    [
        lambda x: [(np.s_[:, :3], x[:, 3:]), (np.s_[:, 3:], x[:, :3])],  # exchanged
        lambda x: [(np.s_[:2], x[2::-2]), (np.s_[2:], x[2:])],  # in another order
        lambda x: [(np.s_[:2], x[:2]), (np.s_[2:], x[2:].copy())],  # one of them elsewhere
        lambda x: [(np.s_[:1], x[:1]), (np.s_[:2], x[:2]), (np.s_[3:], x[3:])],  # twice, and not all
    ],
)
def test_pieces_in_other_places_are_copied(pieces):
    x = numbers((5, 6))[:4].copy()
    whole, fresh = joined(SHAPE, pieces(x))
    assert fresh
    assert not np.shares_memory(whole, x)
    np.testing.assert_array_equal(whole, summed(SHAPE, pieces(x)))
