"""L-BFGS (Liu & Nocedal 1989), by PyTorch's rules for the length of steps and for when to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..autograd import enable_grad
from ..autograd.calling import wrap
from ..errors import ArgumentError
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, Params, given
from .options import AT_LEAST_0, Range

LEAST_CURVATURE = 1e-10
"""A step along which the gradient changes less is not remembered."""


class LBFGS(Optimizer):
    """w = w + t * d, where d = -H @ g with an inverse Hessian H that the last `history_size` steps suggest.

    One `step(closure)` makes up to `max_iter` iterations, and calls the closure up to about `max_eval` times (by
    default 1.25 * max_iter).

    tolerance_grad     stop when no element of the gradient is greater
    tolerance_change   stop when neither a weight nor the loss changes by more
    line_search_fn     None: t = lr (less in the first iteration); "strong_wolfe": searched from there

    Its state is that of the first parameter, and all parameters are one group.
    """

    ranges: ClassVar[dict[str, Range]] = {
        "lr": AT_LEAST_0,
        "max_iter": Range(1),
        "max_eval": Range(1),
        "tolerance_grad": AT_LEAST_0,
        "tolerance_change": AT_LEAST_0,
        "history_size": Range(1),
    }

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(params, given(locals()))

    def check(self, group: dict[str, Any]) -> None:
        super().check(group)
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ArgumentError(f"LBFGS: line_search_fn={group['line_search_fn']!r}; needs None or 'strong_wolfe'")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ArgumentError("LBFGS: it has no parameter groups; give all parameters in one list")
        super().add_param_group(param_group)
        if not self.param_groups[0]["params"]:
            raise ArgumentError("LBFGS: got no parameters to train; is model.parameters() used up?")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Minimise; returns the loss before.  `closure` sets gradients to zero, computes the loss and its gradients."""
        if closure is None:
            raise ArgumentError("LBFGS.step: needs a closure that computes the loss and its gradients, and returns it")
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        for name in ("func_evals", "n_iter"):
            state.setdefault(name, 0)
        first_loss, here = self._evaluated(closure)
        calls = 1
        state["func_evals"] += 1
        if _is_small(here.gradient, group["tolerance_grad"]):
            return first_loss
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(here.gradient, state, group["history_size"])
            state.update(d=wrap(direction), prev_flat_grad=wrap(here.gradient), prev_loss=here.loss)
            t: Any = float(group["lr"])
            if state["n_iter"] == 1:
                t *= min(1.0, 1.0 / np.abs(here.gradient).sum())
            state["t"] = float(t)
            before = here._replace(t=0, slope=here.gradient.dot(direction))
            if before.slope > -group["tolerance_change"]:
                break
            if group["line_search_fn"] is None:
                self._move(t, direction)
                used = int(iteration < group["max_iter"])  # the last iteration's result need not be known
                here = self._evaluated(closure)[1] if used else here
            else:
                here, used = self._searched(closure, before, t, direction, group, group["max_eval"] - calls)
                t = here.t
                state["t"] = float(t)
                self._move(t, direction)
            calls += used
            state["func_evals"] += used
            stands = _is_small(t * direction, group["tolerance_change"])
            settled = abs(here.loss - before.loss) < group["tolerance_change"]
            flat = _is_small(here.gradient, group["tolerance_grad"])
            if calls >= group["max_eval"] or flat or stands or settled:
                break
        return first_loss

    def _direction(self, gradient: np.ndarray, state: dict[str, Any], history_size: int) -> np.ndarray:
        """Remember the last step, if the loss is curved along it, and say where to go."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -gradient
        change, step = gradient - state["prev_flat_grad"].array, state["d"].array * float(state["t"])
        curvature = change.dot(step)
        if curvature > LEAST_CURVATURE:
            memory = [(state["old_dirs"], change), (state["old_stps"], step), (state["ro"], 1.0 / curvature)]
            for remembered, new in memory:
                del remembered[: len(remembered) - history_size + 1]
                remembered.append(wrap(new))
            state["H_diag"] = wrap(curvature / change.dot(change))
        changes, steps, factors = ([x.array for x in state[name]] for name in ("old_dirs", "old_stps", "ro"))
        return kernels.of(gradient).lbfgs_direction(gradient, steps, changes, factors, float(state["H_diag"]))

    def _searched(
        self, closure: Callable[[], Any], before: Point, t: Any, direction: np.ndarray, group: dict[str, Any], most: int
    ) -> tuple[Point, int]:
        """A point along the direction that the line search is content with; the parameters stay where they were."""
        home = [p.array.copy() for p in group["params"]]

        def evaluate(distance: Any) -> Point:
            self._move(distance, direction)
            there = self._evaluated(closure)[1]
            for p, value in zip(group["params"], home, strict=True):
                p.array[...] = value
            return there._replace(t=distance, slope=there.gradient.dot(direction))

        return strong_wolfe(evaluate, before, t, np.abs(direction).max(), group["tolerance_change"], most)

    def _evaluated(self, closure: Callable[[], Any]) -> tuple[Any, Point]:
        """The loss, as the closure gave it, and what it and the gradients are here."""
        with enable_grad():
            loss = closure()
        parts = [
            np.zeros(p.array.size, p.array.dtype) if p.grad is None else p.grad.array.reshape(-1)
            for p in self.param_groups[0]["params"]
        ]
        return loss, Point(0, float(loss), np.concatenate(parts), None)

    def _move(self, t: Any, direction: np.ndarray) -> None:
        """Add t * direction to the parameters."""
        first = 0
        for p in self.param_groups[0]["params"]:
            last = first + p.array.size
            part = direction[first:last].reshape(p.array.shape)
            kernels.of(p.array).gradient_descent_step(p.array, part, 1, 0, 1, -t)
            p.version[0] += 1
            first = last


def _is_small(x: np.ndarray, tolerance: float) -> bool:
    """Whether no element is greater than `tolerance`."""
    return bool(np.abs(x).max(initial=0) <= tolerance)
