"""Parametrizations: a parameter becomes the result of a module, computed whenever it is asked for.

    register_parametrization(layer, "weight", Symmetric())

moves `layer.weight` to `layer.parametrizations.weight.original`; from then on `layer.weight` is
`Symmetric()(original)`, and assigning to it goes the other way by `right_inverse`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ...autograd import no_grad
from ...errors import ArgumentError, ShapeError
from ...tensor import Tensor
from ..container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache: dict[tuple[int, str], Any] | None = None
"""Results by module and name, inside `cached()`."""


class ParametrizationList(ModuleList):
    """The modules through which one parameter or buffer is computed, and what it is computed from.

    `original`, or `original0`, `original1`, ... where the right inverse of the first module gives several tensors.
    """

    def __init__(self, modules: Iterable[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        with no_grad():
            source: Any = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    source = module.right_inverse(source)
        self.count = None if isinstance(source, Tensor) else len(source)
        if isinstance(source, Tensor):
            original.array = source.array  # the same object, which an optimizer may hold
            register(self, "original", original)
        else:
            for name, part in zip(self._names(), source, strict=True):
                trained = isinstance(original, Parameter)
                register(self, name, Parameter(part, original.requires_grad) if trained else part)
        if not unsafe:
            _check_alike(self, self(), original)

    def _names(self) -> list[str]:
        return ["original"] if self.count is None else [f"original{i}" for i in range(self.count)]

    def forward(self) -> Any:
        first, *others = self
        result = first(*[getattr(self, name) for name in self._names()])
        for module in others:
            result = module(result)
        return result

    def right_inverse(self, value: Tensor) -> None:
        """Let the result be `value`, as far as the modules can give it: write what they compute it from."""
        with no_grad():
            source: Any = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise ArgumentError(
                        f"{module._get_name()} defines no right_inverse(self, value), so a value that it computes "
                        "cannot be assigned"
                    )
                source = module.right_inverse(source)
            for name, part in zip(self._names(), [source] if self.count is None else source, strict=True):
                getattr(self, name).copy_(part)


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let a parameter or buffer of `module` be computed as parametrization(original).

    A second one on the same name takes the result of the first.  Where the parametrization has a `right_inverse`, the
    value stays as near to what it was as that allows.

    unsafe: do not check that shape and dtype stay the same.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        modules: Any = module.parametrizations[tensor_name]
        if not unsafe:
            before = getattr(module, tensor_name)
            _check_alike(parametrization, parametrization(before), before)
        modules.append(parametrization)
        modules.unsafe |= unsafe
        return module
    original = module._parameters.get(tensor_name, module._buffers.get(tensor_name))
    if original is None:
        raise ArgumentError(
            f"register_parametrization: {module._get_name()} has no parameter or buffer {tensor_name!r}"
        )
    modules = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        cls = type(module)
        module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), {"__module__": cls.__module__})
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _computed(tensor_name))
    module.parametrizations[tensor_name] = modules
    return module


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a parameter of the module, any or this one, is computed."""
    modules = module._modules.get("parametrizations")
    if not isinstance(modules, ModuleDict):
        return False
    return bool(len(modules)) if tensor_name is None else tensor_name in modules


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a computed parameter an ordinary one again.

    leave_parametrized: it keeps its computed value; otherwise the one it was computed from, if that was one tensor.
    """
    if not is_parametrized(module, tensor_name):
        raise ArgumentError(f"remove_parametrizations: {module._get_name()} has none on {tensor_name!r}")
    modules: Any = module.parametrizations[tensor_name]
    if modules.count is not None and not leave_parametrized:
        raise ArgumentError(
            f"remove_parametrizations: {tensor_name!r} is computed from {modules.count} tensors, none of which "
            "can take its place; use leave_parametrized=True"
        )
    with no_grad():
        computed = getattr(module, tensor_name).detach().clone()
    if modules.count is not None:
        first = modules.original0
        original = Parameter(computed, first.requires_grad) if isinstance(first, Parameter) else computed
    else:
        original = modules.original
        if leave_parametrized:
            original.array = computed.array
    cls = type(module)
    delattr(cls, tensor_name)
    del module.parametrizations[tensor_name]
    register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = cls.__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before parametrizations gave it one of its own."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parameter once inside this block, such as a weight that an RNN asks for at every step."""
    global _cache
    outer = _cache
    _cache = {} if outer is None else outer
    try:
        yield
    finally:
        _cache = outer


def register(module: Module, name: str, value: Tensor) -> None:
    """Add a tensor as what it is: a parameter or a buffer."""
    if isinstance(value, Parameter):
        module.register_parameter(name, value)
    else:
        module.register_buffer(name, value)


def _computed(name: str) -> property:
    """The attribute of a parametrized class that stands for the parameter."""

    def get(module: Any) -> Any:
        modules = module.parametrizations[name]
        if _cache is None:
            return modules()
        key = (id(module), name)
        if key not in _cache:
            _cache[key] = modules()
        return _cache[key]

    def put(module: Any, value: Tensor) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(get, put)


def _check_alike(parametrization: Module, result: Any, original: Tensor) -> None:
    if not isinstance(result, Tensor) or result.shape != original.shape or result.dtype != original.dtype:
        got = f"{result.dtype}{tuple(result.shape)}" if isinstance(result, Tensor) else type(result).__name__
        raise ShapeError(
            f"{parametrization._get_name()}: gives {got} in the place of {original.dtype}{tuple(original.shape)}; keep "
            "shape and dtype, or pass unsafe=True"
        )
