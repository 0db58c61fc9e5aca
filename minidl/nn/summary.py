"""summary(model, input): a table of a model's layers, what comes out of them, and what they cost."""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..autograd import no_grad
from ..errors import DtypeError
from ..tensor import Tensor
from .module import Module
from .multiply_adds import multiply_adds
from .parameter import Parameter


@dataclass
class Row:
    """A module of the model, over all of its calls.

    path, kind        where it is, and its class
    output_shapes     of the tensors that its last call gave; none if it was never called
    parameters        elements of the parameters that it has itself, shared ones in the first row that has them;
                      `trainable` of them want a gradient
    multiply_adds     None for a module that only calls others, or that no rule counts
    output_bytes      memory of what it gave; 0 for a module that calls others, whose outputs these are
    state_bytes       memory of its parameters and buffers
    """

    path: str
    kind: str
    calls: int = 0
    output_shapes: list[tuple[int, ...]] = field(default_factory=list)
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int | None = None
    output_bytes: int = 0
    state_bytes: int = 0


class Summary:
    """What `summary` found: `rows`, a Row a module, and totals; as a table when printed."""

    def __init__(self, rows: list[Row], input_bytes: int) -> None:
        self.rows = rows
        self.input_bytes = input_bytes
        self.parameters = sum(row.parameters for row in rows)
        self.trainable = sum(row.trainable for row in rows)
        self.multiply_adds = sum(row.multiply_adds or 0 for row in rows)
        self.output_bytes = sum(row.output_bytes for row in rows)
        self.state_bytes = sum(row.state_bytes for row in rows)

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title=self.rows[0].kind, caption=self._caption(), caption_justify="left")
        for heading in ("layer", "class", "output shape"):
            table.add_column(heading)
        for heading in ("parameters", "multiply-adds", "output", "weights"):
            table.add_column(heading, justify="right")
        for row in self.rows:
            table.add_row(*_cells(row))
        table.add_section()
        total = (f"{self.parameters:,}", f"{self.multiply_adds:,}", _size(self.output_bytes), _size(self.state_bytes))
        table.add_row("total", "", "", *total)
        return table

    def _caption(self) -> str:
        memory = _size(self.input_bytes + self.output_bytes + self.state_bytes)
        frozen = self.parameters - self.trainable
        return (
            f"{self.trainable:,} parameters are trained, {frozen:,} are frozen.\n"
            f"Input, outputs and weights take {memory}."
        )

    def __str__(self) -> str:
        from rich.console import Console

        text = io.StringIO()
        Console(file=text, width=max(100, Console().width)).print(self)
        return text.getvalue().rstrip()

    __repr__ = __str__


def summary(model: Module, input: Any, **kwargs: Any) -> Summary:
    """Call the model once and tell of each layer: output shape, parameters, multiply-adds, memory.

    input: a tensor, or a tuple of all positional arguments; kwargs: arguments by name.  The call is in evaluation and
    records no gradients, so nothing of the model changes.  Multiply-adds are counted for what is called as a layer
    (rules: multiply_adds.py), not for functions that a `forward` calls itself.
    """
    if not isinstance(model, Module):
        raise DtypeError(f"summary: got a {type(model).__name__}, needs a Module")
    args = input if isinstance(input, tuple) else (input,)
    rows = {module: Row(path, type(module).__name__) for path, module in model.named_modules()}
    _count_weights(rows)
    modes = [(module, module.training) for module in rows]
    handles = [module.register_forward_hook(_counting(row), with_kwargs=True) for module, row in rows.items()]
    try:
        with no_grad():
            model.eval()(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    for module, row in rows.items():
        if any(rows[inside].calls for inside in module.modules() if inside is not module):
            row.output_bytes = 0
    return Summary(list(rows.values()), _bytes((args, kwargs)))


def _counting(row: Row) -> Any:
    """The hook that adds one call of a module to its row."""

    def hook(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        row.calls += 1
        row.output_shapes = [tuple(tensor.shape) for tensor in _tensors(output)]
        row.output_bytes += _bytes(output)
        in_order = inspect.signature(module.forward).bind(*args, **kwargs).args
        cost = multiply_adds(module, in_order, output)
        if cost is not None:
            row.multiply_adds = (row.multiply_adds or 0) + cost

    return hook


def _count_weights(rows: dict[Module, Row]) -> None:
    counted: set[Tensor] = set()
    for module, row in rows.items():
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            if tensor not in counted:
                counted.add(tensor)
                row.state_bytes += tensor.array.nbytes
                if isinstance(tensor, Parameter):
                    row.parameters += tensor.numel()
                    row.trainable += tensor.numel() if tensor.requires_grad else 0


def _tensors(values: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (tuple, list, Mapping)):
        for value in values.values() if isinstance(values, Mapping) else values:
            yield from _tensors(value)


def _bytes(values: Any) -> int:
    return sum(tensor.array.nbytes for tensor in _tensors(values))


def _cells(row: Row) -> tuple[str, ...]:
    shapes = ", ".join(map(str, row.output_shapes)) if row.calls else "not called"
    return (
        row.path,
        row.kind if row.calls < 2 else f"{row.kind}, {row.calls} calls",
        shapes,
        f"{row.parameters:,}" if row.parameters else "",
        "" if row.multiply_adds is None else f"{row.multiply_adds:,}",
        _size(row.output_bytes) if row.output_bytes else "",
        _size(row.state_bytes) if row.state_bytes else "",
    )


def _size(count: int) -> str:
    """Bytes in words, such as 1.5 MiB."""
    power = min((max(count, 1).bit_length() - 1) // 10, 3)
    return f"{count} B" if power == 0 else f"{count / 1024**power:.1f} {('KiB', 'MiB', 'GiB')[power - 1]}"
