"""Every operator against PyTorch: values, dtypes, shapes, gradients and second gradients."""

import numpy as np
import pytest
from operator_samples import SAMPLES

import minidl

torch = pytest.importorskip("torch")

CLOSE = {"float32": 2e-5, "float64": 1e-10}
"""Of the result's scale: some hundred roundings.  In float64 PyTorch adds 1e-12 to p (1 - p) in the second derivative
of binary cross entropy, and that is what decides."""


def assert_equal(ours, theirs, dtype, error=0.0):
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    a, b = ours.detach().numpy(), theirs.numpy(force=True)
    finite = np.abs(b[np.isfinite(b)]) if b.dtype.kind == "f" else np.abs(b)
    scale = max(1.0, float(finite.max(initial=0)))
    np.testing.assert_allclose(a, b, rtol=0, atol=max(CLOSE[dtype], error) * scale)


def run(T, sample, dtype):
    """The result; the gradients of it weighted; and the gradients of the sum of the squares of these."""
    arrays = [x.astype(dtype) for x in sample.inputs]
    made = torch.from_numpy if T is torch else minidl.from_numpy
    inputs = [made(np.ascontiguousarray(a)).requires_grad_() for a in arrays]
    result = sample.program(T, *inputs)
    if not sample.differentiable:
        return result, [], []
    weights = np.random.default_rng(1).standard_normal(tuple(result.shape)).astype(str(result.dtype).split(".")[-1])
    first = T.autograd.grad(result, inputs, made(np.asarray(weights)), create_graph=True, allow_unused=True)
    squares = [(g * g).sum() for g in first if g is not None]
    second = []
    if min(sample.order, sample.pytorch_order) > 1 and any(square.requires_grad for square in squares):
        try:
            second = T.autograd.grad(sum(squares), inputs, allow_unused=True)
        except NotImplementedError:
            second = None  # PyTorch has no second derivative there; finite differences check ours
    return result, first, second


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_values_and_gradients_equal_pytorchs(sample, dtype):
    ours, theirs = run(minidl, sample, dtype), run(torch, sample, dtype)
    assert_equal(ours[0], theirs[0], dtype)
    for mine, other in zip(ours[1], theirs[1], strict=True):
        assert_equal(mine, other, dtype, sample.pytorch_error)
    for i, x in enumerate(sample.inputs if theirs[2] is not None and (ours[2] or theirs[2]) else []):
        zeros = minidl.from_numpy(np.zeros_like(x, dtype))
        mine = ours[2][i] if ours[2] and ours[2][i] is not None else zeros
        other = theirs[2][i] if theirs[2] and theirs[2][i] is not None else torch.from_numpy(zeros.numpy())
        assert_equal(mine, other, dtype, sample.pytorch_error)
