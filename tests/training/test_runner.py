"""A Runner trains as a loop written by hand does, keeps what a run leaves, and continues as if never stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minidl
from minidl import nn, optim
from minidl.data import DataLoader, TensorDataset
from minidl.errors import ArgumentError, CheckpointError, DataError
from minidl.training import RunFolder, Runner, accuracy

FEATURES, CLASSES = 6, 3


def examples(count: int, seed: int) -> TensorDataset:
    """Points whose class is their greatest of the first three coordinates."""
    x = np.random.default_rng(seed).normal(size=(count, FEATURES)).astype(np.float32)
    return TensorDataset(minidl.from_numpy(x), minidl.from_numpy(x[:, :CLASSES].argmax(1)))


def network() -> nn.Sequential:
    """Everything that has a state or draws random numbers."""
    return nn.Sequential(
        nn.Linear(FEATURES, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, CLASSES)
    )


def batches() -> tuple[DataLoader, DataLoader]:
    """50 shuffled examples in batches of 8, the last of 2, and 21 to test on."""
    return DataLoader(examples(50, 0), 8, shuffle=True), DataLoader(examples(21, 1), 8)


def runner(seed: int = 0, folder: RunFolder | None = None) -> Runner:
    minidl.manual_seed(seed)
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    return Runner(model, optimizer, nn.CrossEntropyLoss(), scheduler, folder)


def started(path: Path) -> RunFolder:
    folder = RunFolder(path)
    folder.create({"recipe": "test"})
    return folder


def flat(state: Any, place: str = "") -> dict[str, Any]:
    """A nested state as one dict: arrays as bytes; the seconds of the history, which are never the same, left out."""
    if isinstance(state, dict):
        return {
            k: v for key, part in state.items() if key != "seconds" for k, v in flat(part, f"{place}/{key}").items()
        }
    if isinstance(state, (list, tuple)):
        return {k: v for i, part in enumerate(state) for k, v in flat(part, f"{place}/{i}").items()}
    return {place: state.numpy().tobytes() if isinstance(state, minidl.Tensor) else state}


# --- accuracy ---------------------------------------------------------------------------------------------------------


def test_accuracy_of_scores_is_the_share_of_greatest_scores_at_the_class() -> None:
    scores = np.random.default_rng(0).normal(size=(40, 5))
    target = np.random.default_rng(1).integers(0, 5, 40)
    right = sum(max(range(5), key=lambda c: scores[i, c]) == target[i] for i in range(40))
    assert accuracy(scores, target) == right / 40


@pytest.mark.parametrize("shape", [(8, 1), (8,)])
def test_accuracy_of_probabilities_counts_both_sides_of_one_half(shape: tuple[int, ...]) -> None:
    output = np.array([0.9, 0.4, 0.6, 0.1, 0.51, 0.49, 0.5, 0.5]).reshape(shape)
    target = np.array([1.0, 1, 0, 0, 1, 0, 0, 1]).reshape(shape)
    assert accuracy(output, target) == 5 / 8  # exactly one half is no yes


# --- training ---------------------------------------------------------------------------------------------------------


def test_training_equals_a_loop_written_by_hand() -> None:
    """Dropout, shuffling, batch norm and schedule included, to the last bit."""
    run = runner(seed=4)
    history = run.fit(*batches(), epochs=5)

    minidl.manual_seed(4)
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    criterion = nn.CrossEntropyLoss()
    train, test = batches()
    for epoch in range(5):
        losses, right = [], 0
        model.train()
        for x, y in train:
            output = model(x)
            loss = criterion(output, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += [loss.item()] * len(y)
            right += int((output.detach().numpy().argmax(1) == y.numpy()).sum())
        record = history[epoch]
        assert record["epoch"] == epoch + 1
        assert record["lr"] == 0.02 * 0.5 ** (epoch // 2)
        assert record["train_loss"] == pytest.approx(np.mean(losses), rel=1e-12)
        assert record["train_accuracy"] == pytest.approx(right / 50, rel=1e-12)

        model.eval()
        x, y = test.dataset[:]
        scores = model(x).detach().numpy().astype(np.float64)
        expected = np.mean(np.log(np.exp(scores).sum(1)) - scores[np.arange(21), y.numpy()])
        assert record["test_loss"] == pytest.approx(expected, rel=1e-5)
        assert record["test_accuracy"] == pytest.approx((scores.argmax(1) == y.numpy()).mean(), rel=1e-12)
        optimizer.param_groups[0]["lr"] = 0.02 * 0.5 ** ((epoch + 1) // 2)
    assert flat(run.model.state_dict()) == flat(model.state_dict())


def test_evaluation_weights_batches_by_their_sizes_and_trains_nothing() -> None:
    run = runner()
    run.fit(*batches(), epochs=1)
    before = flat(run.state_dict())
    whole = run.evaluate([examples(21, 1)[:]])
    parts = run.evaluate(DataLoader(examples(21, 1), 8))
    assert parts == pytest.approx(whole, rel=1e-6)  # float32 sums in another order
    assert flat(run.state_dict()) == before


def test_prediction_drops_nothing_and_records_nothing() -> None:
    run = runner()
    run.fit(*batches(), epochs=1)
    x, _ = examples(21, 1)[:]
    output = run.predict(x)
    assert not output.requires_grad
    np.testing.assert_array_equal(run.predict(x).numpy(), output.numpy())
    np.testing.assert_array_equal(run.model.eval()(x).detach().numpy(), output.numpy())


def test_progress_is_told_of_every_batch_and_every_epoch() -> None:
    calls: list[tuple[int, int, int, bool]] = []
    runner().fit(*batches(), epochs=2, progress=lambda e, b, n, record: calls.append((e, b, n, record is not None)))
    assert calls == [(e, b, 7, b == 7) for e in (1, 2) for b in range(8)]


def test_training_further_adds_only_the_missing_epochs() -> None:
    run = runner(seed=2)
    train, test = batches()
    run.fit(train, test, epochs=2)
    assert len(run.fit(train, test, epochs=2)) == 2
    run.fit(train, test, epochs=4)
    other = runner(seed=2)
    other.fit(*batches(), epochs=4)
    assert flat(run.state_dict()) == flat(other.state_dict())


# --- what a run leaves ------------------------------------------------------------------------------------------------


def test_best_is_the_model_of_the_first_epoch_with_the_greatest_test_accuracy(tmp_path: Path) -> None:
    run = runner(folder=started(tmp_path / "run"))
    states: list[dict[str, Any]] = []

    def remember(epoch: int, batch: int, batches: int, record: Any) -> None:
        if record is not None:
            states.append(flat(run.model.state_dict()))

    history = run.fit(*batches(), epochs=6, progress=remember)
    accuracies = [record["test_accuracy"] for record in history]
    best = accuracies.index(max(accuracies))
    assert run.folder is not None
    kept = run.folder.load("best")
    assert kept["epoch"] == best + 1
    assert flat(kept["model"]) == states[best]
    assert flat(run.folder.load("latest")["model"]) == states[-1]


def test_metrics_are_the_history_one_line_an_epoch(tmp_path: Path) -> None:
    run = runner(folder=started(tmp_path))
    history = run.fit(*batches(), epochs=3)
    assert [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == history
    files = {"config.json", "metrics.jsonl", "curves.png", "best.npz", "latest.npz"}
    assert {path.name for path in tmp_path.iterdir()} == files


# --- continuing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("finished", [1, 3])
def test_a_resumed_run_equals_one_that_was_never_stopped(tmp_path: Path, finished: int) -> None:
    whole = runner(folder=started(tmp_path / "whole"))
    whole.fit(*batches(), epochs=5)

    runner(folder=started(tmp_path / "stopped")).fit(*batches(), epochs=finished)
    resumed = runner(seed=99, folder=RunFolder(tmp_path / "stopped"))
    resumed.load_state_dict(RunFolder(tmp_path / "stopped").load("latest"))
    resumed.fit(*batches(), epochs=5)

    assert flat(resumed.state_dict()) == flat(whole.state_dict())
    for name in ("best", "latest"):
        assert flat(RunFolder(tmp_path / "stopped").load(name)) == flat(RunFolder(tmp_path / "whole").load(name))


def test_a_run_stopped_within_an_epoch_does_that_epoch_again(tmp_path: Path) -> None:
    whole = runner()
    whole.fit(*batches(), epochs=4)

    def stop(now: int, batch: int, batches: int, record: Any) -> None:
        if (now, batch) == (3, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner(folder=started(tmp_path)).fit(*batches(), epochs=4, progress=stop)
    resumed = runner(seed=99)
    resumed.load_state_dict(RunFolder(tmp_path).load("latest"))
    assert len(resumed.history) == 2
    resumed.fit(*batches(), epochs=4)
    assert flat(resumed.state_dict()) == flat(whole.state_dict())


@pytest.mark.parametrize("file", ["metrics.jsonl", "curves.png", "latest.npz"])
def test_a_run_stopped_while_it_writes_ends_with_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """Even in the last epoch, after which nothing is left to train."""
    runner(folder=started(tmp_path / "whole")).fit(*batches(), epochs=2)

    stopped = started(tmp_path / "stopped")
    run = runner(folder=stopped)
    run.fit(*batches(), epochs=1)
    replace = os.replace

    def stop(source: Any, target: Any) -> None:
        if Path(target).name == file:
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            run.fit(*batches(), epochs=2)
    resumed = runner(seed=99, folder=stopped)
    resumed.load_state_dict(stopped.load("latest"))
    resumed.fit(*batches(), epochs=2)

    assert flat(stopped.load("latest")) == flat(RunFolder(tmp_path / "whole").load("latest"))
    for name in ("stopped", "whole"):
        lines = (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        assert [flat(json.loads(line)) for line in lines] == [flat(record) for record in resumed.history]
    assert {path.name for path in (tmp_path / "stopped").iterdir()} == {
        path.name for path in (tmp_path / "whole").iterdir()
    }


def test_a_run_stopped_in_its_first_epoch_has_nothing_to_continue_from(tmp_path: Path) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    folder = started(tmp_path)
    assert not folder.has("latest")
    with pytest.raises(KeyboardInterrupt):
        runner(folder=folder).fit(*batches(), epochs=2, progress=stop)
    assert not folder.has("latest")
    runner(folder=folder).fit(*batches(), epochs=1)
    assert folder.has("latest")


def test_the_weights_of_the_best_model_are_no_state_to_continue_from(tmp_path: Path) -> None:
    runner(folder=started(tmp_path)).fit(*batches(), epochs=1)
    other = runner(seed=1)
    before = flat(other.state_dict())
    with pytest.raises(CheckpointError, match=r"no optimizer, scheduler, random, history; use latest\.npz"):
        other.load_state_dict(RunFolder(tmp_path).load("best"))
    assert flat(other.state_dict()) == before


def test_the_state_of_another_model_is_refused_with_the_keys_that_differ() -> None:
    run = runner()
    model = nn.Sequential(nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, CLASSES))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    other = Runner(model, optimizer, nn.CrossEntropyLoss(), optim.lr_scheduler.StepLR(optimizer, 2))
    with pytest.raises(CheckpointError, match=r"missing: 3\.weight.*unexpected: 4\.weight.*misshapen: 0\.weight"):
        other.load_state_dict(run.state_dict())


def test_a_state_with_a_schedule_needs_a_runner_with_one() -> None:
    with_schedule = runner()
    without = Runner(with_schedule.model, with_schedule.optimizer, with_schedule.loss)
    with pytest.raises(CheckpointError, match="no scheduler"):
        without.load_state_dict(with_schedule.state_dict())
    with pytest.raises(CheckpointError, match="a scheduler, the checkpoint none"):
        with_schedule.load_state_dict(without.state_dict())


# --- refused ----------------------------------------------------------------------------------------------------------


def test_less_than_one_epoch_is_refused() -> None:
    with pytest.raises(ArgumentError, match="epochs=0"):
        runner().fit(*batches(), epochs=0)


def test_a_loss_that_is_not_finite_stops_before_it_reaches_the_weights(tmp_path: Path) -> None:
    run = runner(folder=started(tmp_path))
    run.loss = lambda output, target: (output * 1e30).sum() * 1e30
    before = {name: p.detach().numpy().copy() for name, p in run.model.named_parameters()}
    with pytest.raises(ArgumentError, match=r"the loss became (inf|-inf|nan) in epoch 1; use a smaller learning rate"):
        run.fit(*batches(), epochs=1)
    for name, parameter in run.model.named_parameters():
        np.testing.assert_array_equal(parameter.detach().numpy(), before[name])
    assert run.folder is not None
    assert not run.folder.has("latest")


def test_a_model_that_diverges_is_stopped_and_not_kept(tmp_path: Path) -> None:
    """The last step of an epoch can ruin the weights too: the test after it notices."""
    run = runner(folder=started(tmp_path))
    run.optimizer.param_groups[0]["lr"] = 1e38
    with (
        np.errstate(all="ignore"),
        pytest.raises(ArgumentError, match="no longer finite; train it with a smaller learning rate"),
    ):
        run.fit([examples(50, 0)[:]], batches()[1], epochs=3)
    assert run.folder is not None
    assert {path.name for path in tmp_path.iterdir()} == {"config.json"}


def test_no_batch_at_all_is_refused() -> None:
    for train, test in (([], batches()[1]), (batches()[0], [])):
        with pytest.raises(DataError, match="there is no batch"):
            runner().fit(train, test, epochs=1)


def test_an_iterator_that_is_used_up_is_refused_in_the_second_epoch() -> None:
    def once() -> Iterator[Any]:
        yield examples(20, 0)[:]

    run = runner()
    with pytest.raises(DataError, match="a new iterator each epoch"):
        run.fit(once(), batches()[1], epochs=2)
    assert len(run.history) == 1
