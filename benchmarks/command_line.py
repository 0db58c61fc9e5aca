"""What the commands share: their options, and refusals of one line."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import minidl
from minidl.errors import ArgumentError, DataError, MinidlError

FEWEST_ROUNDS = 2
"""Quartiles need them."""


def options_of(about: str | None, program: str, known: Iterable[str], rounds: int) -> argparse.ArgumentParser:
    """The options that every command has: names, --rounds, --threads."""
    parser = argparse.ArgumentParser(prog=program, description=about, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(known)}; by default all")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"pairs of measurements; by default {rounds}")
    parser.add_argument(
        *("--threads",), type=int, nargs="+", metavar="N", help="by default every usable core; several are compared"
    )
    return parser


def checked(options: argparse.Namespace, known: Iterable[str]) -> argparse.Namespace:
    """The options with their defaults.  Raises ArgumentError for names that are not known and counts out of range."""
    options.names = options.names or list(known)
    options.threads = options.threads or [minidl.get_num_threads()]
    for name in options.names:
        if name not in known:
            raise ArgumentError(f"no benchmark {name!r}; there are {', '.join(known)}")
    if options.rounds < FEWEST_ROUNDS:
        raise ArgumentError(f"--rounds: got {options.rounds}, needs at least {FEWEST_ROUNDS}, for quartiles")
    for count in options.threads:
        if count < 1:
            raise ArgumentError(f"--threads: got {count}, needs at least 1")
    return options


def need_pytorch() -> None:
    """Raises MinidlError where PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise MinidlError(
            "benchmarks: minidl is timed beside PyTorch, which is not installed; "
            "in minidl's checkout, run pip install '.[bench]'"
        )


def need_writable(folder: Path) -> None:
    """Raises DataError where files cannot be written, before any time is spent on what should be in them."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise not_written(folder, error) from None


def not_written(path: Path, error: OSError) -> DataError:
    """What is said of a folder or file that cannot be written."""
    return DataError(f"{path}: cannot be written ({error.strerror}); choose another folder with --out")


def run(main: Callable[[], None]) -> None:
    """Run a command: what minidl refuses becomes one line and exit code 2."""
    try:
        main()
    except MinidlError as error:
        print("minidl:", " ".join(str(error).splitlines()), file=sys.stderr)
        sys.exit(2)
