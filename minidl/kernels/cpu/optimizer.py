"""The steps of the optimizers, each a formula for one weight w, its gradient g and its state (see stepping.py).

Numbers that depend on the step alone, such as corrections of a bias, come from the optimizer.  The order of operations
is PyTorch's, so that results agree to the last digits.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from .stepping import step


@register_jitable
def lerp(a, end, share):
    """a + share * (end - a), from whichever end is nearer, so that both ends are exact."""
    one = type(share)(1)
    return a + share * (end - a) if share < 0.5 else end - (end - a) * (one - share)


# --- along the gradient -----------------------------------------------------------------------------------------------


@step
def gradient_descent_step(w, g, /, rate):
    """w -= rate * g"""
    return w - rate * g


@step
def sgd_step(w, g, b, /, rate, momentum, share):
    """b = momentum * b + share * g;  w -= rate * b"""
    b = momentum * b + share * g
    return w - rate * b, b


@step
def nesterov_step(w, g, b, /, rate, momentum, share):
    """b = momentum * b + share * g;  w -= rate * (g + momentum * b)   (Sutskever et al. 2013)"""
    b = momentum * b + share * g
    return w - rate * (g + momentum * b), b


@step
def asgd_step(w, g, average, /, rate, share):
    """w -= rate * g;  average += share * (w - average)   (Polyak & Juditsky 1992)"""
    w = w - rate * g
    return w, w if share == 1 else average + (w - average) * share


@step
def rprop_step(w, g, previous, size, /, shrink, grow, least, most):
    """size *= grow or shrink, as g has kept its sign or not;  w -= size * sign(g)   (Riedmiller & Braun 1993)

    Where the sign has changed, w stays, and the next step takes it for a start.
    """
    turn = g * previous
    if turn != 0:
        size = size * (grow if turn > 0 else shrink)
    if turn < 0:
        g = type(g)(0)
    size = min(max(size, least), most)
    return w - np.sign(g) * size, g, size


@step
def lion_step(w, g, m, /, rate, share1, share2):
    """w -= rate * sign(m + share1 * (g - m));  m += share2 * (g - m)   (Chen et al. 2023, algorithm 2)"""
    return w - rate * np.sign(lerp(m, g, share1)), lerp(m, g, share2)


# --- over the size that gradients have --------------------------------------------------------------------------------


@step
def adagrad_step(w, g, total, /, rate, eps):
    """total += g**2;  w -= rate * g / (sqrt(total) + eps)   (Duchi et al. 2011)"""
    total = total + g * g
    return w - rate * g / (np.sqrt(total) + eps), total


@step
def adadelta_step(w, g, s, d, /, rate, rho, share, eps):
    """s = rho * s + share * g**2;  u = g * sqrt(d + eps) / sqrt(s + eps);  d = rho * d + share * u**2;  w -= rate * u

    Zeiler 2012, algorithm 1.
    """
    s = rho * s + share * g * g
    u = np.sqrt(d + eps) / np.sqrt(s + eps) * g
    return w - rate * u, s, rho * d + share * u * u


@step
def book_rmsprop_step(w, g, s, /, rate, beta, share, eps, factor):
    """s = beta * s + share * g**2;  w -= rate * g / sqrt(factor * s + eps)"""
    s = beta * s + share * g * g
    return w - rate * g / np.sqrt(s * factor + eps), s


@step
def rmsprop_step(w, g, s, /, rate, alpha, share, eps):
    """s = alpha * s + share * g**2;  w -= rate * g / (sqrt(s) + eps)   (Hinton 2012, lecture 6)"""
    s = alpha * s + share * g * g
    return w - rate * g / (np.sqrt(s) + eps), s


@step
def rmsprop_momentum_step(w, g, s, b, /, rate, alpha, share, eps, momentum):
    """The same, with b = momentum * b + g / (sqrt(s) + eps);  w -= rate * b"""
    s = alpha * s + share * g * g
    b = momentum * b + g / (np.sqrt(s) + eps)
    return w - rate * b, s, b


@step
def centered_rmsprop_step(w, g, s, m, /, rate, alpha, share, eps):
    """rmsprop_step with the variance s - m**2 in the place of s, m being the average of g   (Graves 2013)"""
    s = alpha * s + share * g * g
    m = lerp(m, g, share)
    return w - rate * g / (np.sqrt(s - m * m) + eps), s, m


@step
def centered_rmsprop_momentum_step(w, g, s, m, b, /, rate, alpha, share, eps, momentum):
    """rmsprop_momentum_step with the variance s - m**2 in the place of s"""
    s = alpha * s + share * g * g
    m = lerp(m, g, share)
    b = momentum * b + g / (np.sqrt(s - m * m) + eps)
    return w - rate * b, s, m, b


# --- Adam and its relatives -------------------------------------------------------------------------------------------


@step
def adam_step(w, g, m, v, /, rate, share1, beta2, share2, eps, root):
    """m += share1 * (g - m);  v = beta2 * v + share2 * g**2;  w -= rate * m / (sqrt(v) / root + eps)

    Kingma & Ba 2015, algorithm 1, with rate = lr / (1 - beta1**t) and root = sqrt(1 - beta2**t).
    """
    m = lerp(m, g, share1)
    v = beta2 * v + share2 * g * g
    return w - rate * m / (np.sqrt(v) / root + eps), m, v


@step
def amsgrad_step(w, g, m, v, greatest, /, rate, share1, beta2, share2, eps, root):
    """adam_step with the greatest v so far in the place of v   (Reddi et al. 2018)"""
    m = lerp(m, g, share1)
    v = beta2 * v + share2 * g * g
    greatest = max(greatest, v)
    return w - rate * m / (np.sqrt(greatest) / root + eps), m, v, greatest


@step
def adamax_step(w, g, m, u, /, rate, share1, beta2, eps):
    """m += share1 * (g - m);  u = max(beta2 * u, |g| + eps);  w -= rate * m / u   (Kingma & Ba 2015, algorithm 2)"""
    m = lerp(m, g, share1)
    u = max(beta2 * u, abs(g) + eps)
    return w - rate * m / u, m, u


@step
def nadam_step(w, g, m, v, /, along_gradient, along_average, share1, beta2, share2, eps, correction2):
    """adam_step that moves along a mixture of g and m, both over sqrt(v / correction2) + eps   (Dozat 2016)"""
    m = lerp(m, g, share1)
    v = beta2 * v + share2 * g * g
    size = np.sqrt(v / correction2) + eps
    return w - along_gradient * g / size - along_average * m / size, m, v


@step
def radam_step(w, g, m, v, /, rate, share1, beta2, share2, eps, correction1, root, rectification):
    """adam_step times the rectification of how uncertain a short v is   (Liu et al. 2020, algorithm 2)"""
    m = lerp(m, g, share1)
    v = beta2 * v + share2 * g * g
    return w - m / correction1 * rate * (root / (np.sqrt(v) + eps)) * rectification, m, v


@step
def radam_first_step(w, g, m, v, /, rate, share1, beta2, share2, correction1):
    """radam_step while v is too short to be used: w -= rate * m / correction1"""
    m = lerp(m, g, share1)
    v = beta2 * v + share2 * g * g
    return w - m / correction1 * rate, m, v


@step
def lamb_direction(w, g, m, v, r, /, share1, beta2, share2, eps, correction1, correction2, penalty):
    """r = m / correction1 / (sqrt(v / correction2) + eps) + penalty * w; w stays   (You et al. 2020, algorithm 2)"""
    m = lerp(m, g, share1)
    v = beta2 * v + share2 * g * g
    return w, m, v, m / correction1 / (np.sqrt(v / correction2) + eps) + penalty * w
