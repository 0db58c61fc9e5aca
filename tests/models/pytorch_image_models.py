"""The image networks in PyTorch, with torchvision's names of parameters; written from the papers, for comparison."""

import torch
from torch import nn
from torch.nn import functional as F


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.ModuleDict({"0": nn.Conv2d(1, 6, 5, padding=2), "3": nn.Conv2d(6, 16, 5)})
        sizes = {"1": (400, 120), "3": (120, 84), "5": (84, 10)}
        self.classifier = nn.ModuleDict({name: nn.Linear(*size) for name, size in sizes.items()})

    def forward(self, x):
        for conv in self.features.values():
            x = F.avg_pool2d(torch.tanh(conv(x)), 2)
        x = torch.tanh(self.classifier["1"](x.flatten(1)))
        return self.classifier["5"](torch.tanh(self.classifier["3"](x)))


def catdog_cnn(size):
    convolutions = []
    for a, b in [(3, 32), (32, 64), (64, 128), (128, 256)]:
        block = [nn.Conv2d(a, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        convolutions.extend(block)
    top = [nn.Flatten(), nn.Dropout(), nn.Linear(256 * (size // 16) ** 2, 1), nn.Sigmoid()]
    return nn.Sequential(*convolutions, *top)


class Residual(nn.Module):
    """A block of ResNet: convolutions of these (in, out, kernel, stride), numbered from 1."""

    def __init__(self, *convolutions):
        super().__init__()
        self.count = len(convolutions)
        for i, (a, b, kernel, stride) in enumerate(convolutions, 1):
            self.add_module(f"conv{i}", nn.Conv2d(a, b, kernel, stride, kernel // 2, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(b))
        first, last, step = convolutions[0][0], convolutions[-1][1], max(c[3] for c in convolutions)
        if first != last or step > 1:
            self.downsample = nn.Sequential(nn.Conv2d(first, last, 1, step, bias=False), nn.BatchNorm2d(last))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(y if i == 1 else F.relu(y)))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


def basic(a, channels, stride):
    return [(a, channels, 3, stride), (channels, channels, 3, 1)]


def bottleneck(a, channels, stride):
    return [(a, channels, 1, 1), (channels, channels, 3, stride), (channels, 4 * channels, 1, 1)]


class ResNet(nn.Module):
    def __init__(self, convolutions, depths, num_classes, small_images=False):
        super().__init__()
        self.small = small_images
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False) if small_images else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        a = 64
        for i, depth in enumerate(depths, 1):
            stage = []
            for place in range(depth):
                stage.append(Residual(*convolutions(a, 32 * 2**i, 2 if i > 1 and place == 0 else 1)))
                a = convolutions(a, 32 * 2**i, 1)[-1][1]
            self.add_module(f"layer{i}", nn.Sequential(*stage))
        self.fc = nn.Linear(a, num_classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x if self.small else F.max_pool2d(x, 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(x.mean((2, 3)))


class VGG(nn.Module):
    """Channels as in torchvision's tables, "M" for a pooling."""

    def __init__(self, plan, num_classes, hidden):
        super().__init__()
        self.features = nn.Sequential()
        a = 3
        for b in plan:
            for layer in [nn.MaxPool2d(2)] if b == "M" else [nn.Conv2d(a, b, 3, 1, 1), nn.BatchNorm2d(b), nn.ReLU()]:
                self.features.append(layer)
            a = a if b == "M" else b
        sizes = {"0": (49 * a, hidden), "3": (hidden, hidden), "6": (hidden, num_classes)}
        self.classifier = nn.ModuleDict({name: nn.Linear(*size) for name, size in sizes.items()})

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), 7).flatten(1)
        x = F.relu(self.classifier["3"](F.relu(self.classifier["0"](x))))
        return self.classifier["6"](x)


def convolution(a, b, kernel, stride=1, groups=1):
    layers = [nn.Conv2d(a, b, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(b)]
    return nn.Sequential(*layers, nn.Hardtanh(0, 6))


class Inverted(nn.Module):
    def __init__(self, a, b, stride, times):
        super().__init__()
        expand = [convolution(a, a * times, 1)] if times != 1 else []
        filtered = convolution(a * times, a * times, 3, stride, a * times)
        self.conv = nn.Sequential(*expand, filtered, nn.Conv2d(a * times, b, 1, bias=False), nn.BatchNorm2d(b))
        self.same = (a, stride) == (b, 1)

    def forward(self, x):
        return self.conv(x) + x if self.same else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        widths = [32, 16, *[24] * 2, *[32] * 3, *[64] * 4, *[96] * 3, *[160] * 3, 320]
        halving = {2, 4, 7, 14}  # of blocks, counted from 1
        blocks = [Inverted(widths[i - 1], widths[i], 1 + (i in halving), 6 if i > 1 else 1) for i in range(1, 18)]
        self.features = nn.Sequential(convolution(3, 32, 3, 2), *blocks, convolution(320, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, num_classes))

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


class VisionTransformer(nn.Module):
    """PyTorch's own encoder layers do the work; `keys` says how torchvision names their parameters."""

    keys = (("self_attn", "self_attention"), ("linear1", "mlp.0"), ("linear2", "mlp.3"), ("norm", "ln_"))

    def __init__(self, size, patch, layers, heads, hidden, mlp, num_classes):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, hidden))
        self.conv_proj = nn.Conv2d(3, hidden, patch, patch)
        self.pos_embedding = nn.Parameter(torch.zeros(1, 1 + (size // patch) ** 2, hidden))
        options = {"activation": "gelu", "layer_norm_eps": 1e-6, "batch_first": True, "norm_first": True}
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(hidden, heads, mlp, 0.0, **options) for _ in range(layers)
        )
        self.ln = nn.LayerNorm(hidden, 1e-6)
        self.head = nn.Linear(hidden, num_classes)

    def own(self, key):
        """torchvision's name of a parameter -> that of it here."""
        for ours, theirs in self.keys:
            key = key.replace(theirs, ours)
        return key.replace("encoder_layer_", "").removeprefix("encoder.").removeprefix("heads.")

    def forward(self, x):
        patches = self.conv_proj(x).flatten(2).mT
        x = torch.cat([self.class_token.repeat(len(x), 1, 1), patches], 1) + self.pos_embedding
        for layer in self.layers:
            x = layer(x)
        return self.head(self.ln(x)[:, 0])


class UNet(nn.Module):
    def __init__(self, channels, num_classes, width, depth, padding):
        super().__init__()

        def pair(a, b):
            return nn.Sequential(nn.Conv2d(a, b, 3, 1, padding), nn.ReLU(), nn.Conv2d(b, b, 3, 1, padding), nn.ReLU())

        w = [width << i for i in range(depth + 1)]
        self.down = nn.ModuleList([pair(channels, w[0]), *(pair(w[i], w[i + 1]) for i in range(depth))])
        self.up = nn.ModuleList(nn.ConvTranspose2d(w[i + 1], w[i], 2, 2) for i in reversed(range(depth)))
        self.merge = nn.ModuleList(pair(w[i + 1], w[i]) for i in reversed(range(depth)))
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x):
        kept = [self.down[0](x)]
        for step in self.down[1:]:
            kept.append(step(F.max_pool2d(kept[-1], 2)))
        x = kept.pop()
        for up, merge in zip(self.up, self.merge, strict=True):
            x, beside = up(x), kept.pop()
            margin = (beside.shape[-1] - x.shape[-1]) // 2
            x = merge(torch.cat([F.pad(beside, [-margin] * 4), x], 1))
        return self.head(x)
