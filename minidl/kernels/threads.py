"""How many threads compute: the one place.

Two pools of threads exist in a process: numba's, which runs the jitted kernels, and that of NumPy's BLAS.  A pool that
has just finished keeps its threads spinning for a while in wait for more, and so starves the other: a product by NumPy
followed by a jitted pass took 2.8 times as long as the same two in one pool.  Therefore large products, too, are made
in numba's pool: each thread calls BLAS for its part, through SciPy's own copy of the library, which is held at one
thread as soon as the first jitted kernel loads.  NumPy's copy follows `set_num_threads` for what users call themselves.
Where NumPy and SciPy share one BLAS (conda), that one is held at one thread, since kernels make the large products.

numba takes the first pool that it finds of TBB, OpenMP and its own work queue.  The wheels for Linux bring OpenMP (2.4
microseconds a parallel call; it needs the system's libgomp).  The work queue (84 microseconds) is everywhere, but dies
when two threads enter it at once, so kernels then take turns.  A process that has used OpenMP must not use kernels in
children made by fork: start such children with "spawn".

Work is divided statically by the thread count, so results are equal bit for bit from run to run at one count.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from ..errors import ArgumentError

_count: list[int] = []


def get_num_threads() -> int:
    """The number of threads that kernels use: NUMBA_NUM_THREADS or OMP_NUM_THREADS if set, else every usable core."""
    if not _count:
        _count.append(_asked() or _usable())
    return _count[0]


def workers(size: int, worth: int) -> int:
    """How many threads to divide a pass over `size` elements among: one, the caller's own, below `worth`."""
    return get_num_threads() if size >= worth else 1


def set_num_threads(n: int) -> None:
    """Let kernels and NumPy's own products use `n` threads.

    More than numba was started with share the threads that there are; results depend on `n` alone.
    Raises ArgumentError below 1.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ArgumentError(f"set_num_threads: got {n!r}, needs a whole number of at least 1")
    _count[:] = [n]
    if "numba" in sys.modules:
        _limit_numba()
    numpy_copies, scipy_copies = _blas_libraries()
    for library in numpy_copies:
        if library not in scipy_copies:
            library.set_num_threads(n)


def prepare() -> None:
    """Called as the first jitted kernel loads: sets numba's pool, and the BLAS that kernels call to one thread."""
    import_module("scipy.linalg.cython_blas")  # loads SciPy's BLAS, so that it can be found

    _limit_numba()
    for library in _blas_libraries()[1]:
        library.set_num_threads(1)


def pool_takes_turns() -> bool:
    """Whether numba has only its work queue, which two threads must not enter at once."""
    import numba

    config: Any = numba.config
    asked_for = config.THREADING_LAYER in ("workqueue", "forksafe")
    return asked_for or not (_loads("numba.np.ufunc.tbbpool") or _loads("numba.np.ufunc.omppool"))


def _loads(module: str) -> bool:
    """Whether a compiled module and the system's libraries that it needs are there."""
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def _asked() -> int:
    text = os.environ.get("NUMBA_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(text) if text.isdigit() else 0


def _usable() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _limit_numba() -> None:
    import numba

    config: Any = numba.config
    numba.set_num_threads(min(get_num_threads(), config.NUMBA_NUM_THREADS))


def _blas_libraries() -> tuple[list[Any], list[Any]]:
    """Controllers of the BLAS copies that NumPy and SciPy call; the two lists are equal where they share one."""
    from threadpoolctl import ThreadpoolController

    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    bundled = [_bundled_by(package, libraries) for package in ("numpy", "scipy")]
    shared = [library for library in libraries if "site-packages" not in library.filepath]
    return bundled[0] or shared, bundled[1] or shared


def _bundled_by(package: str, libraries: list[Any]) -> list[Any]:
    folders = (f"/{package}.libs/", f"/{package}/")
    return [x for x in libraries if any(folder in x.filepath.replace("\\", "/") for folder in folders)]
