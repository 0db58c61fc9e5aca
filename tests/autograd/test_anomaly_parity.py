"""detect_anomaly: a backward pass that stops at the first NaN and says where."""

import pytest

import minidl
from minidl.errors import GraphError

torch = pytest.importorskip("torch")


def program(T):
    x = T.zeros(2, requires_grad=True)
    return x, (T.sqrt(x * 0) * 0).sum()


@pytest.mark.filterwarnings("ignore:Anomaly Detection", "ignore:Error detected")
@pytest.mark.parametrize("T", [minidl, torch])
def test_the_operator_is_named(T):
    x, loss = program(T)
    with T.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="SqrtBackward"):
        loss.backward()
    x, loss = program(T)
    loss.backward()
    assert x.grad.isnan().all()
    with T.autograd.detect_anomaly(check_nan=False):
        program(T)[1].backward()


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
@pytest.mark.parametrize("T", [minidl, torch])
def test_modes(T):
    assert not T.is_anomaly_enabled()
    with T.autograd.set_detect_anomaly(True):
        assert T.is_anomaly_enabled() and T.is_anomaly_check_nan_enabled()
        with T.autograd.set_detect_anomaly(False):
            assert not T.is_anomaly_enabled()
        assert T.is_anomaly_enabled()
    assert not T.is_anomaly_enabled()
    T.autograd.set_detect_anomaly(True)
    assert T.is_anomaly_enabled()
    T.autograd.set_detect_anomaly(False)
    assert not T.is_anomaly_enabled()


def test_results_are_the_same_where_nothing_is_wrong():
    x = minidl.tensor([0.3, 2.0], requires_grad=True)
    plain = minidl.autograd.grad((x.exp() * x).sum(), x)[0].tolist()
    with minidl.autograd.detect_anomaly():
        assert minidl.autograd.grad((x.exp() * x).sum(), x, create_graph=True)[0].tolist() == plain
        with pytest.raises(GraphError, match=r"SqrtBackward: the gradient of an input is NaN, .*float32\(2,\)"):
            program(minidl)[1].backward(create_graph=True)
