"""Seeds and states: the same seed, the same numbers."""

import pytest

import minidl
from minidl.errors import ArgumentError, CheckpointError


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63, -(2**70)])
def test_every_whole_number_is_a_seed_of_its_own(seed):
    first = minidl.Generator(seed)
    again = minidl.Generator(5).manual_seed(seed)
    other = minidl.Generator(seed + 1)
    drawn = minidl.rand(4, generator=first).tolist()
    assert drawn == minidl.rand(4, generator=again).tolist() != minidl.rand(4, generator=other).tolist()


@pytest.mark.parametrize("seed", [1.5, "1", True, [1]])
def test_anything_else_is_refused(seed):
    with pytest.raises(ArgumentError, match=r"manual_seed: got .*, needs a whole number"):
        minidl.manual_seed(seed)


def test_a_state_continues_where_it_was_taken():
    minidl.manual_seed(3)
    minidl.randn(7)
    state = minidl.get_rng_state()
    expected = minidl.randn(5).tolist()
    minidl.randn(2)
    minidl.set_rng_state(state)
    assert minidl.randn(5).tolist() == expected


@pytest.mark.parametrize("state", ["", "{}", "[]", '{"bit_generator": "PCG64"}', "not json"])
def test_what_is_no_state_is_refused_and_changes_nothing(state):
    minidl.manual_seed(3)
    expected = minidl.Generator(3)
    with pytest.raises(CheckpointError, match=r"no state that get_state\(\) gave"):
        minidl.set_rng_state(state)
    assert minidl.rand(3).tolist() == minidl.rand(3, generator=expected).tolist()
