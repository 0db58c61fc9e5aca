"""Every operator's gradient, and the gradient of its gradient, against finite differences in float64."""

import importlib
import pkgutil

import pytest
from operator_samples import RNG, SAMPLES
from operator_samples.base import Sample

import minidl
from minidl import ops
from minidl.autograd import gradcheck, gradgradcheck
from minidl.autograd.primitive import Primitive

DROPOUT = Sample(
    "dropout",
    lambda T, x: T.nn.functional.dropout(x, 0.4, generator=T.Generator(3)),
    [RNG.standard_normal((3, 4))],
)
"""With a generator that begins anew; not in the table, since PyTorch draws other elements."""

DIFFERENTIABLE = [*(sample for sample in SAMPLES if sample.differentiable), DROPOUT]


def inputs_of(sample):
    return [minidl.from_numpy(x.copy()).requires_grad_() for x in sample.inputs]


@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_first_and_second_derivatives_agree_with_finite_differences(sample):
    inputs = inputs_of(sample)
    assert gradcheck(lambda *xs: sample.program(minidl, *xs), inputs, rtol=1e-6, atol=1e-7)
    if sample.order > 1:
        assert gradgradcheck(lambda *xs: sample.program(minidl, *xs), inputs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("sample", [s for s in DIFFERENTIABLE if s.order > 2], ids=str)
def test_third_derivatives_agree_with_finite_differences(sample):
    inputs = inputs_of(sample)
    weights = minidl.from_numpy(RNG.standard_normal(sample.program(minidl, *inputs).shape))

    def slopes(*xs):
        total = (sample.program(minidl, *xs) * weights).sum()
        slopes = minidl.autograd.grad(total, xs, create_graph=True, allow_unused=True, materialize_grads=True)
        return tuple(slope for slope in slopes if slope.requires_grad)

    if slopes(*inputs):
        assert gradgradcheck(slopes, inputs, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if not s.differentiable], ids=str)
def test_an_operator_without_a_slope_passes_none_on(sample):
    """Its result wants no gradient, or passes zeros on."""
    inputs = inputs_of(sample)
    result = sample.program(minidl, *inputs)
    if result.requires_grad:
        for g in minidl.autograd.grad(result.sum(), inputs, materialize_grads=True, allow_unused=True):
            assert not g.numpy().any()


def test_the_samples_reach_every_gradient_rule():
    declared = set()
    for module in pkgutil.iter_modules(ops.__path__):
        for value in vars(importlib.import_module(f"minidl.ops.{module.name}")).values():
            operator = getattr(value, "primitive", None)
            if isinstance(operator, Primitive) and operator.rules:
                declared.add(operator)
                operator.plans.clear()

    for sample in [*SAMPLES, DROPOUT]:
        inputs = inputs_of(sample)
        result = sample.program(minidl, *inputs)
        if not result.requires_grad:
            continue
        seed = minidl.ones_like(result).requires_grad_()
        first = minidl.autograd.grad(result, inputs, seed, create_graph=True, allow_unused=True)
        squares = [(g * g).sum() for g in first if g is not None and g.requires_grad]
        if squares and sample.order > 1:
            minidl.autograd.grad(sum(squares), [*inputs, seed], create_graph=True, allow_unused=True)
    assert {operator.name for operator in declared if not operator.plans} == set()
