"""Weights computed from other numbers: what they promise, and their gradients by finite differences."""

import numpy as np
import pytest

import minidl
from minidl.autograd import gradcheck, gradgradcheck
from minidl.ops import reparametrization as R


def normal(*shape, seed=0):
    return minidl.from_numpy(np.random.default_rng(seed).normal(size=shape))


MAPS = [R.orthogonal_by_exponential, R.orthogonal_by_cayley, R.orthogonal_by_householder]


@pytest.mark.parametrize("shape", [(4, 4), (5, 2), (3, 1), (2, 4, 3)])
@pytest.mark.parametrize("orthogonal", MAPS)
def test_columns_are_orthonormal(orthogonal, shape):
    q = orthogonal(normal(*shape)).numpy()
    assert q.shape == shape
    np.testing.assert_allclose(
        np.swapaxes(q, -1, -2) @ q, np.broadcast_to(np.eye(shape[-1]), (*shape[:-2], *2 * shape[-1:])), atol=1e-12
    )


@pytest.mark.parametrize("orthogonal", MAPS)
def test_gradients_of_orthogonal_maps(orthogonal):
    x = normal(4, 3).requires_grad_()
    assert gradcheck(orthogonal, x)
    assert gradgradcheck(orthogonal, x)


@pytest.mark.parametrize("shape", [(4, 4), (5, 2), (2, 4, 3)])
def test_reflections_give_back_what_they_were_found_for(shape):
    q = R.orthonormalized(normal(*shape))
    np.testing.assert_allclose(
        R.orthogonal_by_householder(R.orthogonal_to_householder(q)).numpy(), q.numpy(), atol=1e-12
    )
    np.testing.assert_allclose(R.orthonormalized(q).numpy(), q.numpy(), atol=1e-12)
    np.testing.assert_allclose(R.orthonormalized(q * 3).numpy(), q.numpy(), atol=1e-12)


@pytest.mark.parametrize("dim", [-1, 0, 1, 2])
def test_a_weight_norm_has_the_lengths_it_is_given(dim):
    v = normal(2, 3, 4)
    g = R.norm_except_dim(v, 2, dim) * 0 + 5
    weight = R.weight_norm(v, g, dim).numpy()
    others = None if dim == -1 else tuple(d for d in range(3) if d != dim)
    np.testing.assert_allclose(np.sqrt((weight**2).sum(others)), np.full(np.shape(g.numpy().squeeze()), 5.0))
    np.testing.assert_allclose(np.sign(weight), np.sign(v.numpy()))


def test_gradients_of_norms():
    v, g = normal(3, 2, 2).requires_grad_(), normal(3, 1, 1, seed=1).requires_grad_()
    assert gradcheck(lambda v, g: R.weight_norm(v, g, 0), (v, g))
    left, right = normal(2, seed=2), normal(6, seed=3)
    assert gradcheck(lambda w: R.spectral_norm(w, left, right, 1), v)


def test_the_power_method_finds_singular_vectors():
    matrix = normal(4, 6)
    u = normal(4, seed=5)
    for _ in range(300):
        v = R.leading_right(matrix, u, 1e-12)
        u = R.leading_left(matrix, v, 1e-12)
    greatest = np.linalg.svd(matrix.numpy()).S[0]
    np.testing.assert_allclose(R.spectral_norm(matrix, u, v, 0).numpy(), matrix.numpy() / greatest, atol=1e-6)
