"""What a figure needs beside it: the machine, the versions, the day."""

from __future__ import annotations

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import NamedTuple


class Conditions(NamedTuple):
    """`versions` by the package's name; memory in GiB."""

    date: str
    cpu: str
    cores: int
    memory: float
    system: str
    versions: dict[str, str]
    rounds: int
    threads: list[int]


def conditions_of(packages: list[str], rounds: int, threads: list[int]) -> Conditions:
    """The conditions of a measurement that is made now."""
    versions = {"Python": platform.python_version(), **{name: installed(name) for name in ("minidl", "numpy", "numba")}}
    versions |= {name: installed(name) for name in packages}
    return Conditions(
        datetime.date.today().isoformat(),
        cpu_model(),
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        round(memory_bytes() / 2**30, 1),
        f"{platform.system()} {platform.machine()}",
        versions,
        rounds,
        threads,
    )


def installed(package: str) -> str:
    """A package's version; minidl's own is read from the package that runs."""
    if package == "minidl":
        import minidl

        return minidl.__version__
    return metadata.version(package)


def cpu_model() -> str:
    """The processor's name as the system tells it."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        if line.startswith("model name"):
            return " ".join(line.split(":", 1)[1].split())
    return platform.processor() or platform.machine()


def memory_bytes() -> int:
    """The machine's memory, 0 where the system does not tell."""
    names = getattr(os, "sysconf_names", {})
    if "SC_PAGE_SIZE" not in names or "SC_PHYS_PAGES" not in names:
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
