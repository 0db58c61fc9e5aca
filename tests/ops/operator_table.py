"""docs/operators.md, made from what there is:  python tests/ops/operator_table.py

A row for each operator of PyTorch's own tables and of torch.nn.functional: whether minidl has it, how it differs or why
it is absent, and to which order its derivatives are tested.  A test fails when the page is stale.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from operator_samples import SAMPLES
from pytorch_tables import find, table

import minidl

PAGE = Path(__file__).parents[2] / "docs" / "operators.md"

ABSENT = [
    (r"^fft\.|^cfloat$|^chalf$|^cdouble$|complex|^polar$|stft$|^linalg\.eig(vals)?$|^imag$", "complex numbers"),
    (r"sparse", "sparse tensors"),
    (r"^bfloat16$", "NumPy has no bfloat16"),
    (r"^jiterator|^torch\.ops\.|^torch\._|^_|_backward|^hash_tensor$|^slice$", "PyTorch's own internals"),
    (r"_mm$|scaled_mm|assert_int_or_pair|^view_as_real$", "PyTorch's own internals"),
]
"""Why operators are absent, by their names."""

DIFFERENT = {
    "topk": "of equal elements another index may be chosen",
    "kthvalue": "of equal elements another index may be chosen",
    "mode": "of equal elements another index may be chosen",
    "cholesky_solve": "the gradient is that of the triangle that is read",
    "cholesky_inverse": "the gradient is that of the triangle that is read",
    "index_reduce prod": "a product over two zeros has no second derivative",
    "scatter_reduce prod": "a product over two zeros has no second derivative",
    "linalg.norm subgradients_at_zero": "the second derivative at zero is 0, not NaN",
    "special.bessel_j0": "SciPy's values, which have some digits more",
    "special.bessel_y1": "SciPy's values, which have some digits more",
    "nn.functional.linear_cross_entropy chunked": "the chunked form, too, has second derivatives",
    "nn.functional.linear_cross_entropy chunked_none": "the chunked form, too, has second derivatives",
    "masked.logaddexp": "derivatives are finite where something is masked out, not NaN",
    "addbmm": "in place it refuses a tensor that the result does not fit, which PyTorch gives another size",
    "as_strided_scatter": "overlapping memory: PyTorch's own gradients depend on the dtype",
}
"""How operators differ, by name and, where it has one, the variant that PyTorch's tables give it."""


def names() -> list[str]:
    """PyTorch's names: of its tables, and of torch.nn.functional."""
    functional = {
        f"nn.functional.{name}"
        for name, value in vars(torch.nn.functional).items()
        if callable(value)
        and not name.startswith("_")
        and name.islower()
        and not name.endswith("_")
        and (getattr(value, "__module__", None) in ("torch.nn.functional", None) or "torch._C" in repr(value))
    }
    known = {op.name for op in table()} | functional
    return sorted(known, key=lambda name: (name.count("."), name.rpartition(".")[0], name))


class Watched:
    """A namespace that notes what is taken from it."""

    def __init__(self, taken: set[str], place: Any, path: str = "") -> None:
        self._taken, self._place, self._path = taken, place, path

    def __getattr__(self, name: str) -> Any:
        value, path = getattr(self._place, name), f"{self._path}{name}"
        if isinstance(value, type(minidl)):
            return Watched(self._taken, value, f"{path}.")
        self._taken.add(path)
        return value


def tested_to_third_order() -> set[str]:
    """The operators that the samples call, or are named after."""
    taken: set[str] = set()
    for sample in SAMPLES:
        if sample.differentiable and sample.order > 2:
            sample.program(Watched(taken, minidl), *[minidl.from_numpy(x.copy()) for x in sample.inputs])
            taken.add(sample.name.split()[0])
    return taken


def row(name: str, orders: dict[str, int], third: set[str]) -> str:
    """One line of the page."""
    if find(name) is None:
        reason = next((reason for pattern, reason in ABSENT if re.search(pattern, name)), "not there yet")
        return f"| `{name}` | absent: {reason} | |"
    different = next((how for variant, how in DIFFERENT.items() if variant.split()[0] == name), None)
    status = f"differs: {different}" if different else "same"
    deepest = 3 if {name, name.rpartition(".")[2]} & third else orders.get(name, 0)
    return f"| `{name}` | {status} | {deepest or ''} |"


def page() -> str:
    """The whole page."""
    orders: dict[str, int] = {}
    for op in table():
        order = (2 if op.supports_gradgrad else 1) if op.supports_autograd else 0
        orders[op.name] = max(order, orders.get(op.name, 0))
    third = tested_to_third_order()
    rows = [row(name, orders, third) for name in names()]
    count = sum("| absent" not in line for line in rows)
    return "\n".join([
        "# Operators",
        "",
        "Made by `python tests/ops/operator_table.py`; a test fails when it is stale.",
        "",
        f"{count} of the {len(rows)} names in PyTorch's own tables of operators and in `torch.nn.functional` are here.",
        "Methods and in-place forms go with them.  What differs in general stands in [differences.md](differences.md).",
        "The last column tells to which order derivatives are tested: 3 against finite differences and PyTorch, or 1",
        "and 2 against PyTorch.",
        "",
        "| PyTorch's name | minidl | derivatives |",
        "|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page())
