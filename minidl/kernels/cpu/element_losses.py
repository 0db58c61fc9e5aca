"""Losses of each element and their gradients in one pass; what arrives is often one number for all, and comes last."""

from __future__ import annotations

from .exponential import exp, log1p_of_unit
from .ufuncs import elementwise_with_numbers


@elementwise_with_numbers
def squared_distance(real):
    """(x - target)^2"""
    return lambda x, target: (x - target) * (x - target)


@elementwise_with_numbers
def scaled_distance(real):
    """g (x - target)"""
    return lambda x, target, g: g * (x - target)


@elementwise_with_numbers
def smooth_absolute(real):
    """Of d = x - target, d^2 / (2 beta) where |d| < beta, else |d| - beta / 2 (Girshick 2015)."""
    half = real(0.5)

    def function(x, target, beta):
        d = x - target
        size = abs(d)
        return d * d * (half / beta) if size < beta else size - half * beta

    return function


@elementwise_with_numbers
def smooth_absolute_gradient(real):
    """Of d = x - target, g times d / beta where |d| < beta, else g times the sign of d."""
    zero = real(0)

    def gradient(x, target, g, beta):
        d = x - target
        edge = -g if d < zero else g
        return edge if abs(d) >= beta else g * (d / beta)

    return gradient


@elementwise_with_numbers
def huber(real):
    """Of d = x - target, d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2) (Huber 1964)."""
    half = real(0.5)

    def function(x, target, delta):
        d = x - target
        size = abs(d)
        return d * d * half if size <= delta else (size - half * delta) * delta

    return function


@elementwise_with_numbers
def huber_gradient(real):
    """Of d = x - target, g times d where |d| < delta, else g delta times the sign of d."""
    zero = real(0)

    def gradient(x, target, g, delta):
        d = x - target
        edge = -delta if d < zero else delta
        return g * edge if abs(d) >= delta else g * d

    return gradient


@elementwise_with_numbers
def logistic_loss(real):
    """(1 - target) x - log(sigmoid(x)), the binary cross entropy of sigmoid(x), without overflow."""
    zero, one = real(0), real(1)
    return lambda x, target: (one - target) * x - (min(x, zero) - log1p_of_unit(exp(-abs(x))))


@elementwise_with_numbers
def logistic_loss_gradient(real):
    """g (sigmoid(x) - target)"""
    one = real(1)
    return lambda x, target, g: g * (one / (one + exp(-x)) - target)
