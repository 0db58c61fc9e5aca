"""A character LSTM: it reads a text letter by letter and keeps in mind what it has read.

Graves 2013, Generating sequences with recurrent neural networks (arXiv:1308.0850), on the cells of Hochreiter and
Schmidhuber 1997.
"""

from __future__ import annotations

from typing import Any

from minidl import nn

from .language_model import LanguageModel


class CharLSTM(LanguageModel):
    """Tokens (N, T), whole numbers -> logits (N, T, vocab_size) of each place's next token, and the last state.

    embedding    features of a letter
    hidden       units of each layer
    state        that of an earlier call, with which the text goes on
    """

    def __init__(
        self, vocab_size: int, embedding: int = 64, hidden: int = 256, num_layers: int = 2, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding)
        self.lstm = nn.LSTM(embedding, hidden, num_layers, batch_first=True, dropout=dropout)
        self.head = nn.Linear(hidden, vocab_size)

    def forward(self, tokens: Any, state: Any = None) -> tuple[Any, Any]:
        outputs, state = self.lstm(self.embedding(tokens), state)
        return self.head(outputs), state

    def expect(self, text: Any, state: Any) -> tuple[Any, Any]:
        """Logits of what follows the text, of which it reads what it has not read yet."""
        logits, state = self(text if state is None else text[:, -1:], state)
        return logits[:, -1], state
