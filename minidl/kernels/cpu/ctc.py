"""Connectionist temporal classification: the forward-backward algorithm (Graves et al. 2006)."""

from __future__ import annotations

import numpy as np

from .jit import serial


@serial
def ctc_sample(log_probs, labels, blank, gradient):
    """-log of the chance of `labels` (S,) under log_probs (T, C); its slope is written into gradient (T, C).

    The labels stand between blanks: places 0, 2, 4, ... are blanks, places 1, 3, ... labels.
    """
    steps, count = log_probs.shape[0], 2 * labels.shape[0] + 1
    forward = np.full((steps, count), -np.inf)
    backward = np.full((steps, count), -np.inf)
    symbols = np.full(count, blank)
    for s in range(labels.shape[0]):
        symbols[2 * s + 1] = labels[s]
    forward[0, 0] = log_probs[0, blank]
    if count > 1:
        forward[0, 1] = log_probs[0, symbols[1]]
    for t in range(1, steps):
        for s in range(count):
            total = forward[t - 1, s]
            if s > 0:
                total = np.logaddexp(total, forward[t - 1, s - 1])
            if s > 1 and symbols[s] != blank and symbols[s] != symbols[s - 2]:
                total = np.logaddexp(total, forward[t - 1, s - 2])
            forward[t, s] = total + log_probs[t, symbols[s]]
    likelihood = forward[steps - 1, count - 1]
    if count > 1:
        likelihood = np.logaddexp(likelihood, forward[steps - 1, count - 2])
    if likelihood == -np.inf:
        return np.inf
    backward[steps - 1, count - 1] = 0.0
    if count > 1:
        backward[steps - 1, count - 2] = 0.0
    for t in range(steps - 2, -1, -1):
        for s in range(count):
            total = backward[t + 1, s] + log_probs[t + 1, symbols[s]]
            if s + 1 < count:
                total = np.logaddexp(total, backward[t + 1, s + 1] + log_probs[t + 1, symbols[s + 1]])
            if s + 2 < count and symbols[s + 2] != blank and symbols[s + 2] != symbols[s]:
                total = np.logaddexp(total, backward[t + 1, s + 2] + log_probs[t + 1, symbols[s + 2]])
            backward[t, s] = total
    for t in range(steps):
        for s in range(count):
            gradient[t, symbols[s]] -= np.exp(forward[t, s] + backward[t, s] - likelihood)
    return -likelihood


def ctc(log_probs, labels, lengths, blank):
    """Losses (N,) and slopes (T, N, C) of log_probs (T, N, C): N vectors of labels, N numbers of steps."""
    losses = np.zeros(log_probs.shape[1], log_probs.dtype)
    slopes = np.zeros_like(log_probs)
    for n, own in enumerate(labels):
        steps = int(lengths[n])
        if steps == 0:
            losses[n] = np.inf if own.size else 0
            continue
        part = np.ascontiguousarray(log_probs[:steps, n], np.float64)
        slope = np.exp(part)
        losses[n] = ctc_sample(part, own, blank, slope)
        slopes[:steps, n] = slope
    return losses, slopes
