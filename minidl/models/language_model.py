"""What language models share: a text is continued with tokens drawn from what the model expects."""

from __future__ import annotations

from typing import Any

import minidl
from minidl import nn
from minidl.errors import ArgumentError, ShapeError
from minidl.nn import functional as F
from minidl.random import Generator


class LanguageModel(nn.Module):
    """A model that says of a text how likely each token comes next."""

    def expect(self, text: Any, state: Any) -> tuple[Any, Any]:
        """Logits (N, vocab_size) of what follows the text (N, T), and what the model keeps in mind.

        state   what it kept in mind of the text without its last token; None at first
        """
        raise ArgumentError(f"{type(self).__name__} defines no expect(self, text, state)")

    def generate(
        self,
        tokens: Any,
        max_new_tokens: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Any:
        """The text (N, T) continued, (N, T + max_new_tokens); call `eval()` before.

        temperature, top_k   as those of `draw_next`
        """
        if tokens.ndim != 2 or not tokens.shape[1]:
            raise ShapeError(f"generate: tokens {tuple(tokens.shape)}; needs (N, T), each text with a first token")
        state = None
        with minidl.no_grad():
            for _ in range(max_new_tokens):
                logits, state = self.expect(tokens, state)
                tokens = minidl.cat([tokens, draw_next(logits, temperature, top_k, generator)], 1)
        return tokens


def draw_next(
    logits: Any, temperature: float = 1.0, top_k: int | None = None, generator: Generator | None = None
) -> Any:
    """Logits (N, vocab_size) -> tokens (N, 1).

    temperature   below 1 the likely tokens become likelier; 0 takes the likeliest
    top_k         only so many of the likeliest tokens take part (Fan, Lewis and Dauphin 2018, section 5.2)

    Raises ArgumentError for a negative temperature or a top_k below 1.
    """
    if not temperature >= 0:
        raise ArgumentError(f"generate: temperature={temperature}; needs 0 or a positive number")
    if top_k is not None and top_k < 1:
        raise ArgumentError(f"generate: top_k={top_k}; needs at least 1, or None for all tokens")
    if temperature == 0:
        return logits.argmax(-1, keepdim=True)
    logits = logits / temperature
    if top_k is not None:
        least = minidl.topk(logits, min(top_k, logits.shape[-1])).values[:, -1:]
        logits = minidl.where(logits < least, -float("inf"), logits)
    return minidl.multinomial(F.softmax(logits, -1), 1, generator=generator)
