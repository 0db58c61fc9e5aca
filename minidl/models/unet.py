"""U-Net: a class for each pixel, from a way down that sees more and more and a way up that finds its place again.

Ronneberger, Fischer and Brox 2015, U-Net: convolutional networks for biomedical image segmentation (arXiv:1505.04597).
"""

from __future__ import annotations

from typing import Any

import minidl
from minidl import nn
from minidl.errors import ShapeError

from .initial_values import draw_convolutions


def two_convolutions(in_channels: int, channels: int, padding: int) -> nn.Sequential:
    """A step of figure 1 to the right, twice: a 3x3 convolution and ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, padding=padding), nn.ReLU(),
        nn.Conv2d(channels, channels, 3, padding=padding), nn.ReLU(),
    )  # fmt: skip


class UNet(nn.Module):
    """(N, in_channels, H, W) -> logits (N, num_classes, H', W').

    width     channels at full size; they double at each of the `depth` halvings
    padding   0 as in the paper, where each convolution takes a margin of one pixel away, 572x572 -> 388x388; with 1
              the output has the input's size
    """

    def __init__(
        self, in_channels: int = 1, num_classes: int = 2, width: int = 64, depth: int = 4, padding: int = 0
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(
            two_convolutions(a, b, padding) for a, b in zip([in_channels, *widths], widths, strict=False)
        )
        self.pool = nn.MaxPool2d(2)
        upwards = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in upwards)
        self.merge = nn.ModuleList(two_convolutions(a, b, padding) for a, b in upwards)
        self.head = nn.Conv2d(width, num_classes, 1)
        draw_convolutions(self, "fan_in")  # section 3

    def forward(self, images: Any) -> Any:
        first, *deeper = self.down
        x = first(images)
        passed_over = []
        for convolutions in deeper:
            passed_over.append(x)
            x = convolutions(self._halved(x, images))
        for enlarge, convolutions in zip(self.up, self.merge, strict=True):
            x = enlarge(x)
            x = convolutions(minidl.cat([cropped(passed_over.pop(), x.shape[2:]), x], 1))
        return self.head(x)

    def _halved(self, x: Any, images: Any) -> Any:
        if x.shape[2] % 2 or x.shape[3] % 2:
            raise ShapeError(
                f"UNet: images {tuple(images.shape)} become {tuple(x.shape)} before a pooling, which needs even height "
                "and width; give larger or smaller images"
            )
        return self.pool(x)


def cropped(x: Any, size: Any) -> Any:
    """The middle of (N, C, H, W), of height and width `size`."""
    top, left = (x.shape[2] - size[0]) // 2, (x.shape[3] - size[1]) // 2
    return x[:, :, top : top + size[0], left : left + size[1]]
