"""MultiheadAttention."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..ops.creation import empty
from ..ops.shape import transpose
from . import functional as F
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """Linear, under the name by which PyTorch shows the last one of its attention."""


class MultiheadAttention(Module):
    """Attention of several heads, between projections into and out of them (Vaswani et al. 2017, section 3.2.2).

    embed_dim       features of query and output, divided among the heads
    dropout         in training, the share of the attention weights that is dropped
    bias            with biases, of the projections
    add_bias_kv     a further, learned place behind those of key and value
    add_zero_attn   a further place of zeros
    kdim, vdim      features of key and value; embed_dim if left out
    batch_first     batches are (N, L, E) instead of (L, N, E)

    The projections into the heads start as Glorot & Bengio's (2010), uniform; their biases at zero.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ArgumentError(
                f"MultiheadAttention: embed_dim={embed_dim}, num_heads={num_heads}; needs a number of heads that "
                "divides the features"
            )
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"MultiheadAttention: dropout={dropout}; a probability is from 0 to 1")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(*shape, dtype=dtype, device=device))

        together = self._projects_together
        self.register_parameter("in_proj_weight", parameter(3 * embed_dim, embed_dim) if together else None)
        for name, features in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(f"{name}_proj_weight", None if together else parameter(embed_dim, features))
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim) if bias else None)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, parameter(1, 1, embed_dim) if add_bias_kv else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, dtype=dtype)
        self._reset_parameters()

    @property
    def _projects_together(self) -> bool:
        """Whether query, key and value have equal features, so that one matrix projects all of them."""
        return self.kdim == self.vdim == self.embed_dim

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for place in (self.bias_k, self.bias_v):
            if place is not None:
                init.xavier_normal_(place)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """What each place of the query gathers, and how much it takes from each place, None without need_weights.

        query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> (L, N, embed_dim) and (N, L, S), all without N
        for a single sequence.  The masks are those of `functional.multi_head_attention_forward`.
        """
        turned = self.batch_first and query.ndim == 3
        if turned:
            query, key, value = _turned(query, key, value)
        output, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._projects_together,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return transpose(output, 0, 1) if turned else output, weights


def _turned(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """Batch and places changed; what is one tensor stays one, for which one product projects all three."""
    turned_query = transpose(query, 0, 1)
    turned_key = turned_query if key is query else transpose(key, 0, 1)
    return turned_query, turned_key, turned_key if value is key else transpose(value, 0, 1)
