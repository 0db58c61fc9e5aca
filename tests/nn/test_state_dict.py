"""state_dict and load_state_dict: keys, sharing, and a report that names every fault."""

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import CheckpointError


def network():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))


KEYS = {
    "0.weight": (2, 1, 3, 3),
    "0.bias": (2,),
    "1.weight": (2,),
    "1.bias": (2,),
    "1.running_mean": (2,),
    "1.running_var": (2,),
    "1.num_batches_tracked": (),
    "3.weight": (3, 8),
    "3.bias": (3,),
}


def arrays(module):
    return {key: value.numpy().copy() for key, value in module.state_dict().items()}


def assert_same(first, second):
    assert list(first) == list(second)
    for key in first:
        np.testing.assert_array_equal(first[key], second[key])


def test_keys_and_shapes():
    assert {key: tuple(value.shape) for key, value in network().state_dict().items()} == KEYS
    assert list(network().state_dict("net.")) == [f"net.{key}" for key in KEYS]


def test_the_state_shares_memory_and_requires_no_gradient():
    net = network()
    state = net.state_dict()
    assert not any(value.requires_grad for value in state.values())
    state["3.bias"].fill_(4.0)
    np.testing.assert_array_equal(net[3].bias.detach().numpy(), [4, 4, 4])


def test_shared_parts_stand_under_every_path():
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    other = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    other[2].weight = other[0].weight
    assert list(other.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_loading_copies_the_values_and_keeps_the_parameters():
    source, target = network(), network()
    source(minidl.randn(4, 1, 4, 4))
    held = list(target.parameters())
    assert target.load_state_dict(source.state_dict()) == ([], [])
    assert_same(arrays(target), arrays(source))
    assert target[1].num_batches_tracked.item() == 1
    assert all(a is b for a, b in zip(target.parameters(), held, strict=True))
    with minidl.no_grad():
        source[0].weight.fill_(0.0)
    assert target[0].weight.abs().sum() > 0


def test_loading_casts_to_the_models_dtype():
    target = nn.Linear(2, 1)
    target.load_state_dict({"weight": minidl.tensor([[1, 2]]), "bias": np.array([0.5])})
    assert (target.weight.dtype, target.bias.dtype) == (minidl.float32, minidl.float32)
    np.testing.assert_array_equal(target(minidl.tensor([[10.0, 1.0]])).detach().numpy(), [[12.5]])


def test_a_graph_that_kept_a_loaded_weight_notices():
    layer = nn.Linear(2, 2)
    loss = layer(minidl.ones(1, 2).requires_grad_()).sum()
    layer.load_state_dict(nn.Linear(2, 2).state_dict())
    with pytest.raises(minidl.GraphError, match="changed in place"):
        loss.backward()


def test_save_and_load_carry_a_model_over(tmp_path):
    source, target = network(), network()
    minidl.save(source.state_dict(), tmp_path / "net.npz")
    target.load_state_dict(minidl.load(tmp_path / "net.npz"))
    assert_same(arrays(target), arrays(source))


def faulty():
    state = network().state_dict()
    del state["0.bias"], state["1.weight"]
    state["3.weight"] = minidl.ones(3, 9)
    state["4.weight"] = minidl.ones(1)
    return state


def test_every_fault_is_named_and_nothing_is_changed():
    net = network()
    before = arrays(net)
    with pytest.raises(CheckpointError) as caught:
        net.load_state_dict(faulty())
    assert str(caught.value) == (
        "load_state_dict: the state is of another model than Sequential: missing: 0.bias, 1.weight; "
        "unexpected: 4.weight; misshapen: 3.weight ((3, 9) in the file, (3, 8) in the model)"
    )
    assert_same(arrays(net), before)


def test_not_strict_loads_what_fits_and_reports_the_rest():
    net, state = network(), faulty()
    state["3.weight"] = minidl.ones(3, 8)
    assert net.load_state_dict(state, strict=False) == (["0.bias", "1.weight"], ["4.weight"])
    np.testing.assert_array_equal(net[3].weight.detach().numpy(), np.ones((3, 8)))


def test_not_strict_still_refuses_other_shapes():
    net = network()
    before = arrays(net)
    with pytest.raises(CheckpointError) as caught:
        net.load_state_dict(faulty(), strict=False)
    assert "misshapen: 3.weight" in str(caught.value)
    assert "missing" not in str(caught.value)
    assert_same(arrays(net), before)


@pytest.mark.parametrize("state", ["net.npz", None, [("weight", 1)]])
def test_what_is_no_dict_is_refused(state):
    with pytest.raises(
        CheckpointError, match=f"load_state_dict: got a {type(state).__name__}, needs a dict of tensors"
    ):
        network().load_state_dict(state)


def test_what_is_no_tensor_is_named():
    with pytest.raises(CheckpointError, match=r"misshapen: bias \(dict in the file, \(2,\) in the model\)"):
        nn.Linear(1, 2).load_state_dict({"weight": minidl.ones(2, 1), "bias": {}})


def test_the_result_of_loading_has_names_and_prints_as_pytorchs():
    keys = network().load_state_dict(network().state_dict())
    assert (keys.missing_keys, keys.unexpected_keys) == ([], [])
    assert repr(keys) == "<All keys matched successfully>"
    keys = nn.Linear(1, 2).load_state_dict({"bias": minidl.ones(2), "x": 3}, strict=False)
    assert repr(keys) == "IncompatibleKeys(missing_keys=['weight'], unexpected_keys=['x'])"


def test_keep_vars_gives_the_parameters_and_a_destination_takes_them():
    net = network()
    taken = {"first": 1}
    state = net.state_dict(destination=taken, prefix="net.", keep_vars=True)
    assert state is taken
    assert list(state) == ["first", *(f"net.{key}" for key in KEYS)]
    assert state["net.0.weight"] is net[0].weight
    assert state["net.1.running_mean"] is net[1].running_mean


def test_assign_puts_the_tensors_of_the_state_in_place():
    target = network().requires_grad_(False)
    state = network().double().state_dict()
    state["3.bias"] = nn.Parameter(minidl.ones(3))
    state["1.bias"] = np.ones(2, np.float32)
    assert target.load_state_dict(state, assign=True) == ([], [])
    assert target[0].weight.dtype == minidl.float64
    assert target[0].weight.array is state["0.weight"].array
    assert target[3].bias is state["3.bias"]
    assert target[1].running_mean is state["1.running_mean"]
    np.testing.assert_array_equal(target[1].bias.numpy(), [1, 1])
    assert all(isinstance(p, nn.Parameter) and not p.requires_grad for p in target.parameters())
    assert list(target.state_dict()) == list(KEYS)


def test_what_a_hook_reports_is_an_error():
    net = network()
    before = arrays(net)
    net[0].register_load_state_dict_pre_hook(
        lambda m, state, prefix, meta, strict, missing, more, errors: more.append("z")
    )
    net[1].register_load_state_dict_pre_hook(
        lambda m, state, prefix, meta, strict, missing, more, errors: errors.append("no")
    )
    with pytest.raises(CheckpointError, match="unexpected: z; errors: no"):
        net.load_state_dict(network().state_dict())
    assert_same(arrays(net), before)


def test_missing_keys_that_no_last_hook_forgives_are_an_error():
    net = network()
    seen = []
    net.register_load_state_dict_post_hook(lambda module, keys: seen.append(list(keys.missing_keys)))
    with pytest.raises(CheckpointError, match=r"missing: 0\.bias, 1\.weight; unexpected: 4\.weight"):
        net.load_state_dict({**faulty(), "3.weight": minidl.ones(3, 8)})
    assert seen == [["0.bias", "1.weight"]]


def test_extra_state_needs_both_directions():
    class Half(nn.Module):
        def get_extra_state(self):
            return 3

    with pytest.raises(CheckpointError, match="unexpected: _extra_state"):
        Half().load_state_dict(Half().state_dict())
    with pytest.raises(CheckpointError, match=r"Linear defines no get_extra_state"):
        nn.Linear(1, 1).get_extra_state()
    with pytest.raises(CheckpointError, match=r"Linear defines no set_extra_state"):
        nn.Linear(1, 1).set_extra_state(3)
