"""MobileNetV2: convolutions that look at one channel at a time, between 1x1 ones that mix the channels.

Sandler, Howard, Zhu, Zhmoginov and Chen 2018, MobileNetV2: inverted residuals and linear bottlenecks
(arXiv:1801.04381).  Parameters have torchvision's names.
"""

from __future__ import annotations

from typing import Any

from minidl import nn

from .initial_values import draw_convolutions, draw_linear

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Table 2: expansion t, channels c, blocks n, stride s of the first of them."""


def conv_bn_relu6(in_channels: int, channels: int, kernel_size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution that keeps the size, up to its stride, batch norm, and min(max(0, x), 6)."""
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """Few channels to many, one 3x3 filter for each of these, and back to few, where nothing is cut off (figure 3)."""

    def __init__(self, in_channels: int, channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = in_channels * expansion
        self.conv = nn.Sequential(
            *([conv_bn_relu6(in_channels, wide, 1)] if expansion > 1 else []),
            conv_bn_relu6(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.adds_input = stride == 1 and in_channels == channels

    def forward(self, x: Any) -> Any:
        return x + self.conv(x) if self.adds_input else self.conv(x)


class MobileNetV2(nn.Module):
    """(N, 3, H, W) -> logits (N, num_classes).

    width_mult   how many times the paper's channels each layer has, rounded to multiples of 8
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0, dropout: float = 0.2) -> None:
        super().__init__()
        channels, last = multiple_of_8(32 * width_mult), multiple_of_8(1280 * max(1.0, width_mult))
        features: list[nn.Module] = [conv_bn_relu6(3, channels, 3, stride=2)]
        for expansion, width, depth, first_stride in STAGES:
            wider = multiple_of_8(width * width_mult)
            for place in range(depth):
                features.append(InvertedResidual(channels, wider, first_stride if place == 0 else 1, expansion))
                channels = wider
        features.append(conv_bn_relu6(channels, last, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, num_classes))
        draw_convolutions(self)
        draw_linear(self, std=0.01)

    def forward(self, images: Any) -> Any:
        return self.classifier(self.features(images).mean((2, 3)))


def multiple_of_8(channels: float) -> int:
    """The nearest multiple of 8, or the next one where that would take away more than a tenth."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def mobilenet_v2(num_classes: int = 1000) -> MobileNetV2:
    """3,504,872 parameters for 1000 classes."""
    return MobileNetV2(num_classes)
