"""`minidl.backends.cuda`: settings for GPUs, which may be set and change nothing."""

from types import SimpleNamespace

matmul = SimpleNamespace(allow_tf32=False)


def is_built() -> bool:
    """Whether minidl knows how to use a GPU: not in this version."""
    return False
