"""`vmap`: a function of one sample, called for each sample of a batch.

PyTorch turns the function's operators into operators on batches.  Here it is a loop: the results and the gradients are
the same, and each sample costs a call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from ..autograd.graph import Variable
from ..errors import ArgumentError, DtypeError, ShapeError
from ..random import get_rng_state, set_rng_state
from .indexing import select
from .joining import stack

_RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that calls `func` for each sample of its tensors, and stacks the results.

    in_dims       the dimension of the samples in each argument, None for what is the same for all; nested as they are.
                  Arguments by name are the same for all.
    out_dims      where it is put in the results
    randomness    "different" numbers for each sample, the "same", or "error" if the default generator is drawn from
    chunk_size    PyTorch's bound of memory, which a loop does not need
    """
    if randomness not in _RANDOMNESS:
        raise ArgumentError(f"vmap: randomness {randomness!r}; needs one of {', '.join(_RANDOMNESS)}")
    if chunk_size is not None and chunk_size < 1:
        raise ArgumentError(f"vmap: chunk_size {chunk_size}; needs at least 1")

    @functools.wraps(func)
    def mapped(*args: Any, **named: Any) -> Any:
        dims = _matched(in_dims, args)
        sizes = {x.shape[dim] for dim, x in _pairs(dims, args) if dim is not None}
        if len(sizes) != 1 or sizes == {0}:
            found = f"sizes {sorted(sizes)}" if sizes else "no dimension to map over"
            raise ShapeError(f"vmap: {found} in the arguments; needs one size, of at least 1, in all that are mapped")
        state = get_rng_state()
        results = []
        for i in range(sizes.pop()):
            if randomness == "same":
                set_rng_state(state)
            results.append(func(*_sample(dims, args, i), **named))
            if randomness == "error" and get_rng_state() != state:
                raise ArgumentError(
                    "vmap: the function draws random numbers; pass randomness='different', or 'same' for all samples"
                )
        return _stacked(out_dims, results)

    return mapped


def _matched(dims: Any, value: Any) -> Any:
    """The dimension for each part of a nested value."""
    given: Any
    if isinstance(value, dict):
        given = dims if isinstance(dims, dict) else dict.fromkeys(value, dims)
        _check_lengths(given, value)
        return {key: _matched(given[key], part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        given = dims if isinstance(dims, (tuple, list)) else [dims] * len(value)
        _check_lengths(given, value)
        return [_matched(dim, part) for dim, part in zip(given, value, strict=True)]
    if dims is None:
        return None
    if not isinstance(value, Variable):
        kind = type(value).__name__
        raise DtypeError(f"vmap: in_dims {dims} for {kind}; only tensors are mapped over, use None for it")
    ndim = value.array.ndim
    if not isinstance(dims, int) or not -ndim <= dims < ndim:
        raise ShapeError(f"vmap: in_dims {dims} for a tensor of shape {tuple(value.array.shape)}")
    return dims


def _check_lengths(dims: Any, value: Any) -> None:
    if len(dims) != len(value) or (isinstance(dims, dict) and set(dims) != set(value)):
        raise ArgumentError(f"vmap: {len(dims)} dims for {len(value)} values; needs one for each, nested as they are")


def _pairs(dims: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """Each dimension with its tensor."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _pairs(dims[key], part)
    elif isinstance(value, (tuple, list)):
        for dim, part in zip(dims, value, strict=True):
            yield from _pairs(dim, part)
    else:
        yield dims, value


def _sample(dims: Any, value: Any, i: int) -> Any:
    """Sample i of a nested value."""
    if isinstance(value, dict):
        return {key: _sample(dims[key], part, i) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return _as(value, [_sample(dim, part, i) for dim, part in zip(dims, value, strict=True)])
    return value if dims is None else select(value, dims, i)


def _as(value: Any, parts: list[Any]) -> Any:
    return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)


def _stacked(dims: Any, results: list[Any]) -> Any:
    """The results of all samples, as those of a batch."""
    first = results[0]
    given: Any
    if isinstance(first, dict):
        given = dims if isinstance(dims, dict) else dict.fromkeys(first, dims)
        _check_lengths(given, first)
        return {key: _stacked(given[key], [result[key] for result in results]) for key in first}
    if isinstance(first, (tuple, list)):
        given = dims if isinstance(dims, (tuple, list)) else [dims] * len(first)
        _check_lengths(given, first)
        columns = zip(*results, strict=True)
        return _as(first, [_stacked(dim, list(column)) for dim, column in zip(given, columns, strict=True)])
    if not isinstance(first, Variable):
        raise DtypeError(f"vmap: the function returns {type(first).__name__}; needs tensors, or what is made of them")
    if isinstance(dims, (tuple, list)) and len(dims) == 1:
        dims = dims[0]
    return first if dims is None else stack(results, dims)
