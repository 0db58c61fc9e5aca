"""The `minidl` command: a thin face on recipes and study."""
from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..errors import MinidlError


def main() -> None:
    """Run the command line."""
    from .commands import app

    run(app)


def run_command(function: Callable[..., Any]) -> None:
    """Run one function as a program: its parameters are the flags."""
    import typer

    app = typer.Typer(add_completion=False)
    app.command()(function)
    run(app)


def run(app: Any) -> None:
    """Run a typer program; what minidl refuses becomes one line and exit code 2, an interrupt exit code 130."""
    try:
        app()
    except MinidlError as error:
        print(f"minidl: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("minidl: interrupted; continue a training with --resume RUN", file=sys.stderr)
        sys.exit(130)
