"""What programs set and ask before they begin: precision, determinism, devices, seeds."""

import numpy as np
import pytest

import minidl
from minidl.errors import ArgumentError, DeviceError, DtypeError, MinidlWarning

torch = pytest.importorskip("torch")


def test_constants():
    assert (minidl.pi, minidl.e, minidl.inf, minidl.newaxis) == (torch.pi, torch.e, torch.inf, torch.newaxis)
    assert minidl.nan != minidl.nan
    assert minidl.ones(2)[:, minidl.newaxis].shape == (2, 1)


@pytest.mark.parametrize("T", [minidl, torch])
def test_determinism(T):
    try:
        for warn_only in (False, True):
            T.use_deterministic_algorithms(True, warn_only=warn_only)
            assert T.are_deterministic_algorithms_enabled()
            assert T.is_deterministic_algorithms_warn_only_enabled() is warn_only
            assert T.get_deterministic_debug_mode() == (1 if warn_only else 2)
        T.set_deterministic_debug_mode("warn")
        assert T.get_deterministic_debug_mode() == 1
    finally:
        T.use_deterministic_algorithms(False)
    assert not T.are_deterministic_algorithms_enabled() and T.get_deterministic_debug_mode() == 0


@pytest.mark.parametrize("T", [minidl, torch])
def test_precision(T):
    assert T.get_float32_matmul_precision() == "highest"
    T.set_float32_matmul_precision("high")
    assert T.get_float32_matmul_precision() == "high"
    T.set_float32_matmul_precision("highest")


@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type")
@pytest.mark.parametrize("T", [minidl, torch])
def test_default_tensor_type(T):
    try:
        for kind, dtype in ((T.DoubleTensor, T.float64), (f"{T.__name__}.FloatTensor", T.float32)):
            T.set_default_tensor_type(kind)
            assert T.get_default_dtype() == dtype == T.tensor(1.5).dtype
        with pytest.raises(TypeError, match="floating"):
            T.set_default_tensor_type(T.LongTensor)
    finally:
        T.set_default_dtype(T.float32)


@pytest.mark.parametrize("T", [minidl, torch])
def test_default_device(T):
    T.set_default_device("cpu")
    try:
        assert T.get_default_device().type == "cpu" and T.zeros(2).device.type == "cpu"
        with T.device("cpu"):
            assert T.zeros(2).device.type == "cpu"
    finally:
        T.set_default_device(None)


def test_refusals():
    with pytest.raises(DeviceError, match="set_default_device: device 'cuda:0' is not available"):
        minidl.set_default_device("cuda:0")
    with pytest.raises(DeviceError, match="device 'cuda' is not available"), minidl.device("cuda"):
        pass
    with pytest.raises(DtypeError, match="use_deterministic_algorithms: got 1"):
        minidl.use_deterministic_algorithms(1)
    with pytest.raises(ArgumentError, match="set_float32_matmul_precision: 'low'; needs one of highest"):
        minidl.set_float32_matmul_precision("low")
    with pytest.raises(ArgumentError, match="set_deterministic_debug_mode: 'loud'"):
        minidl.set_deterministic_debug_mode("loud")
    with pytest.warns(MinidlWarning, match="set_flush_denormal"):
        assert minidl.set_flush_denormal(True) is False


@pytest.mark.parametrize("T", [minidl, torch])
def test_seeds(T):
    assert T.manual_seed(7) is T.default_generator and T.initial_seed() == 7 == T.default_generator.initial_seed()
    first = T.rand(3)
    chosen = T.seed()
    assert T.initial_seed() == chosen != 7
    generator = T.Generator(device="cpu")
    assert generator.manual_seed(7) is generator and generator.initial_seed() == 7
    assert T.rand(3, generator=generator).tolist() == first.tolist()
    again = generator.seed()
    assert generator.initial_seed() == again and generator.device == T.device("cpu")
    assert repr(generator.device) == "device(type='cpu')"
    T.manual_seed(0)


@pytest.mark.parametrize("T", [minidl, torch])
def test_a_fork_of_the_generator(T):
    T.manual_seed(1)
    expected = T.rand(2).tolist()
    T.manual_seed(1)
    with T.random.fork_rng():
        T.manual_seed(5)
        T.rand(9)
    assert T.rand(2).tolist() == expected


def test_an_unseeded_generator_repeats_by_its_initial_seed():
    generator = minidl.Generator()
    drawn = minidl.rand(3, generator=generator).tolist()
    assert drawn == minidl.rand(3, generator=minidl.Generator(generator.initial_seed())).tolist()
    assert drawn != minidl.rand(3, generator=minidl.Generator()).tolist()
    with pytest.raises(DeviceError, match="Generator: device 'cuda' is not available"):
        minidl.Generator(device="cuda")


def test_namespaces_of_devices():
    for T in (minidl, torch):
        assert not T.backends.mps.is_available() and T.backends.cudnn.is_available() is False
        assert T.backends.cudnn.enabled and not T.backends.cudnn.benchmark and not T.backends.cudnn.deterministic
    minidl.backends.cudnn.deterministic = minidl.backends.cudnn.benchmark = True
    assert minidl.backends.cudnn.deterministic and minidl.backends.cudnn.benchmark
    minidl.backends.cudnn.deterministic = minidl.backends.cudnn.benchmark = False


def test_dlpack_capsules():
    for T in (minidl, torch):
        x = T.arange(3)
        shared = T.utils.dlpack.from_dlpack(T.to_dlpack(x))
        x[0] = 9
        assert shared.tolist() == [9, 1, 2]
    back = torch.utils.dlpack.from_dlpack(minidl.utils.dlpack.to_dlpack(minidl.ones(2)))
    assert back.tolist() == [1, 1]
    np.testing.assert_array_equal(minidl.utils.dlpack.from_dlpack(np.arange(3)), [0, 1, 2])


def test_autocast_changes_nothing_or_says_so():
    with minidl.autocast("cpu", enabled=False), minidl.autocast("cpu", dtype=minidl.float32):
        assert (minidl.ones(2, 2) @ minidl.ones(2, 2)).dtype == minidl.float32
    assert minidl.amp.autocast("cpu", enabled=False)(lambda x: x + 1)(1) == 2
    for options, asked in (({}, "bfloat16"), ({"dtype": minidl.float16}, "float16")):
        with pytest.raises(DtypeError, match=f"autocast: got dtype {asked}.*pass enabled=False"):
            minidl.autocast("cpu", **options)
    with pytest.warns(MinidlWarning, match="autocast: 'cuda' is not available"):
        minidl.autocast("cuda")
