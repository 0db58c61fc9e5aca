"""The namespace `minidl.signal`, with `minidl.signal.windows` as in torch.signal."""

from . import windows
