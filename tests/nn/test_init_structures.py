"""Initial values with a structure: truncated, orthogonal, sparse, identities."""

import numpy as np
import pytest
from scipy import stats

import minidl
from minidl import nn
from minidl.errors import ArgumentError, DtypeError, ShapeError

UNLIKELY = 1e-6
"""The chance that a right distribution fails; the seed is fixed, so it either always does or never."""


def filled(fill, shape, *args, dtype=minidl.float64, **options):
    minidl.manual_seed(7)
    tensor = minidl.full(shape, 9.0, dtype=dtype)
    assert fill(tensor, *args, **options) is tensor
    return tensor.numpy()


# --- truncated normal -------------------------------------------------------------------------------------------------

CUTS = [(0, 1, -2, 2), (0, 0.02, -2, 2), (3, 2, 2, 4), (0, 1, 4, 6), (0, 1, 30, 31), (1, 0.5, -9, -1), (0, 1, 0.5, 0.5)]


@pytest.mark.parametrize(("mean", "std", "a", "b"), CUTS)
def test_a_truncated_normal_is_the_normal_between_its_ends(mean, std, a, b):
    values = filled(nn.init.trunc_normal_, (200, 500), mean, std, a, b).ravel()
    assert a <= values.min()
    assert values.max() <= b
    if a < b:
        cut = stats.truncnorm((a - mean) / std, (b - mean) / std, mean, std)
        assert stats.kstest(values, cut.cdf).pvalue > UNLIKELY


def test_a_truncated_normal_repeats_and_takes_a_generator():
    first, second = (
        filled(nn.init.trunc_normal_, (3, 4), generator=minidl.Generator(seed), dtype=minidl.float32) for seed in (5, 5)
    )
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32


@pytest.mark.parametrize("ends", [(0, 1, 2, 1), (0, 0, -1, 1), (0, -1, -1, 1)])
def test_a_truncated_normal_that_does_not_exist_is_refused(ends):
    with pytest.raises(ArgumentError, match="trunc_normal_: needs std > 0 and a <= b, got std"):
        nn.init.trunc_normal_(minidl.empty(3), *ends)
    with pytest.raises(DtypeError, match="trunc_normal_"):
        nn.init.trunc_normal_(minidl.ones(3).long())


# --- orthogonal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (12, 2, 2, 2), (1, 4), (4, 1)])
def test_orthogonal_rows_or_columns_have_length_gain(shape):
    values = filled(nn.init.orthogonal_, shape, 3.0).reshape(shape[0], -1)
    fewer = values if values.shape[0] <= values.shape[1] else values.T
    np.testing.assert_allclose(fewer @ fewer.T, 9 * np.eye(len(fewer)), atol=1e-12)


def test_orthogonal_matrices_are_uniform():
    """The first entry of a uniform direction in 3 dimensions is uniform (Archimedes), each entry as likely + as -."""
    generator = minidl.Generator(3)
    draws = np.array([nn.init.orthogonal_(minidl.empty(3, 3), generator=generator).numpy() for _ in range(2000)])
    for row, column in ((0, 0), (1, 2), (2, 2)):
        assert stats.kstest(draws[:, row, column], stats.uniform(-1, 2).cdf).pvalue > UNLIKELY


def test_orthogonal_of_nothing_changes_nothing():
    assert nn.init.orthogonal_(minidl.empty(0, 3)).shape == (0, 3)
    with pytest.raises(ShapeError, match=r"orthogonal_: got shape \(3,\), needs at least 2 dimensions"):
        nn.init.orthogonal_(minidl.empty(3))


# --- sparse -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sparsity", "zeros"), [(0.0, 0), (0.1, 10), (0.105, 11), (0.9, 90), (1.0, 100)])
def test_each_column_of_a_sparse_matrix_has_its_share_of_zeros(sparsity, zeros):
    values = filled(nn.init.sparse_, (100, 300), sparsity, std=0.5)
    np.testing.assert_array_equal((values == 0).sum(0), np.full(300, zeros))
    others = values[values != 0]
    if others.size:
        assert stats.kstest(others, stats.norm(0, 0.5).cdf).pvalue > UNLIKELY


def test_the_zeros_of_a_sparse_matrix_are_anywhere():
    counts = (filled(nn.init.sparse_, (20, 4000), 0.25) == 0).sum(1)
    assert stats.chisquare(counts).pvalue > UNLIKELY


def test_what_sparse_refuses():
    with pytest.raises(ShapeError, match=r"sparse_: got shape \(3,\), needs 2 dimensions"):
        nn.init.sparse_(minidl.empty(3), 0.5)
    with pytest.raises(ArgumentError, match=r"sparse_: sparsity 1.5; a share is from 0 to 1"):
        nn.init.sparse_(minidl.empty(3, 3), 1.5)


# --- identities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2)])
def test_eye_is_the_identity_as_far_as_it_goes(shape):
    np.testing.assert_array_equal(filled(nn.init.eye_, shape), np.eye(*shape))


def test_a_linear_layer_of_eye_passes_its_input():
    layer = nn.Linear(3, 3, bias=False)
    nn.init.eye_(layer.weight)
    x = minidl.randn(4, 3)
    np.testing.assert_array_equal(layer(x).detach().numpy(), x.numpy())
    assert layer.weight.is_leaf


@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_of_dirac_passes_its_input(groups):
    layer = nn.Conv2d(4, 4, (3, 5), padding=(1, 2), groups=groups, bias=False)
    nn.init.dirac_(layer.weight, groups)
    x = minidl.randn(2, 4, 6, 7)
    np.testing.assert_allclose(layer(x).detach().numpy(), x.numpy(), atol=1e-6)


def test_what_identities_refuse():
    with pytest.raises(ShapeError, match=r"eye_: got shape \(3,\), needs 2 dimensions"):
        nn.init.eye_(minidl.empty(3))
    with pytest.raises(ShapeError, match=r"dirac_: got shape \(3, 3\), needs 3, 4 or 5 dimensions"):
        nn.init.dirac_(minidl.empty(3, 3))
    for groups in (0, 2):
        with pytest.raises(ArgumentError, match=f"dirac_: groups={groups} does not divide the 3 kernels"):
            nn.init.dirac_(minidl.empty(3, 3, 3), groups)
