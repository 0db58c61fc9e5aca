"""Files that are written whole or not at all: after a failure or a kill the old file is still there."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends well, and is removed when it does not.

    Raises OSError as `open` does.
    """
    file = os.fspath(path)
    if os.path.isdir(file) or not os.path.basename(file):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    target = os.path.realpath(file)  # what a link points to is replaced, not the link
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(errno.EINVAL, "a device or pipe, not a file")
    folder = os.path.dirname(target)
    unfinished = os.path.join(folder, f".minidl-{secrets.token_hex(8)}.unfinished")
    stream = open(unfinished, "xb")  # noqa: SIM115 - closed below, inside what removes the file
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise
    if os.name == "posix":  # the new name itself reaches the disk with the folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
