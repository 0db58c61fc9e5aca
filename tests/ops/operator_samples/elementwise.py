"""Functions of each element, activations."""

from __future__ import annotations

from .base import S, backwards, normal, positive

SAMPLES = [
    S("square", lambda T, a: T.square(a), [normal(3, 2)]),
    S("sqrt", lambda T, a: T.sqrt(a), [positive(3)]),
    S("rsqrt", lambda T, a: T.rsqrt(a), [positive(3)]),
    S("reciprocal", lambda T, a: T.reciprocal(a), [positive(3)]),
    S("exp", lambda T, a: T.exp(a), [backwards(3, 2)]),
    S("log", lambda T, a: T.log(a), [positive(3)]),
    S("log1p", lambda T, a: T.log1p(a), [positive(3)]),
    S("expm1", lambda T, a: T.expm1(a), [normal(3)]),
    S("sin", lambda T, a: T.sin(a), [normal(3)]),
    S("cos", lambda T, a: T.cos(a), [normal(3)]),
    S("abs", lambda T, a: T.abs(a), [normal(5)]),
    S("clone", lambda T, a: T.clone(a), [normal(3)]),
    S("to", lambda T, a: a.to(T.float64) * 2, [normal(3)]),
    S("type_as", lambda T, a, b: a.type_as(b) + b, [normal(3), normal(3)]),
    S("tanh", lambda T, a: T.tanh(a), [normal(3, 5)]),
    S("sigmoid", lambda T, a: T.sigmoid(a), [normal(3, 5)]),
    S("relu", lambda T, a: T.relu(a), [normal(3, 5)]),
    S("leaky_relu", lambda T, a: T.nn.functional.leaky_relu(a, 0.2), [normal(7)]),
    S("elu", lambda T, a: T.nn.functional.elu(a, 0.7), [normal(7)]),
    S("softplus", lambda T, a: T.nn.functional.softplus(a, 2.0, 1.5), [normal(7)]),
    S("logsigmoid", lambda T, a: T.nn.functional.logsigmoid(a), [normal(7)]),
    S("softmax", lambda T, a: T.softmax(a, 1), [normal(2, 5, 3)]),
    S("softmax last", lambda T, a: T.softmax(a, -1), [normal(3, 5)]),
    S("log_softmax", lambda T, a: T.log_softmax(a, 0), [normal(4, 3)]),
    S("log_softmax last", lambda T, a: a.log_softmax(-1), [normal(3, 4)]),
]
