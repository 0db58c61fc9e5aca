"""Windows of signal processing: M weights that fall off towards both ends.

A symmetric window of M places spans N = M - 1 steps.  With `sym=False` it spans N = M, of which the last place is left
out, so that it continues periodically.  Formulas: Harris 1978, "On the use of windows for harmonic analysis with the
discrete Fourier transform"; of nuttall, Nuttall 1981.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .creation import float_dtype, made

WIDE_FLOATS = ("float32", "float64")


def _length(name: str, M: Any) -> int:
    try:
        length = operator.index(M) if not isinstance(M, bool) else None
    except TypeError:
        length = None
    if length is None:
        raise DtypeError(f"{name}: got {M!r}, needs a whole number of places")
    if length < 0:
        raise ShapeError(f"{name}: {length} places; needs at least 0")
    return length


def _places(name: str, M: Any, sym: bool, dtype: Any) -> tuple[np.ndarray, int]:
    """The places 0 to M - 1, and the steps N that they span, at least 1."""
    wanted = float_dtype(dtype)
    if wanted.name not in WIDE_FLOATS:
        raise DtypeError(f"{name}: dtype {wanted}; needs float32 or float64")
    length = _length(name, M)
    return np.arange(length, dtype=np.float64), max(length - 1 if sym or length == 1 else length, 1)


def _made(values: np.ndarray, dtype: Any, device: Any, requires_grad: bool) -> Any:
    return made(values.astype(float_dtype(dtype)), requires_grad, device)


def _of_cosines(n: np.ndarray, N: int, a: Iterable[float]) -> np.ndarray:
    """The sum of (-1)^i a_i cos(2 pi i n / N); a single place is the middle, and gets 1."""
    if n.size == 1:
        return np.ones(1)
    waves = [(-1) ** i * weight * np.cos(2 * math.pi * i / N * n) for i, weight in enumerate(a)]
    return np.sum(waves, 0)


def _triangle(n: np.ndarray, N: int) -> np.ndarray:
    return 1 - np.abs(2 * n / N - 1) if n.size != 1 else np.ones(1)


def _kaiser(n: np.ndarray, N: int, beta: float) -> np.ndarray:
    """I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta), whose growth is taken out of both (Kaiser and Schafer 1980)."""
    import scipy.special

    place = beta * np.sqrt(1 - (2 * n / N - 1) ** 2) if n.size != 1 else np.full(1, beta)
    return scipy.special.i0e(place) * np.exp(place - beta) / scipy.special.i0e(beta)


HANN = (0.5, 0.5)
HAMMING = (0.54, 0.46)
BLACKMAN = (0.42, 0.5, 0.08)
NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


# --- torch.signal.windows ---------------------------------------------------------------------------------------------


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """The sum over i of (-1)^i a_i cos(2 pi i n / N)."""
    weights = list(a) if isinstance(a, Iterable) else []
    if not weights:
        raise ArgumentError(f"general_cosine: a {a!r}; needs a list of at least one number")
    return _made(_of_cosines(*_places("general_cosine", M, sym, dtype), weights), dtype, device, requires_grad)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """alpha - (1 - alpha) cos(2 pi n / N)"""
    a = (alpha, 1 - alpha)
    return _made(_of_cosines(*_places("general_hamming", M, sym, dtype), a), dtype, device, requires_grad)


def hamming(M: int, *, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """0.54 - 0.46 cos(2 pi n / N)"""
    return _made(_of_cosines(*_places("hamming", M, sym, dtype), HAMMING), dtype, device, requires_grad)


def hann(M: int, *, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """(1 - cos(2 pi n / N)) / 2"""
    return _made(_of_cosines(*_places("hann", M, sym, dtype), HANN), dtype, device, requires_grad)


def blackman(M: int, *, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N)"""
    return _made(_of_cosines(*_places("blackman", M, sym, dtype), BLACKMAN), dtype, device, requires_grad)


def nuttall(M: int, *, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Four cosines whose side lobes are lowest (Nuttall 1981)."""
    return _made(_of_cosines(*_places("nuttall", M, sym, dtype), NUTTALL), dtype, device, requires_grad)


def bartlett(M: int, *, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A triangle: 1 - |2 n / N - 1|"""
    return _made(_triangle(*_places("bartlett", M, sym, dtype)), dtype, device, requires_grad)


def cosine(M: int, *, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """sin(pi (n + 1/2) / (N + 1)): half a period"""
    n, N = _places("cosine", M, sym, dtype)
    return _made(np.sin(math.pi / (N + 1) * (n + 0.5)) if n.size != 1 else np.ones(1), dtype, device, requires_grad)


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """exp(-((n - N / 2) / std)^2 / 2)"""
    if std <= 0:
        raise ArgumentError(f"gaussian: std {std}; needs more than 0")
    n, N = _places("gaussian", M, sym, dtype)
    from_middle = n - (N / 2 if n.size != 1 else 0)
    return _made(np.exp(-((from_middle / std) ** 2) / 2), dtype, device, requires_grad)


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """exp(-|n - center| / tau); the center is N / 2, or any place if the window is not symmetric."""
    if tau <= 0:
        raise ArgumentError(f"exponential: tau {tau}; needs more than 0")
    if sym and center is not None:
        raise ArgumentError(f"exponential: center {center} of a symmetric window; leave it out, or use sym=False")
    n, N = _places("exponential", M, sym, dtype)
    middle = center if center is not None else N / 2 if n.size != 1 else 0
    return _made(np.exp(-np.abs(n - middle) / tau), dtype, device, requires_grad)


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta): the narrower the greater beta is (Kaiser and Schafer 1980)."""
    if beta < 0:
        raise ArgumentError(f"kaiser: beta {beta}; needs at least 0")
    return _made(_kaiser(*_places("kaiser", M, sym, dtype), beta), dtype, device, requires_grad)


# --- under PyTorch's older names, periodic by default ----------------------------------------------------------------


def _periodic_places(name: str, window_length: Any, periodic: bool) -> tuple[np.ndarray, int]:
    return _places(name, window_length, not periodic, "float64")


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`signal.windows.hann`"""
    places = _periodic_places("hann_window", window_length, periodic)
    return _made(_of_cosines(*places, HANN), _checked("hann_window", dtype), device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """alpha - beta cos(2 pi n / N)"""
    places = _periodic_places("hamming_window", window_length, periodic)
    return _made(_of_cosines(*places, (alpha, beta)), _checked("hamming_window", dtype), device, requires_grad)


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`signal.windows.blackman`"""
    places = _periodic_places("blackman_window", window_length, periodic)
    return _made(_of_cosines(*places, BLACKMAN), _checked("blackman_window", dtype), device, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`signal.windows.bartlett`"""
    places = _periodic_places("bartlett_window", window_length, periodic)
    return _made(_triangle(*places), _checked("bartlett_window", dtype), device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`signal.windows.kaiser`"""
    if beta < 0:
        raise ArgumentError(f"kaiser_window: beta {beta}; needs at least 0")
    places = _periodic_places("kaiser_window", window_length, periodic)
    return _made(_kaiser(*places, beta), _checked("kaiser_window", dtype), device, requires_grad)


def _checked(name: str, dtype: Any) -> np.dtype:
    wanted = float_dtype(dtype)
    if wanted.kind != "f":
        raise DtypeError(f"{name}: dtype {wanted}; needs a floating dtype")
    return wanted
