"""Softmax over very many classes, of which a few are frequent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import ArgumentError
from ..ops.adaptive_softmax import adaptive_log_probabilities, adaptive_log_softmax, cluster_sizes
from ..ops.extremes import argmax
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module


class AdaptiveOutput(NamedTuple):
    """output: the log-probability of each target, (N,);  loss: their mean, negated."""

    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of classes numbered by frequency, the rarer ones in clusters (Grave et al. 2017).

    cutoffs     rising: where each cluster begins; the classes before the first are in the head
    div_value   cluster i, counted from 1, first maps the features to in_features / div_value^i
    head_bias   whether the head has a bias
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        bounds = list(cutoffs)
        whole = all(isinstance(cutoff, int) for cutoff in bounds)
        if not bounds or not whole or bounds != sorted(set(bounds)) or bounds[0] < 1 or bounds[-1] >= n_classes:
            raise ArgumentError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs {bounds}; needs rising whole numbers of 1 to {n_classes - 1}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*bounds, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        sizes = cluster_sizes(self.cutoffs)
        self.head = Linear(in_features, bounds[0] + len(sizes), head_bias, device, dtype)
        self.tail = ModuleList()
        for i, size in enumerate(sizes, 1):
            narrow = int(in_features // div_value**i)
            first = Linear(in_features, narrow, False, device, dtype)
            self.tail.append(Sequential(first, Linear(narrow, size, False, device, dtype)))

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        for part in self.modules():
            if isinstance(part, Linear):
                part.reset_parameters()

    def forward(self, input_: Any, target_: Any) -> AdaptiveOutput:
        """(N, in_features) or (in_features,), and classes (N,) or ()."""
        return AdaptiveOutput(*adaptive_log_softmax(input_, target_, self.head, list(self.tail), self.cutoffs))

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes: (N, in_features) -> (N, n_classes)."""
        return adaptive_log_probabilities(input, self.head, list(self.tail), self.cutoffs)

    def predict(self, input: Any) -> Any:
        """The most probable class of each sample: (N, in_features) -> (N,)."""
        return argmax(self.log_prob(input), 1)
