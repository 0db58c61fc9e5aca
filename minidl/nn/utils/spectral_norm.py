"""A weight divided by its greatest singular value (Miyato et al. 2018), computed anew before each forward."""

from __future__ import annotations

from typing import Any

from ...autograd import no_grad
from ...errors import ArgumentError
from ...ops import reparametrization
from ...ops.norms import normalize
from ...ops.sampling import randn
from ..parameter import Parameter
from .recomputed import Recomputed


class SpectralNorm(Recomputed):
    """name = name_orig / sigma; the singular vectors name_u and name_v are followed by the power method."""

    def __init__(self, name: str, n_power_iterations: int, eps: float, dim: int) -> None:
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.eps = eps
        self.dim = dim

    def __call__(self, module: Any, args: Any) -> None:
        if module.training:
            self._iterate(module)
        super().__call__(module, args)

    def _iterate(self, module: Any) -> None:
        """Power iterations, which bring u and v nearer to the greatest singular value's vectors."""
        with no_grad():
            weight, u, v = (getattr(module, part) for part in self.parts())
            matrix = reparametrization.as_matrix(weight, self.dim)
            for _ in range(self.n_power_iterations):
                v.copy_(reparametrization.leading_right(matrix, u, self.eps))
                u.copy_(reparametrization.leading_left(matrix, v, self.eps))

    def computed(self, module: Any) -> Any:
        weight, u, v = (getattr(module, part) for part in self.parts())
        return reparametrization.spectral_norm(weight, u.clone(), v.clone(), self.dim)

    def parts(self) -> list[str]:
        return [f"{self.name}_orig", f"{self.name}_u", f"{self.name}_v"]


def default_dim(module: Any) -> int:
    """Where the outputs of a layer are in its weight: transposed convolutions have them second.

    The classes are asked by name, since a parametrized layer has a class of its own above them.
    """
    return int(any(cls.__name__.startswith("ConvTranspose") for cls in type(module).__mro__))


def check_iterations(n_power_iterations: int) -> None:
    """Refuse to take no step."""
    if n_power_iterations <= 0:
        raise ArgumentError(f"spectral_norm: n_power_iterations {n_power_iterations}; needs a number above zero")


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Let a parameter of `module` be computed as `name_orig` divided by its greatest singular value.

    n_power_iterations   steps of the power method in each forward in training
    eps                  the least length by which a vector is divided
    dim                  where the outputs are in the weight: 1 for transposed convolutions, else 0

    `parametrizations.spectral_norm` does the same in PyTorch's newer form.
    """
    check_iterations(n_power_iterations)
    norm = SpectralNorm(name, n_power_iterations, eps, default_dim(module) if dim is None else dim)
    weight = norm.parameter_of(module)
    delattr(module, name)
    matrix = reparametrization.as_matrix(weight.detach(), norm.dim)
    module.register_parameter(f"{name}_orig", Parameter(weight.detach()))
    for part, size in zip("uv", matrix.shape, strict=True):
        module.register_buffer(f"{name}_{part}", normalize(randn(size, dtype=weight.dtype), dim=0, eps=eps))
    return norm.installed(module)


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Make the weight, as it is computed now, a parameter again."""
    return SpectralNorm.removed(module, name)
