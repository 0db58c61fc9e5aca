"""PyTorch's own sample tables: values, dtypes, first and second derivatives, methods and in-place methods."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest")  # which PyTorch's tables need

from operator_table import ABSENT, DIFFERENT, PAGE, page
from pytorch_tables import differences, find, table

PRESENT = [op for op in table() if find(op.name) is not None]


def test_the_tables_are_found():
    assert len(PRESENT) > 500 and len(ABSENT) < 20


@pytest.mark.parametrize("op", PRESENT, ids=lambda op: f"{op.name} {op.variant_test_name}".strip())
def test_an_operator_agrees_with_pytorch(op):
    found = {dtype: differences(op, dtype, 16) for dtype in ("float64", "float32", "int64", "bool")}
    found = {dtype: lines for dtype, lines in found.items() if lines}
    name = f"{op.name} {op.variant_test_name}".strip()
    if name in DIFFERENT:
        assert found, f"{name} no longer differs: take it out of the list"
    else:
        assert found == {}


def test_the_page_of_operators_is_up_to_date():
    assert PAGE.read_text() == page(), "run python tests/ops/operator_table.py"
