"""The namespace `minidl.cuda`: what programs ask before they choose a device."""


def is_available() -> bool:
    """Whether tensors can live on a GPU: not in this version."""
    return False


def device_count() -> int:
    """How many GPUs tensors can live on: none in this version."""
    return 0
