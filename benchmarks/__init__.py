"""The same program under minidl and PyTorch, in turn, in one process."""
