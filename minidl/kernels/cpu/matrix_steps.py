"""The steps of optimizers that look at a whole parameter at once: its norm, its rows and columns, its directions."""

from __future__ import annotations

import numpy as np

from .elementwise import lerp
from .optimizer import gradient_descent_step, lamb_direction


def lamb_step(
    param: np.ndarray, grad: np.ndarray, m: np.ndarray, v: np.ndarray, rate: float, numbers: tuple[float, ...]
) -> None:
    """w -= rate * |w| / |r| * r, with Adam's direction r; the ratio of norms is 1 where one is zero.

    numbers   those of `lamb_direction`, sign, decay and kept first

    You et al. 2020, algorithm 2, with the identity for phi.
    """
    direction = np.empty_like(param)
    lamb_direction(param, grad, m, v, direction, *numbers)
    size, length = norm(param), norm(direction)
    trust = size / length if size > 0 and length > 0 else 1.0
    gradient_descent_step(param, direction, 1, 0, 1, rate * trust)


def norm(x: np.ndarray) -> float:
    """The root of the sum of squares."""
    return float(np.linalg.norm(x.ravel("K")))


def adafactor_step(
    param: np.ndarray,
    grad: np.ndarray,
    variance: tuple[np.ndarray, ...],
    rate: float,
    kept: float,
    share: float,
    eps: tuple[float, float],
    threshold: float,
) -> None:
    """w = kept * w - rate * max(eps2, rms(w)) * u / max(1, rms(u) / threshold), where u = g / max(sqrt(v), eps1).

    variance   (v,) of the parameter's shape; or, for matrices, (rows, columns): averages of g**2 along either of the
               last two dimensions, of which v is the product over the mean of the rows
    share      that of the new g**2 in the averages, t**beta2_decay

    Shazeer & Stern 2018, algorithms 4 and 5, with eps1 where PyTorch has it.
    """
    rate *= max(eps[1], _rms(param))
    param *= param.dtype.type(kept)
    square = grad * grad
    if len(variance) == 1:
        (estimate,) = variance
        estimate += (square - estimate) * param.dtype.type(share)
        spread = estimate
    else:
        rows, columns = variance
        for average, axis in ((rows, -1), (columns, -2)):
            average += (square.mean(axis, keepdims=True) - average) * param.dtype.type(share)
        spread = rows @ columns / np.maximum(rows.mean(-2, keepdims=True), eps[0])
    update = grad / np.sqrt(np.maximum(spread, eps[0] * eps[0]))
    param -= param.dtype.type(rate / max(1.0, _rms(update) / threshold)) * update


def _rms(x: np.ndarray) -> float:
    """The root of the mean of squares; 0 of nothing."""
    return norm(x) / x.size**0.5 if x.size else 0.0


def muon_step(
    param: np.ndarray,
    grad: np.ndarray,
    buffer: np.ndarray,
    rate: float,
    kept: float,
    momentum: float,
    nesterov: bool,
    coefficients: tuple[float, float, float],
    eps: float,
    iterations: int,
) -> None:
    """b += (1 - momentum) * (g - b);  w = kept * w - rate * (b, or the mixture of g and b, made orthogonal)

    Jordan et al. 2024.
    """
    buffer[...] = lerp(buffer, grad, 1 - momentum)
    direction = lerp(grad, buffer, momentum) if nesterov else buffer
    orthogonal = orthogonalized(direction, coefficients, eps, iterations)
    gradient_descent_step(param, orthogonal.astype(param.dtype), 1, 0, kept, rate)


def orthogonalized(
    matrix: np.ndarray, coefficients: tuple[float, float, float], eps: float, iterations: int
) -> np.ndarray:
    """U @ V.T of the matrix U @ S @ V.T, nearly: its singular values are brought to between 0.7 and 1.2.

    Newton and Schulz's iteration x = a x + (b x x^T + c (x x^T)^2) x, whose polynomial lifts small singular values
    fast.  Every product is rounded to bfloat16, as PyTorch does; the result is float32.
    """
    a, b, c = map(np.float32, coefficients)
    wide = matrix.shape[0] <= matrix.shape[1]
    x = to_bfloat16((matrix if wide else matrix.T).astype(np.float32))
    x = to_bfloat16(x / np.maximum(to_bfloat16(np.linalg.norm(x)), np.float32(eps)))
    for _ in range(iterations):
        gram = to_bfloat16(x @ x.T)
        polynomial = to_bfloat16(_scaled_and_added(b, gram, c * (gram @ gram)))
        x = to_bfloat16(_scaled_and_added(a, x, polynomial @ x))
    return x if wide else x.T


def _scaled_and_added(scale: np.floating, x: np.ndarray, other: np.ndarray) -> np.ndarray:
    """scale * x + other in float32 with one rounding, as a processor's fused instruction has it."""
    return (np.float64(scale) * x + other).astype(np.float32)


def to_bfloat16(x: np.ndarray | np.floating) -> np.ndarray:
    """float32 numbers rounded to the nearest that bfloat16 has: 8 bits, ties to even."""
    bits = np.asarray(x, np.float32).view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)
