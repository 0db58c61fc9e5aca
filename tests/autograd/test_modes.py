"""Whether operations are recorded, by scope and by thread."""

import threading

import pytest

import minidl
from minidl import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled


@pytest.fixture
def x():
    return minidl.ones(2).requires_grad_()


def test_nothing_is_recorded_within_no_grad(x):
    with no_grad():
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_one_scope_can_be_entered_again_inside_itself(x):
    scope = no_grad()
    with scope, enable_grad():
        with scope:
            assert not (x * 2).requires_grad
        assert (x * 2).requires_grad
    assert (x * 2).requires_grad


@pytest.mark.parametrize("decorate", [no_grad, no_grad(), inference_mode()])
def test_decorated_functions_record_nothing(x, decorate):
    @decorate
    def double(t, factor=2):
        """Twice."""
        return t * factor

    assert not double(x, factor=2).requires_grad
    assert double.__name__ == "double" and double.__doc__ == "Twice."
    assert (x * 2).requires_grad


def test_the_mode_returns_after_an_error(x):
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert is_grad_enabled()


def test_set_grad_enabled_is_a_scope_and_a_statement(x):
    with set_grad_enabled(False):
        assert not is_grad_enabled()
    assert is_grad_enabled()
    set_grad_enabled(False)
    try:
        assert not (x * 2).requires_grad
    finally:
        set_grad_enabled(True)


def test_threads_have_a_mode_of_their_own():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_a_thread_that_does_not_record_keeps_no_other_from_it(x):
    off, done = threading.Event(), threading.Event()
    seen = []

    def without_recording():
        minidl.set_grad_enabled(False)  # and never on again
        off.set()
        done.wait()
        seen.append((x * 2).requires_grad)

    thread = threading.Thread(target=without_recording)
    thread.start()
    off.wait()
    seen.append((x * 2).requires_grad)
    with no_grad():
        seen.append((x * 2).requires_grad)
    seen.append((x * 2).requires_grad)
    done.set()
    thread.join()
    assert seen == [True, False, True, False]
    assert (x * 2).requires_grad
    with no_grad(), no_grad():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_a_pass_that_is_not_recorded_leaves_the_mode_as_it_was(x):
    modes = []
    x.register_hook(lambda g: modes.append(is_grad_enabled()))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    assert modes == [False, True]
    assert is_grad_enabled()


def test_inference_mode_says_whether():
    x = minidl.ones(2).requires_grad_()
    with minidl.inference_mode(True):
        assert not (x * 2).requires_grad
        with minidl.inference_mode(False):
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad

    @minidl.inference_mode
    def bare(x):
        return x * 2

    @minidl.inference_mode(mode=True)
    def called(x):
        return x * 2

    assert not bare(x).requires_grad and not called(x).requires_grad
