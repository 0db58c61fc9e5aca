"""The namespace `minidl.backends`: what programs ask and set before they choose a device."""

from . import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
