"""Data sets, and their way to the network in batches."""

from .dataset import Dataset, TensorDataset
from .image_folder import ImageSplit, load_image, load_image_sets, load_split
from .loader import DataLoader, default_collate

__all__ = [
    "DataLoader",
    "Dataset",
    "ImageSplit",
    "TensorDataset",
    "default_collate",
    "load_image",
    "load_image_sets",
    "load_split",
]
