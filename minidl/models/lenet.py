"""LeNet-5: two convolutions, each with a pooling behind it, then three layers that see everything.

LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition.  This is the form that
is common today: a plain average pools, all maps of the second convolution see all of the first, and the output is
linear; the paper's pooling had weights, its maps saw some of the others, and its output measured distances.
"""

from __future__ import annotations

from typing import Any

from minidl import nn


class LeNet5(nn.Module):
    """(N, in_channels, 28, 28) -> logits (N, num_classes)."""

    def __init__(self, num_classes: int = 10, in_channels: int = 1) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),  # (N, 6, 14, 14)
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),  # (N, 16, 5, 5)
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120), nn.Tanh(),
            nn.Linear(120, 84), nn.Tanh(),
            nn.Linear(84, num_classes),
        )  # fmt: skip

    def forward(self, images: Any) -> Any:
        return self.classifier(self.features(images))
