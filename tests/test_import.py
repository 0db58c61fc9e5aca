"""Nothing happens at import."""

import subprocess
import sys

HEAVY = "{'numba', 'cv2', 'matplotlib', 'rich', 'scipy', 'typer', 'torch', 'threadpoolctl'} & set(sys.modules)"


def printed(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_import_brings_numpy_and_nothing_heavy():
    assert printed(f"import sys, minidl; print({HEAVY})") == "set()"


def test_small_passes_of_what_numpy_has_need_no_compiler():
    code = (
        "import sys, minidl; from minidl import nn;"
        "m = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1));"
        "m(minidl.rand(5, 2)).backward(minidl.ones(5, 1));"
        f"print({HEAVY})"
    )
    assert printed(code) == "set()"


def test_the_import_starts_no_thread_and_leaves_numpys_settings_alone():
    code = (
        "import threading, numpy as np; before = np.geterr(), np.get_printoptions(), threading.active_count();"
        "import minidl; print(before == (np.geterr(), np.get_printoptions(), threading.active_count()))"
    )
    assert printed(code) == "True"


def test_a_name_that_is_not_there_is_an_attribute_error():
    assert printed("import minidl; print(hasattr(minidl, 'nonsense'), hasattr(minidl, 'nn'))") == "False True"
