"""Safetensors files: what goes in comes out, other programs read it, and what is no such file is named."""

import builtins

import numpy as np
import pytest

import minidl
from minidl import nn
from minidl.errors import CheckpointError

pytest.importorskip("safetensors")

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def file_of(tmp_path, name="x.safetensors"):
    return str(tmp_path / name)


def test_every_dtype_and_shape_comes_back(tmp_path):
    tensors = {
        f"{dtype}.{shape}": minidl.from_numpy((np.arange(np.prod(shape)) % 3).reshape(shape).astype(dtype))
        for dtype in DTYPES
        for shape in [(), (0,), (3,), (2, 3, 4)]
    }
    minidl.save(tensors, file_of(tmp_path))
    loaded = minidl.load(file_of(tmp_path))
    assert set(loaded) == set(tensors)
    for name, x in tensors.items():
        assert loaded[name].dtype == x.dtype and loaded[name].shape == x.shape
        np.testing.assert_array_equal(loaded[name].numpy(), x.numpy())
        loaded[name].fill_(1)  # its own, writeable memory


def test_views_and_shared_tensors_are_written_by_value(tmp_path):
    x = minidl.arange(12.0).reshape(3, 4)
    minidl.save({"t": x.t(), "slice": x[1:, ::2], "again": x.t()}, file_of(tmp_path))
    loaded = minidl.load(file_of(tmp_path))
    assert loaded["t"].tolist() == loaded["again"].tolist() == x.t().tolist()
    assert loaded["slice"].tolist() == x[1:, ::2].tolist()


def test_a_model_goes_through_a_file_into_another(tmp_path):
    first, second = (nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)) for _ in range(2))
    first(minidl.randn(5, 3))
    minidl.save(first.state_dict(), file_of(tmp_path))
    second.load_state_dict(minidl.load(file_of(tmp_path)))
    x = minidl.randn(2, 3)
    assert first.eval()(x).tolist() == second.eval()(x).tolist()


def test_the_content_decides_not_the_name(tmp_path):
    minidl.save({"x": minidl.ones(2)}, file_of(tmp_path))
    (tmp_path / "renamed").write_bytes((tmp_path / "x.safetensors").read_bytes())
    assert minidl.load(tmp_path / "renamed")["x"].tolist() == [1, 1]


def test_pytorch_reads_what_is_written_and_the_other_way_round(tmp_path):
    torch = pytest.importorskip("torch")
    import safetensors.torch

    theirs = {"a": torch.randn(3, 2), "b": torch.arange(4), "half": torch.randn(5).half(), "flag": torch.tensor([True])}
    safetensors.torch.save_file(theirs, file_of(tmp_path))
    ours = minidl.load(file_of(tmp_path))
    for name, x in theirs.items():
        np.testing.assert_array_equal(ours[name].numpy(), x.numpy())
    minidl.save(ours, file_of(tmp_path, "back.safetensors"))
    for name, x in safetensors.torch.load_file(file_of(tmp_path, "back.safetensors")).items():
        assert torch.equal(x, theirs[name])


def test_bfloat16_becomes_float32_without_loss(tmp_path):
    torch = pytest.importorskip("torch")
    import safetensors.torch

    x = torch.randn(100).bfloat16()
    safetensors.torch.save_file({"x": x}, file_of(tmp_path))
    loaded = minidl.load(file_of(tmp_path))["x"]
    assert loaded.dtype == minidl.float32
    np.testing.assert_array_equal(loaded.numpy(), x.float().numpy())


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ([minidl.ones(2)], "holds a dict of tensors, got a list"),
        ({"model": {"w": minidl.ones(2)}}, "'model': a safetensors file holds tensors under strings, got str: dict"),
        ({"epoch": 3}, "'epoch': .* got str: int; save to .npz"),
        ({0: minidl.ones(2)}, "0: .* got int: Tensor"),
        ({"c": np.ones(2, complex)}, "'c': an array of complex128"),
    ],
)
def test_what_such_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path, obj, message):
    minidl.save({"old": minidl.ones(1)}, file_of(tmp_path))
    with pytest.raises(CheckpointError, match=f"^save: .*{message}"):
        minidl.save(obj, file_of(tmp_path))
    assert minidl.load(file_of(tmp_path))["old"].tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


def test_damage_is_named(tmp_path):
    minidl.save({"x": minidl.ones(100)}, file_of(tmp_path))
    whole = (tmp_path / "x.safetensors").read_bytes()
    for damaged in (whole[:-1], whole[:40], whole[:8] + b"{" + b"?" * (len(whole) - 9), whole + b"more"):
        (tmp_path / "x.safetensors").write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"^load: .*x\.safetensors' is damaged or no safetensors file"):
            minidl.load(file_of(tmp_path))


def test_a_dtype_without_a_like_is_named(tmp_path):
    torch = pytest.importorskip("torch")
    import safetensors.torch

    safetensors.torch.save_file({"x": torch.ones(2).to(torch.float8_e4m3fn)}, file_of(tmp_path))
    with pytest.raises(CheckpointError, match=r"holds 'x' of dtype F8_E4M3, .*; convert it to F32 first"):
        minidl.load(file_of(tmp_path))


def test_without_the_package_the_message_says_what_to_install(tmp_path, monkeypatch):
    minidl.save({"x": minidl.ones(2)}, file_of(tmp_path))
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("safetensors"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    for call in (lambda: minidl.load(file_of(tmp_path)), lambda: minidl.save({}, file_of(tmp_path))):
        with pytest.raises(CheckpointError, match=r"pip install 'minidl\[safetensors\]'"):
            call()


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot be written .*; create its folder first"):
        minidl.save({"x": minidl.ones(2)}, tmp_path / "nowhere" / "x.safetensors")
