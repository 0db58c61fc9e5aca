"""Whether operations are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`; and whether backward
passes look for NaN: `detect_anomaly`."""

import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class _State(threading.local):
    """Each thread records, or not, on its own."""

    recording = True
    detecting_anomalies = False
    checking_for_nan = False


state = _State()

threads_off: list[None] = []
"""One entry for each thread that does not record.  While there is none, an operator need not ask for the mode of its
own thread, which takes 70 nanoseconds instead of 17.  A thread that ends while it does not record leaves its entry
behind: others then ask in vain."""


def switch_recording(mode: bool) -> bool:
    """Let this thread record, or not; returns whether it did.  At every moment a thread that does not has its entry."""
    before = state.recording
    if before and not mode:
        threads_off.append(None)
        state.recording = False
    elif mode and not before:
        state.recording = True
        threads_off.pop()
    return before


class set_grad_enabled:  # noqa: N801 - PyTorch's name
    """Record operations for gradients, or do not: a context manager and a decorator.

    As in PyTorch, `set_grad_enabled(mode)` already acts when called, so that it can also stand alone as a statement.
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self.before = switch_recording(self.mode)

    def __enter__(self) -> None:
        switch_recording(self.mode)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        switch_recording(self.before)


class _Scope:
    """A recording mode that holds inside a `with` block or a decorated function, nested as deep as one likes."""

    mode: bool

    def __init__(self) -> None:
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(switch_recording(self.mode))

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        switch_recording(self.before.pop())

    def __call__(self, function: F) -> F:
        scope = type(self)

        @functools.wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            with scope():
                return function(*args, **kwargs)

        return cast(F, within)  # of the same signature, which wraps() does not tell

    def __new__(cls, function: F | None = None) -> Any:
        """`@no_grad` works as `@no_grad()` does."""
        scope = super().__new__(cls)
        return scope if function is None else scope(function)


class no_grad(_Scope):  # noqa: N801 - PyTorch's name
    """Nothing inside is recorded: results have `requires_grad=False`."""

    mode = False


class enable_grad(_Scope):  # noqa: N801 - PyTorch's name
    """Operations inside are recorded, also within `no_grad`."""

    mode = True


class inference_mode(no_grad):  # noqa: N801 - PyTorch's name
    """The same as `no_grad`: minidl has nothing further to save by marking tensors as inference-only.

    `inference_mode(False)` is `enable_grad()`.
    """

    def __new__(cls, mode: Any = True) -> Any:
        if callable(mode):
            return super().__new__(cls, mode)
        return super().__new__(cls) if mode else enable_grad()

    def __init__(self, mode: Any = True) -> None:
        super().__init__()


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Let a backward pass stop at the first operation that gives a NaN, with an error that names it; or do not.

    A context manager that, as in PyTorch, already acts when called.  check_nan=False does nothing.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = state.detecting_anomalies, state.checking_for_nan
        state.detecting_anomalies = bool(mode)
        state.checking_for_nan = bool(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        state.detecting_anomalies, state.checking_for_nan = self.before


class detect_anomaly(set_detect_anomaly):  # noqa: N801 - PyTorch's name
    """`set_detect_anomaly(True)`, for a `with` block."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)


def is_anomaly_enabled() -> bool:
    """Whether `set_detect_anomaly` is in force in this thread."""
    return state.detecting_anomalies


def is_anomaly_check_nan_enabled() -> bool:
    """Whether backward passes in this thread stop at NaN."""
    return state.checking_for_nan


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return state.recording
