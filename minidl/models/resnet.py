"""ResNet: each block adds to its input what is missing from it, so that a hundred layers still learn.

He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition (arXiv:1512.03385).  Parameters have
torchvision's names, and its place for the stride of a bottleneck: the 3x3 convolution, where the paper has the first.
"""

from __future__ import annotations

from typing import Any

from minidl import nn

from .initial_values import draw_convolutions


def shortcut(in_channels: int, channels: int, stride: int) -> nn.Module:
    """The way around a block: the input itself, or its projection where the block changes the shape (option B)."""
    if stride == 1 and in_channels == channels:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions (figure 5, left)."""

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.downsample = shortcut(in_channels, channels, stride)

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + self.downsample(x))


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1 that make its channels few and then many again (figure 5, right)."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        wide = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, wide, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(wide)
        self.relu = nn.ReLU()
        self.downsample = shortcut(in_channels, wide, stride)

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + self.downsample(x))


class ResNet(nn.Module):
    """(N, 3, H, W) -> logits (N, num_classes): four stages, each at half the size of the one before.

    block          BasicBlock or Bottleneck
    depths         blocks in each stage (table 1)
    small_images   for 32x32: no stride and no pooling before the first stage, which would leave 8x8 of them
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, int, int, int],
        num_classes: int = 1000,
        small_images: bool = False,
    ) -> None:
        super().__init__()
        if small_images:
            self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        else:
            self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small_images else nn.MaxPool2d(3, stride=2, padding=1)
        in_channels = 64
        for stage, depth in enumerate(depths):
            channels = 64 * 2**stage
            blocks: list[nn.Module] = []
            for place in range(depth):
                blocks.append(block(in_channels, channels, stride=2 if stage > 0 and place == 0 else 1))
                in_channels = channels * block.expansion
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(in_channels, num_classes)
        draw_convolutions(self)

    def forward(self, images: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def resnet18(num_classes: int = 1000, small_images: bool = False) -> ResNet:
    """11,689,512 parameters for 1000 classes."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, small_images)


def resnet34(num_classes: int = 1000, small_images: bool = False) -> ResNet:
    """21,797,672 parameters for 1000 classes."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, small_images)


def resnet50(num_classes: int = 1000, small_images: bool = False) -> ResNet:
    """25,557,032 parameters for 1000 classes."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, small_images)
