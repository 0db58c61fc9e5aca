"""PyTorch's spelling of minidl.data, for programs that come from there: `from minidl.utils.data import DataLoader`."""

from ..data import DataLoader, Dataset, TensorDataset, default_collate

__all__ = ["DataLoader", "Dataset", "TensorDataset", "default_collate"]
