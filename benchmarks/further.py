"""Training steps of further networks under minidl and PyTorch, in turn:  python -m benchmarks.further [name ...]

They bring the layers that the workloads of `benchmarks` do without.  The ratio is below 1 where minidl is faster; the
last line is the geometric mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .command_line import run
from .side_by_side import time_each
from .timing import Work
from .workloads import INPUTS, TARGETS, classes, normal, started, training_step

Example = tuple[Any, Any, tuple[int, ...], tuple[int, ...]]
"""A model, its loss function, and the shapes of a batch: of the input, and of the target."""


def _normalised(nn: Any, channels: int, wider: int) -> list[Any]:
    return [nn.Conv2d(channels, wider, 3, padding=1), nn.BatchNorm2d(wider), nn.ReLU()]


def vgg(T: Any, pixels: int = 64) -> Example:
    """Convolutions of 3x3 and ReLU (Simonyan & Zisserman 2014)."""
    nn, channels = T.nn, 3
    layers: list[Any] = []
    for wider in (64, 128, 256):
        layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        channels = wider
    head = nn.Flatten(), nn.Linear(256 * (pixels // 8) ** 2, 512), nn.ReLU(), nn.Linear(512, 10)
    return nn.Sequential(*layers, *head), nn.CrossEntropyLoss(), (16, 3, pixels, pixels), (10, 16)


def alexnet(T: Any, pixels: int = 127) -> Example:
    """Large kernels and strides, pools that overlap (Krizhevsky et al. 2012), a quarter as wide."""
    nn = T.nn
    model = nn.Sequential(
        *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 96, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 96, 3, padding=1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(384, 10)),
    )
    return model, nn.CrossEntropyLoss(), (16, 3, pixels, pixels), (10, 16)


def mobilenet(T: Any, pixels: int = 64) -> Example:
    """Inverted residuals with ReLU6 (Sandler et al. 2018, MobileNetV2)."""
    nn = T.nn
    Module: Any = nn.Module

    class Block(Module):
        def __init__(self, channels: int, wider: int, stride: int) -> None:
            super().__init__()
            inner = 4 * channels
            self.own = stride == 1 and channels == wider
            self.layers = nn.Sequential(
                *(nn.Conv2d(channels, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU6()),
                nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False),
                *(nn.BatchNorm2d(inner), nn.ReLU6(), nn.Conv2d(inner, wider, 1, bias=False), nn.BatchNorm2d(wider)),
            )

        def forward(self, x: Any) -> Any:
            return x + self.layers(x) if self.own else self.layers(x)

    first = nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU6()
    blocks = (Block(*sizes) for sizes in ((16, 24, 2), (24, 24, 1), (24, 32, 2), (32, 32, 1)))
    model = nn.Sequential(*first, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    return model, nn.CrossEntropyLoss(), (16, 3, pixels, pixels), (10, 16)


def unet(T: Any, pixels: int = 64) -> Example:
    """Down and up again, with what was seen on the way down (Ronneberger et al. 2015)."""
    nn = T.nn
    Module: Any = nn.Module

    def twice(channels: int, wider: int) -> Any:
        return nn.Sequential(*_normalised(nn, channels, wider), *_normalised(nn, wider, wider))

    class Net(Module):
        def __init__(self) -> None:
            super().__init__()
            self.down1, self.down2, self.middle = twice(3, 16), twice(16, 32), twice(32, 64)
            self.up2, self.up1 = nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)
            self.join2, self.join1, self.last = twice(64, 32), twice(32, 16), nn.Conv2d(16, 1, 1)
            self.pool = nn.MaxPool2d(2)

        def forward(self, x: Any) -> Any:
            one = self.down1(x)
            two = self.down2(self.pool(one))
            low = self.up2(self.middle(self.pool(two)))
            high = self.up1(self.join2(T.cat([low, two], 1)))
            return self.last(self.join1(T.cat([high, one], 1)))

    return Net(), nn.BCEWithLogitsLoss(), (8, 3, pixels, pixels), (8, 1, pixels, pixels)


def generator(T: Any, pixels: int = 32) -> Example:
    """From noise to pictures by transposed convolutions (Radford et al. 2015, DCGAN)."""
    nn, channels = T.nn, 128
    layers: list[Any] = []
    for wider in (64, 32):
        layers += [nn.ConvTranspose2d(channels, wider, 4, 2, 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU()]
        channels = wider
    first = nn.ConvTranspose2d(64, 128, pixels // 8, bias=False), nn.BatchNorm2d(128), nn.ReLU()
    model = nn.Sequential(*first, *layers, nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Tanh())
    return model, nn.MSELoss(), (32, 64, 1, 1), (32, 3, pixels, pixels)


def denoiser(T: Any, pixels: int = 32) -> Example:
    """Group norm, SiLU and upsampling, as in diffusion models (Ho et al. 2020)."""
    nn, channels = T.nn, 32
    layers: list[Any] = []
    for wider, stride in ((64, 2), (64, 1)):
        layers += [nn.Conv2d(channels, wider, 3, stride, 1), nn.GroupNorm(8, wider), nn.SiLU()]
        channels = wider
    first = nn.Conv2d(3, 32, 3, padding=1), nn.GroupNorm(8, 32), nn.SiLU()
    model = nn.Sequential(*first, *layers, nn.Upsample(scale_factor=2), nn.Conv2d(64, 3, 3, padding=1))
    return model, nn.MSELoss(), (16, 3, pixels, pixels), (16, 3, pixels, pixels)


def rows(T: Any, length: int = 200) -> Example:
    """Convolutions over time."""
    nn = T.nn
    model = nn.Sequential(
        *(nn.Conv1d(16, 64, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2)),
        *(nn.Conv1d(64, 128, 5, padding=2), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(128, 5)),
    )
    return model, nn.CrossEntropyLoss(), (32, 16, length), (5, 32)


def volumes(T: Any, pixels: int = 32) -> Example:
    """Convolutions over space and time."""
    nn = T.nn
    model = nn.Sequential(
        *(nn.Conv3d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(8, 16, 3, padding=1), nn.ReLU()),
        *(nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(16, 3)),
    )
    return model, nn.CrossEntropyLoss(), (4, 1, pixels // 2, pixels, pixels), (3, 4)


def gru(T: Any, steps: int = 50) -> Example:
    """A recurrent layer and a linear one."""
    nn = T.nn
    Module: Any = nn.Module

    class Net(Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.last = nn.GRU(64, 128, batch_first=True), nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.last(self.layer(x)[0][:, -1])

    return Net(), nn.CrossEntropyLoss(), (32, steps, 64), (10, 32)


def encoder(T: Any, steps: int = 64) -> Example:
    """Two layers of a transformer (Vaswani et al. 2017)."""
    nn = T.nn
    layers = (nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True) for _ in range(2))
    return nn.Sequential(*layers), nn.MSELoss(), (16, steps, 128), (16, steps, 128)


def autoencoder(T: Any) -> Example:
    """784 features to 32 and back (Hinton & Salakhutdinov 2006)."""
    nn = T.nn
    inner = nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 256), nn.ReLU()
    return nn.Sequential(*inner, nn.Linear(256, 784), nn.Tanh()), nn.MSELoss(), (128, 784), (128, 784)


EXAMPLES: dict[str, Callable[..., Example]] = {
    "VGG": vgg,
    "AlexNet": alexnet,
    "MobileNetV2": mobilenet,
    "U-Net": unet,
    "DCGAN generator": generator,
    "denoiser": denoiser,
    "1-d network": rows,
    "3-d network": volumes,
    "GRU": gru,
    "transformer encoder": encoder,
    "autoencoder": autoencoder,
}
"""Title -> example."""


def program(T: Any, name: str, **sizes: int) -> Work:
    """A training step by Adam, ready to be timed.  A target of two sizes is (number of classes, batch)."""
    model, loss_function, shape, target = EXAMPLES[name](T, **sizes)
    started(T, model)
    of_classes = isinstance(loss_function, T.nn.CrossEntropyLoss)
    y = classes(*target) if of_classes else (normal(TARGETS, *target) > 0).astype("float32")
    optimizer = T.optim.Adam(model.parameters())
    return training_step(model, optimizer, loss_function, T.from_numpy(normal(INPUTS, *shape)), T.from_numpy(y))


def main() -> None:
    time_each(__doc__, "python -m benchmarks.further", EXAMPLES, program)


if __name__ == "__main__":
    run(main)
