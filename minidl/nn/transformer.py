"""The transformer: its encoder and decoder, and their layers (Vaswani et al. 2017)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

from ..errors import ArgumentError, ShapeError
from ..ops.creation import full
from ..ops.diagonal import triu
from . import functional as F
from . import init
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

Activation = Callable[[Any], Any]

ACTIVATIONS: dict[str, Activation] = {"relu": F.relu, "gelu": F.gelu}


class TransformerLayer(Module):
    """What the layers of encoder and decoder have in common: attentions, then a network for each place by itself.

    d_model           features of each place
    nhead             heads of each attention
    dim_feedforward   hidden units of the network
    dropout           in training, the share dropped of attention weights, of hidden units and of each block's output
    activation        of the hidden units: "relu", "gelu" or a function
    layer_norm_eps    what the layer norms add to the variance
    batch_first       batches are (N, L, d_model) instead of (L, N, d_model)
    norm_first        x + block(norm(x)) (Xiong et al. 2020) instead of norm(x + block(x))
    bias              with biases, everywhere
    """

    attentions: tuple[str, ...] = ()

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        for name in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
            )
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for i in blocks:
            self.add_module(f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in blocks:
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation = self._activation(activation)

    def _activation(self, given: str | Activation) -> Activation:
        if not isinstance(given, str):
            return given
        if given not in ACTIVATIONS:
            raise ArgumentError(f"{type(self).__name__}: activation {given!r}; needs 'relu', 'gelu' or a function")
        return ACTIVATIONS[given]

    def _residual(self, number: int, block: Callable[[Any], Any], x: Any) -> Any:
        """Block `number` with its norm, its dropout and the way around it."""
        norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        return x + dropout(block(norm(x))) if self.norm_first else norm(x + dropout(block(x)))

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _attended(
        self, attention: Module, query: Any, source: Any, mask: Any, key_padding_mask: Any, is_causal: bool
    ) -> Any:
        """What the places of the query gather from those of the source."""
        return attention(
            query,
            source,
            source,
            attn_mask=mask,
            key_padding_mask=key_padding_mask,
            need_weights=False,
            is_causal=is_causal,
        )[0]


class TransformerEncoderLayer(TransformerLayer):
    __doc__ = TransformerLayer.__doc__
    attentions = ("self_attn",)

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """(L, N, d_model), or (L, d_model), of the same shape; masks as MultiheadAttention's."""

        def attention(x: Any) -> Any:
            return self._attended(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal)

        return self._residual(2, self._feed_forward, self._residual(1, attention, src))


class TransformerDecoderLayer(TransformerLayer):
    __doc__ = TransformerLayer.__doc__
    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """(T, N, d_model) and the encoder's memory (S, N, d_model), or both without N, to the shape of the first.

        Masks as MultiheadAttention's: (T, T) and (T, S), and for padding (N, T) and (N, S).  tgt_is_causal says that
        tgt_mask is the causal one; None: leave it at the mask.
        """

        def own(x: Any) -> Any:
            return self._attended(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask, bool(tgt_is_causal))

        def remembered(x: Any) -> Any:
            return self._attended(
                self.multihead_attn, x, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            )

        return self._residual(3, self._feed_forward, self._residual(2, remembered, self._residual(1, own, tgt)))


def _copies(layer: Module, count: int) -> ModuleList:
    """Layers like this one, each with parameters of its own, which start equal."""
    return ModuleList(copy.deepcopy(layer) for _ in range(count))


class TransformerEncoder(Module):
    """`num_layers` copies of a layer one after the other, then `norm`.

    enable_nested_tensor and mask_check are taken for PyTorch's sake: they say how it may compute, not what.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        """As one layer's.  is_causal says that the mask is the causal one; None: leave it at the mask."""
        for layer in self.layers:
            src = layer(
                src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal)
            )  # fmt: skip
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """`num_layers` copies of a layer one after the other, all with the same memory, then `norm`."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """As one layer's.  tgt_is_causal says that the mask is the causal one; None: leave it at the mask."""
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, bool(tgt_is_causal), memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """Encoder and decoder, each with a norm at its end: source (S, N, d_model), target (T, N, d_model) -> as target.

    custom_encoder, custom_decoder   modules in their place, called as `TransformerEncoder` and `TransformerDecoder`
    Other arguments as TransformerLayer's.  All matrices start as Glorot & Bengio's (2010), uniform.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = F.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()

        def layer(kind: type[TransformerLayer]) -> TransformerLayer:
            return kind(
                d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
                device, dtype,
            )  # fmt: skip

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(layer(TransformerEncoderLayer), num_encoder_layers, norm())
        self.decoder = custom_decoder or TransformerDecoder(layer(TransformerDecoderLayer), num_decoder_layers, norm())
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The decoder's output for a target, with what the encoder makes of the source as its memory.

        Masks as MultiheadAttention's: (S, S), (T, T) and (T, S), and for padding (N, S), (N, T) and (N, S).
        """
        self._check(src, tgt)
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )  # fmt: skip
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    def _check(self, src: Any, tgt: Any) -> None:
        got = f"Transformer: source {tuple(src.shape)}, target {tuple(tgt.shape)}"
        if src.ndim != tgt.ndim or src.ndim not in (2, 3):
            raise ShapeError(f"{got}; needs (S, N, {self.d_model}) and (T, N, {self.d_model}), or both without N")
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(f"{got}; needs one batch size, dimension {batch} as batch_first={self.batch_first} says")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(f"{got}; needs d_model={self.d_model} features")

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """The causal mask (sz, sz), to be added to scores: minus infinity above the diagonal, zero elsewhere."""
        return triu(full((sz, sz), -math.inf, dtype=dtype, device=device), 1)
