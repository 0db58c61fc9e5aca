"""GPT: a transformer that predicts each next token of a text from those before it.

Radford et al. 2019, Language models are unsupervised multitask learners, on the decoder of Vaswani et al. 2017.  The
names and the layout are those of Karpathy's nanoGPT, and through it of GPT-2 (gpt2.py); the defaults are its model of
single characters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import minidl
from minidl import nn
from minidl.errors import ArgumentError, ShapeError
from minidl.nn import functional as F

from .language_model import LanguageModel

MakeLinear = Callable[[int, int], nn.Module]
"""What makes a linear layer of so many features to so many."""


class CausalSelfAttention(nn.Module):
    """Each place gathers from itself and those before it (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, n_embd: int, n_head: int, dropout: float, linear: MakeLinear) -> None:
        super().__init__()
        if n_head < 1 or n_embd % n_head:
            raise ArgumentError(f"GPT: n_embd={n_embd}, n_head={n_head}; the heads must divide the features")
        self.n_head = n_head
        self.dropout = dropout
        self.c_attn = linear(n_embd, 3 * n_embd)  # queries, keys and values
        self.c_proj = linear(n_embd, n_embd)
        self.resid_dropout = nn.Dropout(dropout)

    def forward(self, x: Any) -> Any:
        n, t, c = x.shape
        q, k, v = (
            part.reshape(n, t, self.n_head, c // self.n_head).transpose(1, 2) for part in self.c_attn(x).split(c, 2)
        )
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout if self.training else 0.0, is_causal=True)
        return self.resid_dropout(self.c_proj(y.transpose(1, 2).reshape(n, t, c)))


class MLP(nn.Module):
    """Each place by itself, through four times as many features."""

    def __init__(self, n_embd: int, dropout: float, linear: MakeLinear) -> None:
        super().__init__()
        self.c_fc = linear(n_embd, 4 * n_embd)
        self.act = nn.GELU("tanh")
        self.c_proj = linear(4 * n_embd, n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Any) -> Any:
        return self.dropout(self.c_proj(self.act(self.c_fc(x))))


class Block(nn.Module):
    """Attention, then the MLP, each added to its input, which is normalised before."""

    def __init__(self, n_embd: int, n_head: int, dropout: float, linear: MakeLinear) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd)
        self.attn = CausalSelfAttention(n_embd, n_head, dropout, linear)
        self.ln_2 = nn.LayerNorm(n_embd)
        self.mlp = MLP(n_embd, dropout, linear)

    def forward(self, x: Any) -> Any:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(LanguageModel):
    """Tokens (N, T), whole numbers, T at most block_size -> logits (N, T, vocab_size) of each place's next token.

    vocab_size   how many tokens there are
    block_size   how many places it can look back
    n_layer, n_head, n_embd   blocks, heads of each, features of a place
    linear       what makes the blocks' linear layers
    """

    def __init__(
        self,
        vocab_size: int,
        block_size: int = 256,
        n_layer: int = 6,
        n_head: int = 6,
        n_embd: int = 384,
        dropout: float = 0.0,
        linear: MakeLinear = nn.Linear,
    ) -> None:
        super().__init__()
        self.block_size = block_size
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab_size, n_embd),
                "wpe": nn.Embedding(block_size, n_embd),
                "drop": nn.Dropout(dropout),
                "h": nn.ModuleList(Block(n_embd, n_head, dropout, linear) for _ in range(n_layer)),
                "ln_f": nn.LayerNorm(n_embd),
            }
        )
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)
        self.lm_head.weight = self.transformer["wte"].weight  # one matrix into and out of the model (Press & Wolf 2017)
        self._draw(n_layer)
        self.register_load_state_dict_pre_hook(type(self).complete_state)

    def _draw(self, n_layer: int) -> None:
        """Normal (0, 0.02), less where blocks add up (Radford et al. 2019, section 2.3); biases 0."""
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * n_layer))
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
            elif not name.endswith("weight"):
                nn.init.zeros_(parameter)

    def complete_state(self, state: dict[str, Any], prefix: str, *_: Any) -> None:
        """Let one name of the shared matrix be enough: files such as safetensors write shared memory once."""
        names = f"{prefix}transformer.wte.weight", f"{prefix}lm_head.weight"
        for name, other in (names, names[::-1]):
            if other in state:
                state.setdefault(name, state[other])

    def forward(self, tokens: Any) -> Any:
        if tokens.ndim != 2 or tokens.shape[1] > self.block_size:
            raise ShapeError(
                f"{type(self).__name__}: tokens {tuple(tokens.shape)}; needs (N, T), T at most {self.block_size}, the "
                "places that it has"
            )
        parts = self.transformer
        x = parts["drop"](parts["wte"](tokens) + parts["wpe"](minidl.arange(tokens.shape[1])))
        for block in parts["h"]:
            x = block(x)
        return self.lm_head(parts["ln_f"](x))

    def expect(self, text: Any, state: None) -> tuple[Any, None]:
        """Logits of what follows the text, of which it sees the last block_size places; nothing is kept in mind."""
        return self(text[:, -self.block_size :])[:, -1], None
