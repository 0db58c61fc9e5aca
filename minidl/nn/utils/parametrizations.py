"""Parametrizations that are ready made: orthogonal, weight_norm, spectral_norm."""

from __future__ import annotations

from typing import Any

from ...autograd import no_grad
from ...errors import ArgumentError, ShapeError
from ...ops import reparametrization
from ...ops.joining import cat
from ...ops.norms import normalize
from ...ops.sampling import randn, randn_like
from ...tensor import Tensor
from ..module import Module
from .parametrize import register_parametrization
from .spectral_norm import check_iterations, default_dim

_MAPS = {
    "matrix_exp": reparametrization.orthogonal_by_exponential,
    "cayley": reparametrization.orthogonal_by_cayley,
    "householder": reparametrization.orthogonal_by_householder,
}


class _WeightNorm(Module):
    """length * direction / |direction|, slice by slice along `dim`; -1: as a whole."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, length: Tensor, direction: Tensor) -> Any:
        return reparametrization.weight_norm(direction, length, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Any, Any]:
        """Length and direction of a weight."""
        return reparametrization.norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a parameter be its length, `parametrizations.name.original0`, times the direction of `original1`.

    Each slice along `dim` has a length of its own; None: one for all (Salimans & Kingma 2016).  A state with the older
    names `name_g` and `name_v` can be loaded.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Any, state_dict: dict[str, Any], prefix: str, *others: Any) -> None:
        for place, part in enumerate("gv"):
            if f"{prefix}{name}_{part}" in state_dict:
                key = f"{prefix}parametrizations.{name}.original{place}"
                state_dict[key] = state_dict.pop(f"{prefix}{name}_{part}")

    module.register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """weight / sigma, where the power method follows the greatest singular value sigma in training."""

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        check_iterations(n_power_iterations)
        if not -weight.ndim <= dim < weight.ndim:
            raise ArgumentError(f"spectral_norm: dim {dim} of a weight of shape {tuple(weight.shape)}")
        self.dim = dim % weight.ndim
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if weight.ndim > 1:
            matrix = reparametrization.as_matrix(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, normalize(randn(size, dtype=weight.dtype), dim=0, eps=eps))
            self._follow(matrix, 15)

    def _follow(self, matrix: Tensor, steps: int) -> None:
        """Turn u and v towards the singular vectors of the greatest singular value."""
        with no_grad():
            for _ in range(steps):
                self._u.copy_(reparametrization.leading_left(matrix, self._v, self.eps))
                self._v.copy_(reparametrization.leading_right(matrix, self._u, self.eps))

    def forward(self, weight: Tensor) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        if self.training:
            self._follow(reparametrization.as_matrix(weight, self.dim), self.n_power_iterations)
        return reparametrization.spectral_norm(weight, self._u.clone(), self._v.clone(), self.dim)

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: that its singular values are at most 1 is trusted."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Let a parameter be divided by its greatest singular value (Miyato et al. 2018).

    n_power_iterations   steps of the power method each time the parameter is asked for in training
    eps                  the least length by which a vector is divided
    dim                  where the outputs are in the weight: 1 for transposed convolutions, else 0
    """
    weight = getattr(module, name)
    chosen = default_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, chosen, eps))


class _Orthogonal(Module):
    """A matrix with orthonormal rows or columns, whichever are fewer, from one without constraint."""

    def __init__(self, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        q = _MAPS[self.orthogonal_map](x.mT if wide else x)
        if self.use_trivialization:
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, q: Tensor) -> Tensor:
        """What gives q, or the nearest that its columns allow; the first time it also becomes the base."""
        wide = q.shape[-2] < q.shape[-1]
        tall = q.mT if wide else q
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise ArgumentError("orthogonal: only the householder map can be assigned without use_trivialization")
            x = reparametrization.orthogonal_to_householder(tall)
            return x.mT if wide else x
        missing = tall.shape[-2] - tall.shape[-1]
        if missing:
            tall = cat([tall, randn_like(tall[..., :1].expand(*tall.shape[:-1], missing))], -1)
        self.base = reparametrization.orthonormalized(tall)
        start = q.new_zeros(q.shape)
        start.diagonal(0, -2, -1).fill_(-1.0)
        return start


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Let a parameter of at least 2 dimensions have orthonormal rows or columns, whichever are fewer.

    orthogonal_map       "matrix_exp" (Lezcano-Casado & Martinez-Rubio 2019; the default of square matrices), "cayley",
                         or "householder" (the default of others)
    use_trivialization   multiply by a fixed orthogonal matrix, so that training starts at the weight there is
                         (Lezcano-Casado 2019)
    """
    weight = getattr(module, name)
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal: {name} has shape {tuple(weight.shape)}, needs at least 2 dimensions")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in _MAPS:
        raise ArgumentError(f"orthogonal: orthogonal_map {orthogonal_map!r}; needs one of {', '.join(_MAPS)}")
    return register_parametrization(module, name, _Orthogonal(orthogonal_map, use_trivialization), unsafe=True)
