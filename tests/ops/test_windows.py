"""Windows against SciPy's and PyTorch's; what they refuse."""

import numpy as np
import pytest
import scipy.signal.windows

import minidl
from minidl.errors import ArgumentError, DtypeError, ShapeError
from minidl.signal import windows

SETTINGS = {
    "bartlett": [{}],
    "blackman": [{}],
    "cosine": [{}],
    "exponential": [{}, {"tau": 2.5}],
    "gaussian": [{"std": 0.9}, {"std": 3.0}],
    "general_cosine": [{"a": [0.46, 0.23, 0.31]}, {"a": (0.3, 0.7)}],
    "general_hamming": [{"alpha": 0.7}],
    "hamming": [{}],
    "hann": [{}],
    "kaiser": [{"beta": 0.0}, {"beta": 8.6}, {"beta": 40.0}],
    "nuttall": [{}],
}
CASES = [(name, options) for name, settings in SETTINGS.items() for options in settings]
OLDER = ["bartlett", "blackman", "hamming", "hann", "kaiser"]


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("places", [0, 1, 2, 3, 8, 51])
def test_windows_equal_scipys(name, options, sym, places):
    ours = getattr(windows, name)(places, sym=sym, dtype=minidl.float64, **options).numpy()
    given = (options["a"],) if "a" in options else tuple(options.values()) if name != "exponential" else ()
    named = options if name == "exponential" else {}
    theirs = getattr(scipy.signal.windows, name)(places, *given, sym=sym, **named)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_windows_equal_pytorchs(name, options):
    torch = pytest.importorskip("torch")
    for places in (0, 1, 2, 7):
        for sym in (True, False):
            ours, theirs = (getattr(T.signal.windows, name)(places, sym=sym, **options) for T in (minidl, torch))
            assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", OLDER)
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_older_names_equal_pytorchs(name, periodic, dtype):
    torch = pytest.importorskip("torch")
    for places in (0, 1, 2, 9):
        ours, theirs = (
            getattr(T, f"{name}_window")(places, periodic, dtype=getattr(T, dtype)) for T in (minidl, torch)
        )
        assert str(ours.dtype) == dtype
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-6 if dtype == "float32" else 1e-14)


def test_older_names_take_their_parameters_in_order():
    np.testing.assert_allclose(minidl.hamming_window(4, True, 0.6, 0.3).numpy(), [0.3, 0.6, 0.9, 0.6], rtol=1e-6)
    assert minidl.kaiser_window(5, False, 3.0).tolist() == windows.kaiser(5, beta=3.0).tolist()
    assert minidl.hann_window(4, dtype=minidl.float16).tolist() == [0.0, 0.5, 1.0, 0.5]


def test_a_center_elsewhere():
    np.testing.assert_allclose(
        windows.exponential(4, center=1.0, sym=False).numpy(), np.exp([-1.0, 0.0, -1.0, -2.0]), rtol=1e-6
    )


def test_a_very_narrow_window_does_not_overflow():
    window = windows.kaiser(5, beta=2000.0)
    assert window[2].item() == 1 and np.isfinite(window.numpy()).all()


def test_a_window_may_want_a_gradient():
    assert windows.hann(3, requires_grad=True).requires_grad
    assert minidl.hann_window(3, requires_grad=True).is_leaf


@pytest.mark.parametrize(
    ("error", "message", "program"),
    [
        *[(ShapeError, f"{name}: -1 places", lambda name=name, options=options: getattr(windows, name)(-1, **options))
          for name, options in CASES],
        *[(DtypeError, f"{name}: dtype int64", lambda name=name, options=options: getattr(windows, name)(
            3, dtype=minidl.int64, **options)) for name, options in CASES],
        *[(ShapeError, f"{name}_window: -1 places", lambda name=name: getattr(minidl, f"{name}_window")(-1))
          for name in OLDER],
        *[(DtypeError, f"{name}_window: dtype int64",
           lambda name=name: getattr(minidl, f"{name}_window")(3, dtype=minidl.int64)) for name in OLDER],
        (DtypeError, "hann: dtype float16", lambda: windows.hann(3, dtype=minidl.float16)),
        (DtypeError, r"hann: got 3\.5", lambda: windows.hann(3.5)),
        (DtypeError, "hann_window: got True", lambda: minidl.hann_window(True)),
        (ArgumentError, "gaussian: std 0", lambda: windows.gaussian(3, std=0)),
        (ArgumentError, "exponential: tau -1", lambda: windows.exponential(3, tau=-1)),
        (ArgumentError, r"exponential: center 1\.5 of a symmetric", lambda: windows.exponential(3, center=1.5)),
        (ArgumentError, "kaiser: beta -1", lambda: windows.kaiser(3, beta=-1)),
        (ArgumentError, "kaiser_window: beta -1", lambda: minidl.kaiser_window(3, beta=-1)),
        (ArgumentError, r"general_cosine: a \[\]", lambda: windows.general_cosine(3, a=[])),
        (ArgumentError, r"general_cosine: a 0\.5", lambda: windows.general_cosine(3, a=0.5)),
    ],
)  # fmt: skip
def test_refusals(error, message, program):
    with pytest.raises(error, match=message):
        program()
