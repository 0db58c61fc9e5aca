"""A weight as a direction and a length (Salimans & Kingma 2016), computed anew before each forward."""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError
from ...ops import reparametrization
from ..parameter import Parameter
from .recomputed import Recomputed


class WeightNorm(Recomputed):
    """name = name_g * name_v / |name_v|"""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def computed(self, module: Any) -> Any:
        direction, length = getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g")
        return reparametrization.weight_norm(direction, length, self.dim)

    def parts(self) -> list[str]:
        return [f"{self.name}_g", f"{self.name}_v"]


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Let a parameter of `module` be computed from `name_g`, its lengths, and `name_v`, its direction.

    dim: each slice along it has a length of its own; None: one length for all.

    `parametrizations.weight_norm` does the same in PyTorch's newer form.
    """
    norm = WeightNorm(name, dim)
    weight = norm.parameter_of(module)
    if not -1 <= norm.dim < weight.ndim:
        raise ArgumentError(f"weight_norm: dim {dim} of a {name} of shape {tuple(weight.shape)}")
    delattr(module, name)
    lengths = reparametrization.norm_except_dim(weight.detach(), 2, norm.dim)
    module.register_parameter(f"{name}_g", Parameter(lengths))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    return norm.installed(module)


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Make the weight, as it is computed now, a parameter again."""
    return WeightNorm.removed(module, name)
