"""The command `minidl bench`, which runs the benchmarks of a checkout."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import typer

import minidl

from ..errors import MinidlError

REST = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""The benchmarks parse their own options, --help among them: they are not installed with minidl."""


def bench(context: typer.Context) -> None:
    """Time minidl beside PyTorch (in a checkout; bench --help tells more)."""
    checkout = _checkout()
    if checkout is None:
        raise MinidlError(
            "bench: the benchmarks are in minidl's checkout, not in the installed package, and need PyTorch; "
            "run it in the checkout's folder, after pip install -e '.[bench]' there"
        )
    sys.path.insert(0, str(checkout))
    importlib.import_module("benchmarks.__main__").main(context.args, "minidl bench")


def _checkout() -> Path | None:
    """The folder of the checkout: where this package lies, or the current folder."""
    for folder in (Path(minidl.__file__).parents[1], Path.cwd()):
        if (folder / "minidl" / "__init__.py").exists() and (folder / "benchmarks" / "workloads.py").exists():
            return folder
    return None
