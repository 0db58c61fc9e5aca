"""The convolutional network of the cat/dog recipe: small enough to train on a laptop's CPU.

The blocks are those of VGG (Simonyan and Zisserman 2015), with one convolution each, and batch norm (Ioffe and Szegedy
2015) in it.
"""

from __future__ import annotations

from minidl import nn
from minidl.errors import ArgumentError


def catdog_cnn(size: int = 64) -> nn.Sequential:
    """Pictures (N, 3, size, size) -> the probability of a dog (N, 1); size is a multiple of 16.

    Four blocks, each of which looks at small neighbourhoods, doubles the channels and halves the picture.
    """
    if size < 16 or size % 16:
        raise ArgumentError(f"catdog_cnn: size {size}; needs a multiple of 16, since four poolings halve it")
    layers: list[nn.Module] = []
    channels = 3
    for wider in (32, 64, 128, 256):
        layers += [
            nn.Conv2d(channels, wider, 3, padding=1, bias=False),
            nn.BatchNorm2d(wider),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        channels = wider
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(channels * (size // 16) ** 2, 1), nn.Sigmoid()
    )
