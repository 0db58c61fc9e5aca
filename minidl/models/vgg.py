"""VGG: nothing but 3x3 convolutions and poolings, and three wide layers on top.

Simonyan and Zisserman 2015, Very deep convolutional networks for large-scale image recognition (arXiv:1409.1556), with
batch norm (Ioffe and Szegedy 2015) behind each convolution.  Parameters have torchvision's names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minidl import nn

from .initial_values import draw_convolutions, draw_linear

CONFIGURATION_A = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Channels of the convolutions between the poolings: column A of table 1, 11 layers with weights."""


class VGG(nn.Module):
    """(N, 3, H, W) -> logits (N, num_classes); H and W at least 32, 224 in the paper.

    stages    channels of each stage's convolutions; a stage ends by halving the picture
    hidden    units in each of the two hidden layers on top
    """

    def __init__(
        self, stages: Sequence[Sequence[int]], num_classes: int = 1000, hidden: int = 4096, dropout: float = 0.5
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        in_channels = 3
        for stage in stages:
            for channels in stage:
                layers += [nn.Conv2d(in_channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
                in_channels = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(in_channels * 7 * 7, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )  # fmt: skip
        draw_convolutions(self)
        draw_linear(self, std=0.01)

    def forward(self, images: Any) -> Any:
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


def vgg11_bn(num_classes: int = 1000) -> VGG:
    """132,868,840 parameters for 1000 classes, nine tenths of them in the layers on top."""
    return VGG(CONFIGURATION_A, num_classes)
