"""Functions as programs: what minidl refuses becomes one line and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from typing import Any, TextIO

import typer

from ..errors import MinidlError

INTERRUPTED = 130


def run_command(function: Callable[..., Any]) -> None:
    """Run one function as a program: its parameters are the flags."""
    app = typer.Typer(add_completion=False)
    app.command()(function)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run a program of several commands.  Exit code 2 after a MinidlError, 130 after an interrupt."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # a bad picture is reported once, by us
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            app()
    except MinidlError as error:
        _say(error)
        sys.exit(2)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:  # Typer ends so after Ctrl-C, without a word
            _say("interrupted; continue a training with --resume RUN")
        raise


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _say(f"warning: {message}")


def _say(message: object) -> None:
    """One line on stderr, whatever a file's name may hold."""
    print("minidl:", " ".join(str(message).splitlines()), file=sys.stderr)
