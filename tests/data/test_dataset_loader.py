"""Data sets give items, loaders give batches of them: each item once, in an order that a seed repeats."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import minidl
from minidl.data import DataLoader, Dataset, TensorDataset, default_collate
from minidl.errors import ArgumentError, DataError
from minidl.random import Generator


class Squares(Dataset):
    """Item i is i * i."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: Any) -> int:
        return index * index


class Point(NamedTuple):
    x: float
    label: int


def numbers(count: int) -> TensorDataset:
    return TensorDataset(minidl.from_numpy(np.arange(count, dtype=np.int64)))


def seen(loader: DataLoader) -> list[list[int]]:
    return [batch[0].tolist() for batch in loader]


# --- data sets --------------------------------------------------------------------------------------------------------


def test_a_dataset_without_length_or_items_names_what_it_lacks() -> None:
    class Nothing(Dataset):
        pass

    with pytest.raises(DataError, match="Nothing defines no __len__"):
        len(Nothing())
    with pytest.raises(DataError, match="Nothing defines no __getitem__"):
        Nothing()[0]


def test_a_tensor_dataset_gives_the_same_row_of_every_tensor() -> None:
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    y = np.array([3, 1, 2, 0])
    dataset = TensorDataset(minidl.from_numpy(x), minidl.from_numpy(y))
    assert len(dataset) == 4
    for i in range(4):
        row, label = dataset[i]
        assert row.tolist() == x[i].tolist()
        assert label.item() == y[i]


def test_tensors_of_different_lengths_are_no_dataset() -> None:
    with pytest.raises(DataError, match=r"lengths \[3, 4\]"):
        TensorDataset(minidl.zeros(3), minidl.zeros(4))
    with pytest.raises(DataError, match="needs tensors"):
        TensorDataset()


# --- which items, in which order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 7, 8, 9])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 8, 100])
def test_in_order_the_batches_are_slices(count: int, batch_size: int) -> None:
    loader = DataLoader(numbers(count), batch_size)
    expected = [list(range(start, min(start + batch_size, count))) for start in range(0, count, batch_size)]
    assert seen(loader) == expected
    assert len(loader) == len(expected)


@pytest.mark.parametrize("count", [1, 7, 8, 9])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 8, 100])
def test_drop_last_leaves_out_only_a_batch_that_is_smaller(count: int, batch_size: int) -> None:
    loader = DataLoader(numbers(count), batch_size, drop_last=True)
    assert [len(batch) for batch in seen(loader)] == [batch_size] * (count // batch_size)
    assert len(loader) == count // batch_size


def test_shuffled_every_item_comes_once_an_epoch_in_a_new_order() -> None:
    minidl.manual_seed(0)
    loader = DataLoader(numbers(50), 8, shuffle=True)
    epochs = [[item for batch in seen(loader) for item in batch] for _ in range(3)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(50))
    assert len({tuple(epoch) for epoch in [*epochs, list(range(50))]}) == 4


def test_the_same_seed_repeats_the_order_of_all_epochs() -> None:
    orders = []
    for _ in range(2):
        minidl.manual_seed(7)
        loader = DataLoader(numbers(30), 4, shuffle=True)
        orders.append([seen(loader), seen(loader)])
    assert orders[0] == orders[1]
    minidl.manual_seed(8)
    assert seen(DataLoader(numbers(30), 4, shuffle=True)) != orders[0][0]


def test_a_loader_with_its_own_generator_leaves_the_default_one_alone() -> None:
    minidl.manual_seed(3)
    before = minidl.get_rng_state()
    first = seen(DataLoader(numbers(30), 4, shuffle=True, generator=Generator(5)))
    assert minidl.get_rng_state() == before
    assert seen(DataLoader(numbers(30), 4, shuffle=True, generator=Generator(5))) == first


def test_a_loader_in_order_draws_no_random_number() -> None:
    minidl.manual_seed(3)
    before = minidl.get_rng_state()
    seen(DataLoader(numbers(30), 4))
    assert minidl.get_rng_state() == before


def test_two_loops_over_one_loader_do_not_disturb_each_other() -> None:
    loader = DataLoader(numbers(6), 2)
    pairs = [(a[0].tolist(), b[0].tolist()) for a in loader for b in loader]
    assert pairs == [([i, i + 1], [j, j + 1]) for i in (0, 2, 4) for j in (0, 2, 4)]


def test_lists_and_own_datasets_are_asked_item_by_item() -> None:
    assert [batch.tolist() for batch in DataLoader(Squares(5), 2)] == [[0, 1], [4, 9], [16]]
    assert [batch.tolist() for batch in DataLoader([5, 6, 7], 2)] == [[5, 6], [7]]


def test_a_tensor_dataset_with_items_of_its_own_is_asked_item_by_item() -> None:
    class Numbered(TensorDataset):
        def __getitem__(self, index: Any) -> tuple[Any, ...]:
            return (*super().__getitem__(index), f"item {index}")

    batches = list(DataLoader(Numbered(minidl.zeros(3, 2)), 2))
    assert [tuple(batch[0].shape) for batch in batches] == [(2, 2), (1, 2)]
    assert [batch[1] for batch in batches] == [["item 0", "item 1"], ["item 2"]]


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, "4", None])
def test_a_batch_size_that_is_no_positive_whole_number_is_refused(batch_size: Any) -> None:
    with pytest.raises(ArgumentError, match="batch_size="):
        DataLoader(numbers(4), batch_size)


def test_an_empty_dataset_is_refused() -> None:
    with pytest.raises(DataError, match="empty"):
        DataLoader([], 4)


# --- items to batches -------------------------------------------------------------------------------------------------


def test_arrays_and_tensors_are_stacked_in_their_dtype() -> None:
    arrays = [np.full((2, 3), i, np.uint8) for i in range(4)]
    for items in (arrays, [minidl.from_numpy(array) for array in arrays]):
        batch = default_collate(items)
        assert batch.dtype == np.uint8
        np.testing.assert_array_equal(batch.numpy(), np.stack(arrays))


@pytest.mark.parametrize(
    ("items", "dtype"),
    [
        ([1, 2, 3], np.int64),
        ([True, False], np.bool_),
        ([np.int16(4), np.int16(5)], np.int16),
        ([np.float64(0.5), np.float64(2)], np.float64),
        ([np.bool_(True), np.bool_(False)], np.bool_),
    ],
)
def test_numbers_become_a_tensor(items: list[Any], dtype: Any) -> None:
    batch = default_collate(items)
    assert batch.dtype == dtype
    assert batch.tolist() == [item.item() if isinstance(item, np.generic) else item for item in items]


def test_nested_items_are_collated_part_by_part() -> None:
    items = [{"picture": np.full((2, 2), i, np.float32), "more": (i, [10 * i, f"name {i}"])} for i in range(3)]
    batch = default_collate(items)
    assert set(batch) == {"picture", "more"}
    assert batch["picture"].numpy().tolist() == [[[i, i], [i, i]] for i in (0.0, 1.0, 2.0)]
    number, rest = batch["more"]
    assert isinstance(batch["more"], tuple)
    assert isinstance(rest, list)
    assert number.tolist() == [0, 1, 2]
    assert rest[0].tolist() == [0, 10, 20]
    assert rest[1] == ["name 0", "name 1", "name 2"]


def test_named_tuples_keep_their_names() -> None:
    batch = default_collate([Point(0.5, 1), Point(1.5, 0)])
    assert isinstance(batch, Point)
    assert batch.x.tolist() == [0.5, 1.5]
    assert batch.label.tolist() == [1, 0]


def test_items_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(DataError, match=r"\(2, 2\), \(3, 3\)"):
        default_collate([np.zeros((2, 2)), np.zeros((3, 3))])
    with pytest.raises(DataError, match=r"\[2, 3\] parts"):
        default_collate([(1, 2), (1, 2, 3)])


def test_a_collate_function_sees_the_items_and_makes_the_batch() -> None:
    loader = DataLoader([1, 2, 3], 2, collate_fn=lambda items: {"sum": sum(items), "count": len(items)})
    assert list(loader) == [{"sum": 3, "count": 2}, {"sum": 3, "count": 1}]
    made_of_rows = DataLoader(numbers(3), 2, collate_fn=lambda items: [row[0].item() for row in items])
    assert list(made_of_rows) == [[0, 1], [2]]


def test_pytorchs_spelling_finds_the_same():
    import minidl.utils.data as theirs

    assert theirs.DataLoader is minidl.data.DataLoader is minidl.utils.data.DataLoader
    assert theirs.TensorDataset is minidl.data.TensorDataset and theirs.Dataset is minidl.data.Dataset
