"""What the commands share: their options, and refusals of one line."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import minidl
from minidl.errors import ArgumentError, DataError, MinidlError

FEWEST_ROUNDS = 2
"""Quartiles need them."""


def options_of(about: str | None, program: str, known: Iterable[str], rounds: int) -> argparse.ArgumentParser:
    """The options that every command has: names, --rounds."""
    parser = argparse.ArgumentParser(prog=program, description=about, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(known)}; by default all")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"pairs of measurements; by default {rounds}")
    return parser


def add_threads(parser: argparse.ArgumentParser) -> None:
    """The option --threads."""
    about = "by default as many as cores; several are compared"
    parser.add_argument("--threads", type=int, nargs="+", metavar="N", help=about)


def checked(options: argparse.Namespace, known: Iterable[str]) -> argparse.Namespace:
    """The options with their defaults.  Raises ArgumentError for names that are not known and too few rounds."""
    options.names = list(dict.fromkeys(options.names or known))
    for name in options.names:
        if name not in known:
            raise ArgumentError(f"no benchmark {name!r}; there are {', '.join(known)}")
    if options.rounds < FEWEST_ROUNDS:
        raise ArgumentError(f"--rounds: got {options.rounds}, needs at least {FEWEST_ROUNDS}, for quartiles")
    return options


def checked_threads(asked: list[int] | None) -> list[int]:
    """The thread counts, each once and the least first.  Raises ArgumentError below 1."""
    for count in asked or []:
        if count < 1:
            raise ArgumentError(f"--threads: got {count}, needs at least 1")
    return sorted(set(asked or [minidl.get_num_threads()]))


def load_pytorch() -> None:
    """Import PyTorch before minidl's first kernel does anything.  Raises MinidlError where it is not installed.

    Then PyTorch uses the OpenMP library that it brings.  In the other order it uses the system's, which is loaded by
    then, in one pool with minidl's kernels, and is not what it should be: a GPT's step took it 1.6 s instead of 0.04.
    """
    try:
        importlib.import_module("torch")
    except ModuleNotFoundError:
        raise MinidlError(
            "benchmarks: minidl is timed beside PyTorch, which is not installed; "
            "in minidl's checkout, run pip install '.[bench]'"
        ) from None


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
