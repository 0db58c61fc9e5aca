"""Random tensors: their distributions, and that a seed repeats them."""

import numpy as np
import pytest
from scipy import stats

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError

COUNT = 20_000


@pytest.mark.parametrize(
    ("fill", "distribution"),
    [
        (lambda x: x.uniform_(-1, 3), stats.uniform(-1, 4)),
        (lambda x: x.normal_(2, 0.5), stats.norm(2, 0.5)),
        (lambda x: x.exponential_(2.0), stats.expon(scale=0.5)),
        (lambda x: x.log_normal_(0.5, 0.25), stats.lognorm(0.25, scale=np.exp(0.5))),
        (lambda x: x.cauchy_(1, 2), stats.cauchy(1, 2)),
        (lambda x: x.copy_(minidl.normal(minidl.full((COUNT,), 3.0), 2.0)), stats.norm(3, 2)),
    ],
)
def test_a_filled_tensor_has_the_distribution(fill, distribution):
    minidl.manual_seed(1)
    drawn = fill(minidl.empty(COUNT, dtype=minidl.float64)).numpy()
    assert stats.kstest(drawn, distribution.cdf).pvalue > 1e-3
    minidl.manual_seed(1)
    np.testing.assert_array_equal(fill(minidl.empty(COUNT, dtype=minidl.float64)).numpy(), drawn)


@pytest.mark.parametrize(
    ("draw", "chances"),
    [
        (lambda: minidl.bernoulli(minidl.full((COUNT,), 0.3)), [0.7, 0.3]),
        (lambda: minidl.zeros(COUNT).bernoulli_(0.8), [0.2, 0.8]),
        (lambda: minidl.randint(0, 4, (COUNT,)), [0.25] * 4),
        (lambda: minidl.zeros(COUNT).random_(0, 3), [1 / 3] * 3),
        (lambda: minidl.multinomial(minidl.tensor([1.0, 0.0, 3.0]), COUNT, True), [0.25, 0, 0.75]),
        (lambda: minidl.poisson(minidl.full((COUNT,), 0.5)), list(stats.poisson(0.5).pmf(range(4)))),
        (lambda: minidl.zeros(COUNT).geometric_(0.5) - 1, [0.5, 0.25, 0.125]),
    ],
)
def test_counts_follow_the_chances(draw, chances):
    minidl.manual_seed(2)
    drawn = draw().long().numpy()
    for value, chance in enumerate(chances):
        spread = 5 * np.sqrt(chance * (1 - chance) / COUNT)
        assert abs((drawn == value).mean() - chance) <= spread


def test_multinomial_without_replacement_takes_each_once_the_heavy_ones_first():
    minidl.manual_seed(3)
    drawn = minidl.multinomial(minidl.tensor([[1.0, 5.0, 0.0, 2.0]] * 4000), 3).numpy()
    assert (np.sort(drawn, 1) == [0, 1, 3]).all()
    assert abs((drawn[:, 0] == 1).mean() - 5 / 8) < 0.04


def test_randperm_holds_every_number_once():
    assert sorted(minidl.randperm(50).tolist()) == list(range(50))


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: minidl.multinomial(minidl.tensor([1.0, -1.0]), 1), ArgumentError, "negative"),
        (lambda: minidl.multinomial(minidl.tensor([1.0, 0.0]), 2), ArgumentError, "1 weights above zero"),
        (lambda: minidl.multinomial(minidl.ones(2, 2, 2), 1), ShapeError, r"\(rows, n\)"),
        (lambda: minidl.bernoulli(minidl.tensor([1.5])), ArgumentError, r"outside \[0, 1\]"),
        (lambda: minidl.normal(minidl.zeros(2), -1.0), ArgumentError, "below 0"),
        (lambda: minidl.normal(0.0, 1.0), ArgumentError, "give the size"),
        (lambda: minidl.arange(3).normal_(), DtypeError, "floating"),
        (lambda: minidl.zeros(3).exponential_(0.0), ArgumentError, "lambd > 0"),
        (lambda: minidl.zeros(3).uniform_(2, 1), ArgumentError, "low <= high"),
        (lambda: minidl.zeros(3).random_(5, 5), ArgumentError, "low < high"),
        (lambda: minidl.poisson(minidl.tensor([-1.0])), ArgumentError, "negative"),
        (lambda: minidl.randperm(-1), ArgumentError, "at least 0"),
    ],
)
def test_what_cannot_be_drawn_is_named(action, error, message):
    with pytest.raises(error, match=message):
        action()
