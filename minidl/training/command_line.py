"""Functions as programs: what minidl refuses becomes one line and an exit code, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from ..errors import MinidlError


def run_command(function: Callable[..., Any]) -> None:
    """Run one function as a program: its parameters are the flags."""
    app = typer.Typer(add_completion=False)
    app.command()(function)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run a program of several commands.  Exit code 2 after a MinidlError, 130 after an interrupt."""
    try:
        app()
    except MinidlError as error:
        print(f"minidl: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("minidl: interrupted; continue a training with --resume RUN", file=sys.stderr)
        sys.exit(130)
