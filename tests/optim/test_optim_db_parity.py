"""PyTorch's own table of sample settings and of mistakes, as a second judge of its optimizers."""

import warnings

import numpy as np
import pytest

import minidl
from minidl import optim
from minidl.errors import MinidlError

torch = pytest.importorskip("torch")
table = pytest.importorskip("torch.testing._internal.common_optimizers")

SAMPLES = [
    (info.optim_cls.__name__, sample.kwargs)
    for info in table.optim_db
    for sample in info.optim_inputs_func(device="cpu", dtype=torch.float64)
    if info.optim_cls.__name__ not in ("SparseAdam", "LBFGS")
]
SHAPES = [(4, 5), (5, 4), (3, 3)]


def ours(value):
    """PyTorch's tensors as minidl's, also within tuples."""
    if isinstance(value, (tuple, list)):
        return type(value)(map(ours, value))
    return minidl.tensor(value.detach().numpy().copy()) if isinstance(value, torch.Tensor) else value


def plain(value):
    """A tensor as the number that it holds."""
    return value.item() if isinstance(value, torch.Tensor) else value


def trained(T, package, name, options):
    random = np.random.default_rng(0)
    parameters = [T.from_numpy(random.standard_normal(shape)).requires_grad_() for shape in SHAPES]
    optimizer = getattr(package, name)(parameters, **options)
    for _ in range(25):
        for p in parameters:
            p.grad = T.from_numpy(random.standard_normal(p.shape))
        optimizer.step()
    return [p.detach().numpy() for p in parameters]


@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=str)
def test_each_sample_trains_as_in_pytorch(name, options):
    reference = {key: plain(value) for key, value in options.items() if key != "capturable"}  # which is for GPUs
    result = trained(minidl, optim, name, {key: ours(value) for key, value in options.items()})
    for a, b in zip(result, trained(torch, torch.optim, name, reference), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def of_arguments(sample):
    """Whether a mistake is one of ours, too: not of complex numbers, nor of combinations without effect here."""
    switches = {"foreach", "fused", "differentiable"} & set(sample.kwargs)
    betas = sample.kwargs.get("betas", ())
    mixed = any(isinstance(beta, torch.Tensor) for beta in betas)
    complex_parameters = sample.params is not None and any(
        p.is_complex() for p in sample.params if isinstance(p, torch.Tensor)
    )
    return not (switches or mixed or complex_parameters)


MISTAKES = [
    (info.optim_cls.__name__, mistake.optimizer_error_input)
    for info in table.optim_db
    for mistake in info.optim_error_inputs_func(device="cpu", dtype=torch.float32)
    if info.optim_cls.__name__ != "SparseAdam" and of_arguments(mistake.optimizer_error_input)
]


@pytest.mark.parametrize(("name", "sample"), MISTAKES, ids=lambda value: getattr(value, "desc", value))
def test_each_mistake_is_refused(name, sample):
    def converted(params):
        if isinstance(params, dict):
            return {key: converted(value) if key == "params" else ours(value) for key, value in params.items()}
        if isinstance(params, list):
            return [converted(entry) for entry in params]
        if isinstance(params, tuple):
            return (params[0], converted(params[1]))
        if not isinstance(params, torch.Tensor):
            return params
        return known.setdefault(id(params), minidl.tensor(params.detach().numpy().copy()).requires_grad_())

    known = {}
    shape = (2, 2) if name == "Muon" else (2,)
    params = [minidl.ones(*shape).requires_grad_()] if sample.params is None else converted(sample.params)
    with warnings.catch_warnings(), pytest.raises(MinidlError, match=name):
        warnings.simplefilter("ignore")
        getattr(optim, name)(params, **{key: ours(value) for key, value in sample.kwargs.items()})
