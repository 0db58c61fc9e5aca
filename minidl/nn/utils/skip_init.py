"""A module without its initial values."""

from __future__ import annotations

from typing import Any


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """`module_cls(*args, **kwargs)` with unwritten memory in its parameters and buffers, to be filled by other means.

    It draws the values that the layer starts with and drops them, so the generator moves on as usual.
    """
    return module_cls(*args, **kwargs).to_empty()
