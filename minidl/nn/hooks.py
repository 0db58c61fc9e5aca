"""How a module is called: its forward, the hooks around it, and the layer's path in the errors that it raises."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from ..autograd.modes import is_grad_enabled
from ..errors import ArgumentError, MinidlError, MinidlWarning
from ..tensor import HookHandle
from .backward_hooks import BackwardCall
from .registry import Registry


class Hook(NamedTuple):
    """A function to call at a moment: "before" or "after" forward, "before backward" or "after backward"."""

    moment: str
    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


_of_all: OrderedDict[int, Hook] = OrderedDict()
"""The hooks on every module."""


class Calling(Registry):
    """Calls, and hooks on them."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["_hooks"] = OrderedDict()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output: to be defined by the subclass."""
        raise ArgumentError(f"{type(self).__name__} defines no forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooks or _of_all:
                return _call_with_hooks(self, args, kwargs)
            return self.forward(*args, **kwargs)
        except MinidlError as error:
            name_layer(error, self)
            raise

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call hook(module, args) before every forward; what it returns takes the place of the arguments.

        with_kwargs   call hook(module, args, kwargs), which returns both or None
        prepend       before the hooks that are there already
        """
        return _add(self._hooks, Hook("before", hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> HookHandle:
        """Call hook(module, args, output) after every forward; what it returns takes the place of the output.

        with_kwargs   call hook(module, args, kwargs, output)
        always_call   also when forward, or another hook, raises an error
        prepend       before the hooks that are there already
        """
        return _add(self._hooks, Hook("after", hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call hook(module, grad_output) when the gradients of the outputs, a tuple, are there.

        What it returns takes their place.
        """
        return _add(self._hooks, Hook("before backward", hook), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call hook(module, grad_input, grad_output) when the gradients of the positional inputs, a tuple, are there.

        What it returns takes the place of grad_input.  An input that is no tensor or wants no gradient has None; where
        none wants one, the hook is called with the gradients of the outputs alone.
        """
        return _add(self._hooks, Hook("after backward", hook), prepend)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """`register_forward_pre_hook` on every module there is or will be; called before the module's own."""
    return HookHandle(_of_all, Hook("before", hook))


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> HookHandle:
    """`register_forward_hook` on every module there is or will be; called before the module's own."""
    return HookHandle(_of_all, Hook("after", hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """`register_full_backward_pre_hook` on every module there is or will be; called before the module's own."""
    return HookHandle(_of_all, Hook("before backward", hook))


def register_module_full_backward_hook(hook: Callable[..., Any]) -> HookHandle:
    """`register_full_backward_hook` on every module there is or will be; called before the module's own."""
    return HookHandle(_of_all, Hook("after backward", hook))


def _add(hooks: OrderedDict[int, Hook], hook: Hook, prepend: bool) -> HookHandle:
    handle = HookHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(next(reversed(hooks)), last=False)
    return handle


def has_hooks(module: Calling) -> bool:
    """Whether somebody sees what goes into this module or comes out."""
    return bool(module._hooks or _of_all)


# --- calling ----------------------------------------------------------------------------------------------------------


def _call_with_hooks(module: Calling, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    hooks = (*_of_all.values(), *module._hooks.values())
    waiting = [hook for hook in hooks if hook.moment == "after"]
    output = None
    try:
        for hook in hooks:
            if hook.moment == "before":
                args, kwargs = _before(hook, module, args, kwargs)
        listeners = {
            moment: [hook.function for hook in hooks if hook.moment == moment]
            for moment in ("before backward", "after backward")
        }
        backward = BackwardCall(module, *listeners.values()) if any(listeners.values()) and is_grad_enabled() else None
        if backward:
            args = backward.listen_at_inputs(args)
        output = module.forward(*args, **kwargs)
        while waiting:
            output = _after(waiting.pop(0), module, args, kwargs, output)
        return backward.listen_at_outputs(output) if backward else output
    except Exception:
        for hook in waiting:
            if hook.always_call:
                try:
                    output = _after(hook, module, args, kwargs, output)
                except Exception as error:
                    warnings.warn(
                        f"{type(module).__name__}: a forward hook with always_call=True raised {error!r} after "
                        "another error, which is shown",
                        MinidlWarning,
                        stacklevel=3,
                    )
        raise


def _before(
    hook: Hook, module: Calling, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after a pre-hook has seen them."""
    if not hook.with_kwargs:
        result = hook.function(module, args)
        if result is None:
            return args, kwargs
        return result if isinstance(result, tuple) else (result,), kwargs
    result = hook.function(module, args, kwargs)
    if result is None:
        return args, kwargs
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError(
            f"{type(module).__name__}: a forward pre-hook with kwargs returned a {type(result).__name__}; "
            "needs None or a tuple of new args and kwargs"
        )
    return result


def _after(hook: Hook, module: Calling, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    """The output after a hook has seen it."""
    given = (module, args, kwargs, output) if hook.with_kwargs else (module, args, output)
    result = hook.function(*given)
    return output if result is None else result


def name_layer(error: Any, module: Any) -> None:
    """Let the message begin with the path of the layer whose forward failed.

    An error passes all modules that it happened in, from the layer to the model; each knows the path from itself.
    """
    if not hasattr(error, "layer"):
        error.layer = module
        error.reason = str(error)
        return
    for path, inside in module.named_modules():
        if inside is error.layer:
            error.args = (f"{path} ({type(inside).__name__}): {error.reason}",)
            return
