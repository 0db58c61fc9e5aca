"""The namespace `minidl.backends`: what programs ask and set before they choose a device."""

from . import cpu, cuda, cudnn, mps

__all__ = ["cpu", "cuda", "cudnn", "mps"]
