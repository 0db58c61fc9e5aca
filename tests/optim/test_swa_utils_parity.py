"""Averages of weights against PyTorch's and against NumPy means."""

import numpy as np
import pytest

import minidl
from minidl import nn, optim
from minidl.errors import ArgumentError
from minidl.optim import swa_utils

torch = pytest.importorskip("torch")

AVERAGES = {
    "mean": lambda u: {},
    "mean, buffers too": lambda u: {"use_buffers": True},
    "swa": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    # PyTorch's own function of all at once rounds the share of a model to float32
    "swa, all at once": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()} if u is swa_utils else {},
    "exponential": lambda u: {"avg_fn": u.get_ema_avg_fn(0.8)},
    "exponential, all at once": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.8)},
    "exponential, buffers too": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.3), "use_buffers": True},
    "own": lambda u: {"avg_fn": lambda average, parameter, count: 0.5 * average + 0.5 * parameter / (count + 1)},
}


def trained(T, N, utils, options, start):
    """Averages over 6 steps of a net with batch norm; its averages' state, and those of its statistics anew."""
    random = np.random.default_rng(1)
    model = N.Sequential(N.Linear(3, 4), N.BatchNorm1d(4), N.Linear(4, 2)).double()
    model.load_state_dict({key: T.from_numpy(value.copy()) for key, value in start.items()})
    averaged = utils.AveragedModel(model, **options(utils))
    optimizer = (optim if T is minidl else torch.optim).SGD(model.parameters(), lr=0.1)
    batches = [T.from_numpy(random.standard_normal((8, 3))) for _ in range(6)]
    for x in batches:
        optimizer.zero_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()
        averaged.update_parameters(model)
    before = {key: value.numpy().copy() for key, value in averaged.state_dict().items()}
    utils.update_bn([(x, None) for x in batches], averaged)
    output = averaged(batches[0]).detach().numpy()
    return before, {key: value.numpy() for key, value in averaged.state_dict().items()}, output


@pytest.fixture(scope="module")
def start():
    minidl.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()
    return {key: value.numpy().copy() for key, value in model.state_dict().items()}


@pytest.mark.parametrize("options", AVERAGES.values(), ids=AVERAGES)
def test_averages_and_statistics_equal_pytorchs(options, start):
    ours = trained(minidl, nn, swa_utils, options, start)
    theirs = trained(torch, torch.nn, torch.optim.swa_utils, options, start)
    for mine, reference in zip(ours[:2], theirs[:2], strict=True):
        assert list(mine) == list(reference)
        for key, value in reference.items():
            assert mine[key].dtype == value.dtype
            np.testing.assert_allclose(mine[key], value, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-9, atol=1e-11)


def test_by_default_the_average_is_the_mean_and_the_model_is_left_alone():
    model = nn.Linear(2, 2)
    averaged = swa_utils.AveragedModel(model)
    seen = []
    for step in range(4):
        with minidl.no_grad():
            model.weight.fill_(step * step)
        averaged.update_parameters(model)
        seen.append(step * step)
        np.testing.assert_allclose(averaged.module.weight.detach().numpy(), np.mean(seen), rtol=1e-6)
    assert model.weight[0, 0].item() == 9
    assert averaged.n_averaged.item() == 4


def test_an_averaged_model_is_saved_and_loaded(tmp_path):
    model = nn.Linear(2, 2)
    averaged = swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9))
    averaged.update_parameters(model)
    minidl.save(averaged.state_dict(), tmp_path / "average.npz")
    other = swa_utils.AveragedModel(nn.Linear(2, 2))
    other.load_state_dict(minidl.load(tmp_path / "average.npz"))
    assert other.n_averaged.item() == 1
    np.testing.assert_array_equal(other.module.weight.detach().numpy(), model.weight.detach().numpy())


def test_a_model_without_batch_norm_needs_no_batches():
    swa_utils.update_bn(None, nn.Linear(2, 2))


def test_statistics_anew_keep_momentum_and_mode():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3)).eval()
    swa_utils.update_bn([minidl.randn(5, 2)], model)
    assert model[0].momentum == 0.3
    assert not model.training
    assert not model[0].training


SWALR = [{"swa_lr": 0.05}, {"swa_lr": [0.5, 0.01], "anneal_epochs": 5, "anneal_strategy": "linear"}]


@pytest.mark.parametrize("options", [*SWALR, {"swa_lr": 0.2, "anneal_epochs": 0}, {"swa_lr": 0.3, "anneal_epochs": 1}])
def test_rates_equal_pytorchs(options):
    rates = []
    for T, package in ((minidl, optim), (torch, torch.optim)):
        groups = [{"params": [T.ones(1).requires_grad_()], "lr": lr} for lr in (0.3, 2.0)]
        optimizer = package.SGD(groups, lr=1.0)
        scheduler = package.swa_utils.SWALR(optimizer, **options)
        rates.append([])
        for _ in range(40):
            rates[-1] += scheduler.get_last_lr()
            optimizer.step()
            scheduler.step()
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def scheduled(**options):
    return swa_utils.SWALR(optim.SGD([minidl.ones(1).requires_grad_()], lr=1.0), **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: swa_utils.get_ema_avg_fn(1.5), "get_ema_avg_fn: decay=1.5; needs a number from 0 to 1"),
        (lambda: swa_utils.get_ema_multi_avg_fn(-0.1), "get_ema_multi_avg_fn: decay=-0.1;"),
        (lambda: swa_utils.AveragedModel(nn.Linear(1, 1), None, abs, abs), "AveragedModel: got both avg_fn and multi"),
        (lambda: scheduled(swa_lr=0.1, anneal_strategy="x"), "SWALR: anneal_strategy='x'; needs 'cos' or 'linear'"),
        (lambda: scheduled(swa_lr=0.1, anneal_epochs=-1), "SWALR: anneal_epochs=-1; needs a whole number"),
        (lambda: scheduled(swa_lr=[0.1, 0.2]), "SWALR: swa_lr has 2 entries for 1 parameter groups"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
