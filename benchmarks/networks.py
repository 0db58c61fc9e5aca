"""Networks to time, each written once over a namespace `T` that is minidl or PyTorch.

A function here takes T and returns a module of it.
"""

from __future__ import annotations

from typing import Any


def moons_mlp(T: Any) -> Any:
    """2-5-1 with sigmoids: a probability for a point of the plane."""
    nn = T.nn
    return nn.Sequential(nn.Linear(2, 5), nn.Sigmoid(), nn.Linear(5, 1), nn.Sigmoid())


def mnist_mlp(T: Any) -> Any:
    """784-256-128-10 with ReLU: logits of ten digits."""
    nn = T.nn
    return nn.Sequential(
        *(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def catdog_mlp(T: Any, pixels: int = 224) -> Any:
    """150528-32-16-1 with ReLU, then a sigmoid: a probability for a picture of 3x224x224."""
    nn = T.nn
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(3 * pixels * pixels, 32), nn.ReLU()),
        *(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid()),
    )


def lenet(T: Any) -> Any:
    """LeNet-5 for 1x28x28 (LeCun et al. 1998), with ReLU and max pooling."""
    nn = T.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def catdog_cnn(T: Any, pixels: int = 64) -> Any:
    """Three blocks of convolution, batch norm, ReLU and pooling, with 32, 64 and 128 channels, for 3x64x64."""
    nn = T.nn
    layers: list[Any] = []
    for channels, wider in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.BatchNorm2d(wider), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * (pixels // 8) ** 2, 1), nn.Sigmoid())


def separable(T: Any) -> Any:
    """Convolutions of single channels, each followed by one of 1x1 (Howard et al. 2017, MobileNets), for 3x64x64."""
    nn = T.nn
    layers = [nn.Conv2d(3, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    for channels, wider, stride in ((32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1)):
        layers += [nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)]
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
        layers += [nn.Conv2d(channels, wider, 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def resnet18(T: Any) -> Any:
    """ResNet-18 for 3x32x32 (He et al. 2016): no stride and no pooling before the first stage."""
    nn = T.nn
    Module: Any = nn.Module

    class Block(Module):
        def __init__(self, channels: int, wider: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels, wider, 3, stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(wider)
            self.conv2 = nn.Conv2d(wider, wider, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(wider)
            self.relu = nn.ReLU()
            self.shortcut = nn.Identity()
            if stride != 1 or channels != wider:
                self.shortcut = nn.Sequential(nn.Conv2d(channels, wider, 1, stride, bias=False), nn.BatchNorm2d(wider))

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    layers = [nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    for channels, wider, stride in ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)):
        layers += [Block(channels, wider, stride), Block(wider, wider, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def gpt(T: Any, tokens: int = 65, places: int = 64, layers: int = 4, heads: int = 4, width: int = 128) -> Any:
    """A transformer that predicts each next character (Radford et al. 2019): (N, places) -> (N, places, tokens)."""
    nn, F = T.nn, T.nn.functional
    Module: Any = nn.Module

    class Block(Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

        def forward(self, x: Any) -> Any:
            n, t, c = x.shape
            parts = self.c_attn(self.ln_1(x)).split(c, dim=2)
            q, k, v = (part.reshape(n, t, heads, c // heads).transpose(1, 2) for part in parts)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.c_proj(y.transpose(1, 2).reshape(n, t, c))
            return x + self.mlp(self.ln_2(x))

    class GPT(Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte, self.wpe = nn.Embedding(tokens, width), nn.Embedding(places, width)
            self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
            self.ln_f, self.lm_head = nn.LayerNorm(width), nn.Linear(width, tokens, bias=False)

        def forward(self, text: Any) -> Any:
            x = self.wte(text) + self.wpe(T.arange(text.shape[1]))
            return self.lm_head(self.ln_f(self.blocks(x)))

    return GPT()
