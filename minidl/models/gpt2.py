"""GPT-2: the GPT of gpt.py in the shape in which its weights were published.

Radford et al. 2019, Language models are unsupervised multitask learners.  Parameters have the names and the shapes of
Hugging Face's GPT2LMHeadModel, whose files of weights `load_state_dict` takes as they are.
"""

from __future__ import annotations

from typing import Any

import minidl
from minidl import nn
from minidl.nn import functional as F

from .gpt import GPT


class Conv1D(nn.Module):
    """x @ weight + bias, (..., in_features) -> (..., out_features): a linear layer whose weight is (in, out)."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(minidl.empty(in_features, out_features))
        self.bias = nn.Parameter(minidl.zeros(out_features))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Any) -> Any:
        return F.linear(x, self.weight.t(), self.bias)


class GPT2(GPT):
    """Tokens (N, T), T at most n_positions -> logits (N, T, vocab_size); 124,439,808 parameters by default.

    The larger ones: n_embd=1024, n_layer=24, n_head=16 (medium); 1280, 36, 20 (large); 1600, 48, 25 (XL).
    """

    def __init__(
        self,
        vocab_size: int = 50257,
        n_positions: int = 1024,
        n_embd: int = 768,
        n_layer: int = 12,
        n_head: int = 12,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(vocab_size, n_positions, n_layer, n_head, n_embd, dropout, Conv1D)

    def complete_state(self, state: dict[str, Any], prefix: str, *_: Any) -> None:
        """Give a published file's state this model's keys.

        Such a file may leave out "transformer." before each key, and hold the masks of causal attention.
        """
        for key in [key for key in state if key.startswith(prefix)]:
            name = key.removeprefix(prefix)
            if name.endswith((".attn.bias", ".attn.masked_bias")):
                del state[key]
            elif name.startswith(("wte.", "wpe.", "h.", "ln_f.")):
                state[f"{prefix}transformer.{name}"] = state.pop(key)
        super().complete_state(state, prefix)
