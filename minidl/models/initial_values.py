"""How the image networks draw their first weights, where these are not the layers' own."""

from __future__ import annotations

from minidl import nn


def draw_convolutions(model: nn.Module, fan: str = "fan_out") -> None:
    """Let signals keep their size on the way back through ReLUs (He et al. 2015, section 2.2); biases are 0.

    fan   "fan_in": on the way forth
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode=fan, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def draw_linear(model: nn.Module, std: float) -> None:
    """Weights normal (0, std), biases 0 (Simonyan and Zisserman 2015, section 3.1)."""
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=std)
            nn.init.zeros_(layer.bias)
