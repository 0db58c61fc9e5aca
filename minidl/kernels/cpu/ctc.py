"""Connectionist temporal classification: the forward-backward algorithm (Graves et al. 2006)."""

from __future__ import annotations

import numpy as np

from .jit import serial


def ctc(log_probs, labels, lengths, blank):
    """Losses (N,) and slopes (T, N, C) of log_probs (T, N, C): N vectors of labels, N numbers of steps.

    A loss is -log of the chance of the labels; of labels that so few steps cannot give it is infinite, its slope NaN.
    The slopes are those in the numbers that log_softmax made log_probs of.
    """
    losses = np.zeros(log_probs.shape[1], log_probs.dtype)
    slopes = np.zeros_like(log_probs)
    for n, own in enumerate(labels):
        steps = int(lengths[n])
        if steps == 0:
            losses[n] = np.inf if own.size else 0
            continue
        symbols = np.full(2 * own.size + 1, blank)
        symbols[1::2] = own
        part = np.ascontiguousarray(log_probs[:steps, n], np.float64)
        slope = np.exp(part)
        losses[n] = _sample(part, symbols, slope)
        slopes[:steps, n] = slope
    return losses, slopes


@serial
def _sample(log_probs, symbols, slope):
    """The loss of one sample of log_probs (T, C); the chance of each symbol at each time is taken off the slope (T, C).

    symbols (S,): the labels with blanks before, between and after them.
    """
    steps, last = len(log_probs) - 1, len(symbols) - 1
    before, after = _forward(log_probs, symbols), _backward(log_probs, symbols)
    likelihood = before[steps, last]
    if last > 0:
        likelihood = np.logaddexp(likelihood, before[steps, last - 1])
    if likelihood == -np.inf:
        slope[:] = np.nan
        return np.inf
    for t in range(len(log_probs)):
        for s in range(len(symbols)):
            slope[t, symbols[s]] -= np.exp(before[t, s] + after[t, s] - likelihood)
    return -likelihood


@serial
def _forward(log_probs, symbols):
    """The log-chances (T, S) of all ways to be at a symbol at a time (Graves et al. 2006, eq. 6 and 7)."""
    chances = np.full((len(log_probs), len(symbols)), -np.inf)
    chances[0, 0] = log_probs[0, symbols[0]]
    if len(symbols) > 1:
        chances[0, 1] = log_probs[0, symbols[1]]
    for t in range(1, len(log_probs)):
        for s in range(len(symbols)):
            total = chances[t - 1, s]
            if s > 0:
                total = np.logaddexp(total, chances[t - 1, s - 1])
            if s > 1 and symbols[s] != symbols[s - 2]:  # over a blank, but not between equal labels or blanks
                total = np.logaddexp(total, chances[t - 1, s - 2])
            chances[t, s] = total + log_probs[t, symbols[s]]
    return chances


@serial
def _backward(log_probs, symbols):
    """The log-chances (T, S) of all ways on from a symbol at a time to the end (eq. 9 to 11, less the time itself)."""
    steps, last = len(log_probs) - 1, len(symbols) - 1
    chances = np.full((len(log_probs), len(symbols)), -np.inf)
    chances[steps, last] = 0.0
    if last > 0:
        chances[steps, last - 1] = 0.0
    for t in range(steps - 1, -1, -1):
        for s in range(len(symbols)):
            total = chances[t + 1, s] + log_probs[t + 1, symbols[s]]
            if s < last:
                total = np.logaddexp(total, chances[t + 1, s + 1] + log_probs[t + 1, symbols[s + 1]])
            if s < last - 1 and symbols[s] != symbols[s + 2]:
                total = np.logaddexp(total, chances[t + 1, s + 2] + log_probs[t + 1, symbols[s + 2]])
            chances[t, s] = total
    return chances
