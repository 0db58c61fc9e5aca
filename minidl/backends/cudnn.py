"""`minidl.backends.cudnn`: settings for GPUs, which may be set and change nothing."""

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether cuDNN can be used: not in this version."""
    return False


def version() -> None:
    """Its version: None, for it is not used."""
    return
