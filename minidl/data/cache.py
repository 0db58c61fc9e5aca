"""Where minidl keeps what it makes once: the user's cache folder."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """$MINIDL_CACHE if set, else the platform's cache folder for the user, with minidl in it.  It need not exist."""
    if os.environ.get("MINIDL_CACHE"):
        return Path(os.environ["MINIDL_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "minidl"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "minidl"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minidl"
