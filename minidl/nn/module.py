"""Module: parameters, buffers and sub-modules under names, and the walks over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .. import dtypes
from ..errors import ArgumentError, CheckpointError, DeviceError, DtypeError
from ..tensor import Tensor
from .parameter import Parameter

_KINDS = {"_parameters": ("parameter", "Parameter"), "_buffers": ("buffer", "Tensor"), "_modules": ("module", "Module")}
"""What a module registers: the dict it is kept in, its noun and its class."""


class Module:
    """The base of every layer and model.

    Assigning a Parameter or a Module to an attribute registers it; `register_buffer` keeps a tensor that is part of the
    state but not trained.  Subclasses define `forward`.
    """

    training: bool

    def __init__(self) -> None:
        self.__dict__.update(_parameters={}, _buffers={}, _modules={}, training=True)
        self.__dict__["_transient"] = set()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output: to be defined by the subclass."""
        raise ArgumentError(f"{type(self).__name__} defines no forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # --- registration -----------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        if "_parameters" not in state:
            raise ArgumentError(f"{type(self).__name__}: call super().__init__() before setting {name!r}")
        if isinstance(value, Parameter):
            self._register("_parameters", name, value)
        elif isinstance(value, Module):
            self._register("_modules", name, value)
        else:
            kind = next((kind for kind in _KINDS if name in state[kind]), None)
            if kind is None:
                state[name] = value
            elif value is None or (kind == "_buffers" and isinstance(value, Tensor)):
                state[kind][name] = value
            else:
                noun, needed = _KINDS[kind]
                raise ArgumentError(
                    f"{type(self).__name__}.{name} is a {noun} and got a {type(value).__name__}; "
                    f"assign a {needed} or None, or `del` it first"
                )

    def _register(self, kind: str, name: str, value: Any) -> None:
        if not name or "." in name:
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} cannot name a {_KINDS[kind][0]}: a path is cut at dots"
            )
        for other in _KINDS:
            if other != kind:
                self.__dict__[other].pop(name, None)
        self.__dict__.pop(name, None)
        self._transient.discard(name)
        self.__dict__[kind][name] = value

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        for kind in _KINDS:
            if name in state.get(kind, ()):
                return state[kind][name]
        why = "" if "_parameters" in state else "; super().__init__() was not called"
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{why}")

    def __delattr__(self, name: str) -> None:
        for kind in _KINDS:
            if name in self.__dict__.get(kind, ()):
                del self.__dict__[kind][name]
                return
        super().__delattr__(name)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Add a parameter; None marks one that this layer does without."""
        self._check_kind("register_parameter", name, parameter, Parameter)
        self._register("_parameters", name, parameter)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state, but is not trained; not `persistent`: and is not saved."""
        self._check_kind("register_buffer", name, tensor, Tensor)
        self._register("_buffers", name, tensor)
        if not persistent:
            self._transient.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a sub-module under `name`."""
        self._check_kind("add_module", name, module, Module)
        self._register("_modules", name, module)

    def _check_kind(self, method: str, name: str, value: Any, needed: type) -> None:
        if value is not None and not isinstance(value, needed):
            raise DtypeError(
                f"{type(self).__name__}.{method}: {name!r} is a {type(value).__name__}; "
                f"needs a {needed.__name__} or None"
            )

    # --- walks --------------------------------------------------------------------------------------------------------

    def named_modules(self, prefix: str = "", _seen: set[int] | None = None) -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with their paths, each once."""
        seen = set() if _seen is None else _seen
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, each once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct sub-modules with their names, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct sub-modules."""
        for _, module in self.named_children():
            yield module

    def _named(self, kind: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in getattr(module, kind).items():
                if value is not None and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths, a shared one once."""
        return self._named("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, a shared one once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths."""
        return self._named("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as "features.0"."""
        module = self
        for name in target.split(".") if target else []:
            found = module._modules.get(name)
            if found is None:
                raise ArgumentError(f"{type(self).__name__} has no module {target!r}: {name!r} is missing")
            module = found
        return module

    # --- modes --------------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Any:
        """Let dropout drop and batch norm use its batch, here and inside."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Any:
        """The opposite of `train()`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Train all parameters, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients; or set them to zero in place."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    def apply(self, function: Callable[[Module], Any]) -> Any:
        """Call `function` on every module inside, then on this one."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: bool = False,
        memory_format: Any = None,
    ) -> Any:
        """All floating parameters, their gradients and buffers in another dtype; the device is always the CPU.

        memory_format    makes no difference: the kernels have an order of their own
        """
        for arg in args:
            if isinstance(arg, str) and arg.split(":")[0] in ("cpu", "cuda", "mps"):
                device = arg
            else:
                dtype = arg
        if device is not None and str(device) != "cpu":
            raise DeviceError(f"to: device {str(device)!r} is not available: this version computes on the CPU")
        if dtype is not None:
            chosen = dtypes.as_dtype(dtype)
            if chosen.kind != "f":
                raise DtypeError(f"{type(self).__name__}.to: got {chosen}, needs a floating dtype, as gradients do")
            for tensor in (*self.parameters(), *self.buffers()):
                if tensor.is_floating_point():
                    tensor.array = tensor.array.astype(chosen)
                    tensor.grad = None if tensor.grad is None else tensor.grad.to(chosen)
        return self

    def float(self) -> Any:
        """In float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """In float64."""
        return self.to(dtypes.float64)

    # --- state -----------------------------------------------------------------------------------------------------

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """All parameters and persistent buffers by path, sharing memory with the model; shared ones by every path."""
        state: dict[str, Tensor] = {}
        for name, value in (*self._parameters.items(), *self._buffers.items()):
            if value is not None and name not in self._transient:
                state[prefix + name] = value.detach()
        for name, module in self._modules.items():
            if module is not None:
                state.update(module.state_dict(f"{prefix}{name}."))
        return state

    def load_state_dict(self, state_dict: dict[str, Tensor], strict: bool = True) -> Any:
        """Copy values into the parameters and buffers.  Returns (missing_keys, unexpected_keys).

        Raises CheckpointError, before anything is changed, naming every key that is missing or unexpected (these only
        if `strict`) or has another shape.
        """
        if not isinstance(state_dict, Mapping):
            raise CheckpointError(
                f"load_state_dict: got a {type(state_dict).__name__}, needs a dict of tensors, as state_dict() gives"
            )
        own = self.state_dict()
        missing = [key for key in own if key not in state_dict]
        unexpected = [key for key in state_dict if key not in own]
        shared = [key for key in own if key in state_dict]
        misshapen = [
            f"{key} ({_shape(state_dict[key])} in the file, {_shape(own[key])} in the model)"
            for key in shared
            if _shape(state_dict[key]) != _shape(own[key])
        ]
        faults = {"misshapen": misshapen}
        if strict:
            faults = {"missing": missing, "unexpected": unexpected, **faults}
        if any(faults.values()):
            report = "; ".join(f"{kind}: {', '.join(keys)}" for kind, keys in faults.items() if keys)
            raise CheckpointError(
                f"load_state_dict: the state is of another model than {type(self).__name__}: {report}"
            )
        for key in shared:
            own[key].copy_(state_dict[key])
        return missing, unexpected

    # --- printing ---------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses: to be defined by layers."""
        return ""

    def __repr__(self) -> str:
        if not self._modules:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = [self.extra_repr()] if self.extra_repr() else []
        for name, module in self._modules.items():
            lines.append(f"({name}): " + repr(module).replace("\n", "\n  "))
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


def _shape(value: Any) -> Any:
    """The shape of a tensor or array; the type's name for what is neither."""
    return tuple(value.shape) if hasattr(value, "shape") else type(value).__name__
