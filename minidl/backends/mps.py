"""`minidl.backends.mps`: the GPUs of Apple."""


def is_available() -> bool:
    """Whether tensors can live there: not in this version."""
    return False


def is_built() -> bool:
    """Whether minidl knows how to: not in this version."""
    return False
