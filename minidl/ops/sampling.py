"""Random tensors, and random choices.  All take a `generator`; without one, the one that `manual_seed` seeds.

A draw has no slope: the gradient of a distribution's parameters is zero, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd import primitive
from ..autograd.calling import wrap
from ..errors import ArgumentError, DtypeError, ShapeError
from ..random import Generator, numpy_generator
from .creation import checked_size, float_dtype, made
from .inplace import copy_
from .promotion import array_of, check_floats
from .words import size_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def _drawn(draw: Callable[..., np.ndarray], size: tuple[Any, ...], dtype: Any) -> np.ndarray:
    """Random numbers drawn in the dtype itself where NumPy can, so that a float32 tensor costs no float64."""
    chosen = float_dtype(dtype)
    direct = chosen if chosen in (dtypes.float32, dtypes.float64) else dtypes.float32
    return np.asarray(draw(size, direct)).astype(chosen, copy=False)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform numbers from [0, 1)."""
    drawn = _drawn(numpy_generator(generator).random, checked_size("rand", size), dtype)
    return made(drawn, requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1."""
    drawn = _drawn(numpy_generator(generator).standard_normal, checked_size("randn", size), dtype)
    return made(drawn, requires_grad, device)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from [low, high): `randint(high, size)` or `randint(low, high, size)`."""
    if size is None and not isinstance(high, int):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None or isinstance(size, int) or high <= low:
        raise ArgumentError(f"randint: low {low}, high {high}, size {size}; needs low < high and a tuple as size")
    drawn = numpy_generator(generator).integers(low, high, size_of((size,)))
    return made(drawn.astype(dtypes.as_dtype(dtype)), requires_grad, device)


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    if n < 0:
        raise ArgumentError(f"randperm: n {n}; needs at least 0")
    return made(numpy_generator(generator).permutation(n).astype(dtypes.as_dtype(dtype)), device=device)


def rand_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform numbers of the size and dtype of `input`."""
    like = {"dtype": dtype or input.dtype, "device": device, "requires_grad": requires_grad}
    return rand(input.shape, generator=generator, **like)


def randn_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers of the size and dtype of `input`."""
    like = {"dtype": dtype or input.dtype, "device": device, "requires_grad": requires_grad}
    return randn(input.shape, generator=generator, **like)


def randint_like(
    input: Any,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from [low, high), or from [0, low), of the size and dtype of `input`."""
    bounds = (0, low) if high is None else (low, high)
    like = {"dtype": dtype or input.dtype, "device": device, "requires_grad": requires_grad}
    return randint(*bounds, tuple(input.shape), generator=generator, **like)


@primitive
def _drawn_by(first, second, values):
    """`values`, drawn by the parameters first and second."""
    return values


@_drawn_by.gradient("first")
def _(g):
    return g * 0


@_drawn_by.gradient("second")
def _(g):
    return g * 0


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers; mean and std are numbers, given with a size, or tensors that broadcast."""
    means, deviations = array_of(mean), array_of(std)
    if np.any(np.asarray(deviations) < 0):
        raise ArgumentError("normal: a standard deviation is below 0")
    plain = [value for value in (means, deviations) if isinstance(value, np.ndarray)]
    if size is None and not plain:
        raise ArgumentError("normal: got two numbers; give the size too: normal(0.0, 1.0, (2, 3))")
    for value in plain:
        check_floats("normal", value)
    chosen = dtype or (dtypes.result_type(*plain) if plain else None)
    shape = checked_size("normal", (size,)) if size is not None else np.broadcast_shapes(*(p.shape for p in plain))
    drawn = _drawn(numpy_generator(generator).standard_normal, shape, chosen)
    values = (drawn * deviations + means).astype(drawn.dtype)
    return made(values, requires_grad, device) if size is not None else _drawn_by(mean, std, values)


def bernoulli(input: Any, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of `input` is (or with p everywhere), else 0; of its dtype."""
    array = array_of(input)
    if p is None:
        check_floats("bernoulli", array)
    chance = _probability("bernoulli", array if p is None else p)
    drawn = (numpy_generator(generator).random(array.shape) < chance).astype(array.dtype)
    return _drawn_by(input, None, drawn)


def _probability(name: str, p: Any) -> np.ndarray:
    chance = np.asarray(p)
    if chance.size and not (chance.min() >= 0 and chance.max() <= 1):
        raise ArgumentError(f"{name}: a probability is outside [0, 1] or NaN")
    return chance


def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with chances proportional to `input`: (n,) -> (samples,), or (rows, n) -> (rows, samples); int64.

    Without replacement an exponential race decides: the least of Exp(1) / weight is drawn first, and so on.
    """
    weights = array_of(input)
    check_floats("multinomial", weights)
    if weights.ndim not in (1, 2):
        raise ShapeError(f"multinomial: got shape {weights.shape}, needs (n,) or (rows, n)")
    rows = np.atleast_2d(weights).astype(np.float64)
    if not np.isfinite(rows).all() or (rows < 0).any() or (rows.sum(1) <= 0).any():
        raise ArgumentError("multinomial: a weight is negative, infinite or NaN, or all of a row are zero")
    most = num_samples if replacement else int((rows > 0).sum(1).min(initial=rows.shape[1]))
    if not 1 <= num_samples <= most:
        raise ArgumentError(
            f"multinomial: {num_samples} samples from {most} weights above zero; "
            "needs 1 to as many, or replacement=True"
        )
    random = numpy_generator(generator)
    if replacement:
        steps = np.cumsum(rows, 1)
        chosen = [
            np.searchsorted(step, random.random(num_samples) * step[-1], side="right").clip(max=np.flatnonzero(row)[-1])
            for step, row in zip(steps, rows, strict=True)
        ]
        drawn = np.stack(chosen) if chosen else np.zeros((0, num_samples))
    else:
        with np.errstate(divide="ignore"):
            drawn = np.argsort(random.standard_exponential(rows.shape) / rows, 1)[:, :num_samples]
    return wrap(drawn.astype(np.int64).reshape(weights.shape[:-1] + (num_samples,)))


def poisson(input: Any, generator: Generator | None = None) -> Tensor:
    """Counts of events whose mean number is `input`, in its dtype."""
    rates = array_of(input)
    check_floats("poisson", rates)
    if rates.size and not rates.min() >= 0:
        raise ArgumentError("poisson: a rate is negative or NaN")
    return wrap(numpy_generator(generator).poisson(rates).astype(rates.dtype))


def binomial(count: Any, prob: Any, generator: Generator | None = None) -> Tensor:
    """How many of `count` tries succeed, each with chance `prob`, in their dtype; the two broadcast."""
    tries, chances = array_of(count), array_of(prob)
    check_floats("binomial", tries)
    if tries.dtype != chances.dtype:
        raise DtypeError(f"binomial: count {tries.dtype} and prob {chances.dtype}; needs one floating dtype")
    _probability("binomial", chances)
    if tries.size and not (tries.min() >= 0 and np.isfinite(tries).all()):
        raise ArgumentError("binomial: a count is negative, infinite or NaN")
    drawn = numpy_generator(generator).binomial(tries.astype(np.int64), chances)
    return _successes(count, prob, np.asarray(drawn).astype(tries.dtype))


@primitive
def _successes(count, prob, drawn):
    return drawn  # as in PyTorch, without a gradient, not even of zero


_successes.primitive.name = "binomial"

# --- what fills a tensor in place -----------------------------------------------------------------------------------


def _fill(name: str, target: Any, draw: Callable[..., np.ndarray], allowed: bool, needs: str) -> Any:
    """target <- draw(its shape), for floats and a distribution that exists."""
    check_floats(name, target.array)
    if not allowed:
        raise ArgumentError(f"{name}: needs {needs}")
    return copy_(target, draw(target.array.shape))


def normal_(self: Any, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Filled with normal numbers."""
    random = numpy_generator(generator)
    return _fill("normal_", self, lambda size: random.normal(mean, std, size), std >= 0, f"std >= 0, got {std}")


def trunc_normal_(self: Any, mean: float, std: float, a: float, b: float, generator: Generator | None = None) -> Any:
    """Filled with normal numbers on condition that they are in [a, b], by the inverse of their distribution function.

    Above the mean the function is near one, where floats are coarse; there the numbers are drawn mirrored.
    """
    from scipy.special import ndtr, ndtri

    random = numpy_generator(generator)
    sign = -1 if a > mean else 1
    low, high = sorted((sign * (a - mean), sign * (b - mean)))

    def draw(size: tuple[int, ...]) -> np.ndarray:
        below = random.uniform(ndtr(low / std), ndtr(high / std), size)
        return np.clip(mean + sign * std * ndtri(below), a, b)

    return _fill("trunc_normal_", self, draw, std > 0 and a <= b, f"std > 0 and a <= b, got std {std}, a {a}, b {b}")


def log_normal_(self: Any, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Any:
    """Filled with numbers whose logarithms are normal."""
    random = numpy_generator(generator)
    return _fill("log_normal_", self, lambda size: random.lognormal(mean, std, size), std > 0, f"std > 0, got {std}")


def uniform_(self: Any, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Filled with uniform numbers from [low, high)."""
    random = numpy_generator(generator)
    needs = f"low <= high, got {low} and {high}"
    return _fill("uniform_", self, lambda size: random.uniform(low, high, size), low <= high, needs)


def exponential_(self: Any, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Filled with waiting times of rate lambd."""
    random = numpy_generator(generator)
    needs = f"lambd > 0, got {lambd}"
    return _fill("exponential_", self, lambda size: random.standard_exponential(size) / lambd, lambd > 0, needs)


def cauchy_(self: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Filled with numbers of the Cauchy distribution."""
    random = numpy_generator(generator)
    needs = f"sigma > 0, got {sigma}"
    return _fill("cauchy_", self, lambda size: median + sigma * random.standard_cauchy(size), sigma > 0, needs)


def geometric_(self: Any, p: float, *, generator: Generator | None = None) -> Any:
    """Filled with the number of tries up to the first success of chance p."""
    if not 0 < p < 1:
        raise ArgumentError(f"geometric_: p {p}; needs 0 < p < 1")
    return copy_(self, numpy_generator(generator).geometric(p, self.array.shape))


def bernoulli_(self: Any, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
    """Filled with ones, with probability p, a number or a tensor; and with zeros."""
    chance = _probability("bernoulli_", array_of(p))
    return copy_(self, numpy_generator(generator).random(self.array.shape) < chance)


def random_(self: Any, low: int = 0, high: int | None = None, *, generator: Generator | None = None) -> Any:
    """Filled with whole numbers: from [low, high), from [0, low), or all that the dtype holds exactly."""
    if high is None:
        low, high = (0, low) if low else (0, _whole_numbers(self.array.dtype))
    if low >= high:
        raise ArgumentError(f"random_: from {low} to {high}; needs low < high")
    return copy_(self, numpy_generator(generator).integers(low, high, self.array.shape))


def _whole_numbers(dtype: np.dtype) -> int:
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1) + 1
    return 2 if dtype.kind == "b" else int(np.iinfo(dtype).max)
