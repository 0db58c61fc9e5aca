"""PyTorch's own sample tables, run through minidl.

`python tests/ops/pytorch_tables.py [name ...]` prints what differs, sample by sample; `test_pytorch_tables_parity.py`
asks for no difference.
"""

from __future__ import annotations

import math
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import minidl
from minidl.nn import functional as F

SMALL = 3000
"""Elements; larger samples cost time and show nothing new."""

CLOSE = {"float64": 1e-7, "float32": 2e-4, "float16": 5e-3}


RANDOM = re.compile(
    r"^(new_)?empty|rand|normal$|bernoulli|multinomial|uniform|exponential|cauchy|geometric|dropout|rrelu|fractional"
)
"""Operators whose values are random, or whatever memory holds: only shape and dtype can agree."""


SWAPPED = {
    "polygamma": lambda x, n: minidl.polygamma(n, x),
    "special.polygamma": lambda x, n: minidl.special.polygamma(n, x),
    "nn.functional.embedding": lambda weight, rows, **options: F.embedding(rows, weight, **options),
    "nn.functional.embedding_bag": lambda weight, rows, **options: F.embedding_bag(rows, weight, **options),
    "linalg.pinv singular": lambda a, b: minidl.linalg.pinv(a @ b.mT),
    "svd_lowrank": lambda a, b, **options: minidl.svd_lowrank(a @ b.mT, **options),
    "pca_lowrank": lambda a, b, **options: minidl.pca_lowrank(a @ b.mT, **options),
    "einsum": lambda operands, equation: minidl.einsum(equation, operands),
    "linalg.lstsq grad_oriented": lambda *given, **options: minidl.linalg.lstsq(*given, **options)[:2],
    "_segment_reduce": minidl.segment_reduce,
    "zero_": lambda x: x.clone().zero_(),
    "where": lambda x, condition, other: minidl.where(condition, x, other),
}
"""Operators that PyTorch's tables call with their arguments in another order."""


IGNORED = (torch.layout, torch.memory_format)
"""What is said of memory there, and left out here."""


def table() -> list[Any]:
    """PyTorch's operators; importing them takes seconds."""
    from torch.testing._internal.common_methods_invocations import op_db

    return op_db


def find(name: str) -> Any:
    """minidl's function of a PyTorch name, or else the method; None if there is neither."""
    if name in SWAPPED:
        return SWAPPED[name]
    place: Any = minidl
    for part in name.split("."):
        place = getattr(place, part, None)
        if place is None:
            place = getattr(minidl.Tensor, name, None) or getattr(minidl.Tensor, f"{name}_", None)
            break
    found = place if callable(place) else getattr(minidl.Tensor, name, None)
    return found.fget if isinstance(found, property) else found


def function_of(op: Any) -> Any:
    """minidl's function for one entry of the tables; None if there is none."""
    named = f"{op.name} {op.variant_test_name}"
    return SWAPPED.get(named) or find(f"{op.name}_" if op.variant_test_name == "in_place" else op.name)


def translated(value: Any) -> Any:
    """A PyTorch argument as minidl takes it."""
    if isinstance(value, torch.Tensor):
        made = minidl.from_numpy(value.numpy(force=True))
        return made.requires_grad_() if value.requires_grad else made
    if isinstance(value, torch.dtype):
        return getattr(minidl, str(value).removeprefix("torch."), None)
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, torch.nn.PairwiseDistance):
        return F.pairwise_distance
    if callable(value) and hasattr(torch.nn.functional, getattr(value, "__name__", "")):
        return getattr(F, value.__name__)
    if isinstance(value, (tuple, list)):
        return type(value)(translated(part) for part in value) if type(value) in (tuple, list) else tuple(value)
    if isinstance(value, dict):
        return {key: translated(part) for key, part in value.items() if not isinstance(part, IGNORED)}
    return value


def copied(value: Any) -> Any:
    """Fresh leaves, so that two calls share nothing."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(copied(part) for part in value)
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    return value


def tensors(T: Any, value: Any) -> Iterator[Any]:
    """All tensors inside nested results or arguments, in order."""
    if isinstance(value, T.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors(T, part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from tensors(T, part)


def difference(mine: Any, other: Any, close: float) -> str:
    """What differs between two results; empty if nothing.  Values are left out for a `close` of infinity."""
    ours, theirs = list(tensors(minidl, mine)), list(tensors(torch, other))
    if len(ours) != len(theirs):
        return f"{len(ours)} results, PyTorch has {len(theirs)}"
    if not theirs and not isinstance(other, (tuple, list, torch.dtype)) and mine != other:
        return f"{mine!r}, PyTorch has {other!r}"
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if tuple(a.shape) != tuple(b.shape):
            return f"result {i}: shape {tuple(a.shape)}, PyTorch has {tuple(b.shape)}"
        if str(a.dtype) != str(b.dtype).removeprefix("torch."):
            return f"result {i}: {a.dtype}, PyTorch has {b.dtype}"
        if a.requires_grad != b.requires_grad:
            return f"result {i}: requires_grad {a.requires_grad}, PyTorch has {b.requires_grad}"
        x, y = a.detach().numpy(), b.numpy(force=True)
        if math.isinf(close):
            continue
        scale = max(1.0, float(np.abs(y[np.isfinite(y)]).max(initial=0))) if y.dtype.kind == "f" else 1
        near = max(close, CLOSE[y.dtype.name]) if y.dtype.kind == "f" else close
        if not np.allclose(x, y, rtol=near, atol=near * scale, equal_nan=True):
            return f"result {i}: values differ: {x.reshape(-1)[:4]} PyTorch {y.reshape(-1)[:4]}"
    return ""


def slopes(T: Any, results: list[Any], leaves: list[Any], create_graph: bool) -> list[Any]:
    """The gradients of the results, each weighted by fixed numbers, for the leaves."""
    roots = [r for r in results if r.requires_grad]
    if not roots:
        return [T.zeros_like(x) for x in leaves]
    made = torch.from_numpy if T is torch else minidl.from_numpy
    rng = np.random.default_rng(3)
    weights = [
        made(np.asarray(rng.uniform(0.5, 1.5, tuple(r.shape)), str(r.dtype).removeprefix("torch."))) for r in roots
    ]
    grads = T.autograd.grad(roots, leaves, weights, create_graph=create_graph, allow_unused=True)
    return [T.zeros_like(x) if g is None else g for g, x in zip(grads, leaves, strict=True)]


def shown(value: Any) -> str:
    """An argument, tensors by dtype and shape."""
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{tuple(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(shown(part) for part in value)})"
    if isinstance(value, dict):
        return ", ".join(f"{key}={shown(part)}" for key, part in value.items())
    return repr(value)


def compare_forms(op: Any, sample: Any, dtype: str) -> str:
    """What differs between the method, or the in-place method, and PyTorch's; empty if nothing."""
    for form, kind in ((op.method_variant, "method"), (op.inplace_variant, "in-place method")):
        if (
            form is None
            or getattr(form, "__name__", "<lambda>") == "<lambda>"
            or not isinstance(sample.input, torch.Tensor)
        ):
            continue
        name = form.__name__
        method = getattr(minidl.Tensor, name, None)
        if method is None:
            return f"no {kind} {name}"
        given = copied((sample.input.detach(), *sample.args)), copied(sample.kwargs)
        args, kwargs = translated(copied(given[0])), translated(copied(given[1]))
        with torch.no_grad(), minidl.no_grad():
            try:
                other = form(*given[0], **given[1])
            except RuntimeError:
                continue  # broadcasting or a cast that does not fit in place
            try:
                mine = method(*args, **kwargs)
            except Exception as error:
                return f"{kind} {name}: {type(error).__name__}: {str(error)[:160]}"
            if sample.output_process_fn_grad is not None:
                other, mine = sample.output_process_fn_grad(other), sample.output_process_fn_grad(mine)
            found = difference(mine, other, math.inf if RANDOM.search(op.name) else CLOSE.get(dtype, 0))
        if found:
            return f"{kind} {name}: {found}"
    return ""


def compare(op: Any, function: Any, sample: Any, dtype: str, order: int) -> str:
    """What differs for one sample, in values or in gradients up to `order`; empty if nothing."""
    random = RANDOM.search(op.name) or sample.kwargs.get("dropout_p")
    random = random or ("attention" in op.name and sample.kwargs.get("training"))
    random = random or sample.kwargs.get("M") is not None  # of a higher rank than svd_lowrank is asked for
    close = math.inf if random else CLOSE.get(dtype, 0)
    given = copied((sample.input, *sample.args)), copied(sample.kwargs)
    args, kwargs = translated(given[0]), translated(given[1])
    other = op.op(*given[0], **given[1])
    try:
        mine = function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:160]}"
    if sample.output_process_fn_grad is not None:
        other, mine = sample.output_process_fn_grad(other), sample.output_process_fn_grad(mine)
    found = difference(mine, other, close)
    if found or not order:
        return found
    results = [list(tensors(T, r)) for T, r in ((minidl, mine), (torch, other))]
    leaves = [
        [x for x in tensors(T, (a, k)) if x.requires_grad] for T, (a, k) in ((minidl, (args, kwargs)), (torch, given))
    ]
    for n in range(1, order + 1):
        if math.isinf(close):
            break
        try:
            results[1] = slopes(torch, results[1], leaves[1], n < order)
        except (RuntimeError, NotImplementedError):
            return ""  # PyTorch itself has no derivative of this order
        try:
            results[0] = slopes(minidl, results[0], leaves[0], n < order)
        except Exception as error:
            return f"derivative {n}: {type(error).__name__}: {str(error)[:160]}"
        if n < order:
            wanted = [[r.requires_grad for r in part] for part in results]
            results = [[r for r, a, b in zip(part, *wanted, strict=True) if a or b] for part in results]
            for part in results:
                part[:] = [r * 1 for r in part]
        found = difference([r.detach() for r in results[0]], [r.detach() for r in results[1]], close * 10)
        if found:
            return f"derivative {n}: {found}"
    return ""


def samples(op: Any, dtype: str, gradient: bool, most: int) -> list[Any]:
    """At most `most` small samples without complex numbers, spread over all that the table has."""
    drawn = []
    for sample in op.sample_inputs("cpu", getattr(torch, dtype), requires_grad=gradient):
        given = list(tensors(torch, ((sample.input, *sample.args), sample.kwargs)))
        if op.variant_test_name == "partial_views":
            break  # of memory beyond the tensor's own
        if all(t.numel() <= SMALL and not t.is_complex() and t.layout == torch.strided for t in given):
            drawn.append(sample)
        if len(drawn) >= 400:
            break
    step = max(1, len(drawn) // most)
    return drawn[::step]


def differences(op: Any, dtype: str, most: int = 40) -> list[str]:
    """What differs, a line a sample."""
    function = function_of(op)
    if function is None:
        return ["absent"]
    if getattr(torch, dtype) not in op.supported_dtypes("cpu"):
        return []
    gradient = bool(dtype.startswith("float") and op.supports_autograd)
    order = (2 if op.supports_gradgrad else 1) if gradient and dtype == "float64" else int(gradient)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = []
        for sample in samples(op, dtype, gradient, most):
            try:
                line = compare(op, function, sample, dtype, order) or compare_forms(op, sample, dtype)
            except RuntimeError as error:
                line = "" if "not implemented for" in str(error) else f"harness: {error}"
            if line:
                found.append(f"{line}   <- {shown((sample.input, *sample.args))[:200]} {shown(sample.kwargs)[:200]}")
    return found


def main(names: list[str]) -> None:
    """Print the differences of the operators named, or of all that minidl has."""
    good = 0
    for op in table():
        if (names and op.name not in names) or (not names and find(op.name) is None):
            continue
        for dtype in ("float64", "float32", "int64", "bool"):
            found = differences(op, dtype)
            good += not found
            for line in found[:2]:
                print(f"{op.name} {op.variant_test_name} {dtype}: {line}")
            if len(found) > 2:
                print(f"{op.name} {op.variant_test_name} {dtype}: {len(found)} in all")
    print(f"{good} operators and dtypes without a difference")


if __name__ == "__main__":
    main(sys.argv[1:])
