"""Connectionist temporal classification: the forward-backward algorithm (Graves et al. 2006)."""

from __future__ import annotations

import numpy as np
from numba import prange

from .. import threads
from .jit import parallel, serial

PLACES_FROM = 1 << 9
"""Times and symbols of all samples together from which dividing the samples among threads pays (on 2 cores)."""


def ctc(log_probs, labels, lengths, blank):
    """Losses (N,) and slopes (T, N, C) of log_probs (T, N, C): N vectors of labels, N numbers of steps.

    A loss is -log of the chance of the labels; of labels that so few steps cannot give it is infinite, its slope NaN.
    The slopes are those in the numbers that log_softmax made log_probs of.
    """
    samples = np.ascontiguousarray(log_probs.swapaxes(0, 1), np.float64)
    counts = np.array([2 * own.size + 1 for own in labels], np.int64)
    symbols = np.full((len(samples), counts.max(initial=1)), blank, np.int64)
    slopes, losses = np.exp(samples), np.empty(len(samples))
    for own, line, slope, steps in zip(labels, symbols, slopes, lengths, strict=True):
        line[1 : 2 * own.size : 2] = own
        slope[steps:] = 0
    workers = threads.workers(symbols.size * samples.shape[1], PLACES_FROM)
    _samples(samples, symbols, counts, np.ascontiguousarray(lengths, np.int64), slopes, losses, workers)
    of_steps = np.empty(log_probs.shape, log_probs.dtype)
    of_steps[...] = slopes.swapaxes(0, 1)
    return losses.astype(log_probs.dtype), of_steps


@parallel
def _samples(log_probs, symbols, counts, lengths, slopes, losses, workers):
    for t in prange(workers):
        for n in range(t * len(losses) // workers, (t + 1) * len(losses) // workers):
            steps, own = lengths[n], symbols[n, : counts[n]]
            if steps > 0:
                losses[n] = _sample(log_probs[n, :steps], own, slopes[n, :steps])
            else:
                losses[n] = 0.0 if counts[n] == 1 else np.inf


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
