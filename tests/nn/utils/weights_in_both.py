"""The same module in both frameworks, and the comparison of what a training pass does to it."""

import numpy as np

import minidl

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def twins(torch, build):
    """build(T) in both frameworks, with PyTorch's initial values."""
    ours, theirs = build(minidl), build(torch)
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    return ours, theirs


def assert_same_state(ours, theirs):
    theirs = theirs.state_dict()
    ours = ours.state_dict()
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        np.testing.assert_allclose(value.numpy(), theirs[key].numpy(), **CLOSE, err_msg=key)


def assert_same_passes(torch, build, x):
    """Two passes in training and one in evaluation; returns the modules."""
    ours, theirs = twins(torch, build)
    assert repr(ours) == repr(theirs)
    for training in (True, True, False):
        ours.train(training)
        theirs.train(training)
        assert_same_pass(torch, ours, theirs, x)
    return ours, theirs


def assert_same_pass(torch, ours, theirs, x):
    """Forward and backward give the same result, gradients and buffers."""
    results = [module(T.tensor(x)) for T, module in ((minidl, ours), (torch, theirs))]
    np.testing.assert_allclose(results[0].detach().numpy(), results[1].detach().numpy(), **CLOSE)
    for module, result in zip((ours, theirs), results, strict=True):
        module.zero_grad()
        (result * result).sum().backward()
    scale = max(float(parameter.grad.abs().max()) for parameter in theirs.parameters())
    for (name, a), (other, b) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other
        np.testing.assert_allclose(a.grad.numpy() / scale, b.grad.numpy() / scale, **CLOSE, err_msg=name)
    assert_same_state(ours, theirs)
