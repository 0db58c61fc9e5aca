"""Language models: they look back only, learn a text, and continue one as asked."""

import math

import numpy as np
import pytest

import minidl
from minidl import models, optim
from minidl.errors import ArgumentError
from minidl.models.language_model import draw_next
from minidl.nn import functional as F

MAKERS = {
    "GPT": lambda: models.GPT(9, block_size=8, n_layer=2, n_head=2, n_embd=16),
    "GPT-2": lambda: models.GPT2(9, n_positions=8, n_layer=2, n_head=2, n_embd=16),
    "LSTM": lambda: models.CharLSTM(9, 8, 16),
}

either = pytest.mark.parametrize("name", MAKERS)


@pytest.fixture(autouse=True)
def seeded():
    minidl.manual_seed(0)


def logits_of(model, tokens):
    output = model(tokens)
    return output[0] if isinstance(output, tuple) else output


def sure(model):
    """With larger weights, so that no two tokens are about as likely."""
    for parameter in model.parameters():
        if parameter.ndim == 2:
            parameter.detach().mul_(8)
    return model.eval()


@either
def test_what_comes_later_does_not_change_what_was_expected(name):
    model = MAKERS[name]().eval()
    text = minidl.randint(0, 9, (2, 7))
    changed = text.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 9
    before, after = (logits_of(model, tokens).detach().numpy() for tokens in (text, changed))
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert not np.allclose(before[:, 4:], after[:, 4:], atol=1e-6)


@either
def test_at_temperature_zero_the_likeliest_token_follows_each_time(name):
    model = sure(MAKERS[name]())
    text = minidl.tensor([[1, 2, 3], [4, 4, 4]])
    expected = text
    for _ in range(9):  # beyond the places that a GPT has
        seen = expected[:, -8:] if name != "LSTM" else expected
        expected = minidl.cat([expected, logits_of(model, seen)[:, -1].argmax(-1, keepdim=True)], 1)
    written = model.generate(text, 9, temperature=0)
    assert written.tolist() == expected.tolist()
    assert model.generate(text, 9, top_k=1).tolist() == expected.tolist()
    assert not written.requires_grad


@either
def test_the_same_seed_writes_the_same_text(name):
    model, text = MAKERS[name]().eval(), minidl.tensor([[1]])
    texts = [model.generate(text, 30, generator=minidl.Generator().manual_seed(seed)).tolist() for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, None), (0.5, None), (2.0, 3), (1.0, 50)])
def test_tokens_are_drawn_as_often_as_their_probability_says(temperature, top_k):
    logits = np.array([0.3, -1.0, 2.0, 1.1, 0.9], np.float32)
    weights = np.exp(logits / temperature)
    if top_k is not None:
        weights[np.argsort(-logits)[top_k:]] = 0
    drawn = draw_next(minidl.from_numpy(np.tile(logits, (20_000, 1))), temperature, top_k)
    assert tuple(drawn.shape) == (20_000, 1)
    counts = np.bincount(drawn.numpy()[:, 0], minlength=5)
    np.testing.assert_allclose(counts / 20_000, weights / weights.sum(), atol=0.02)
    assert not counts[weights == 0].any()


@pytest.mark.parametrize("options", [{"temperature": -1}, {"temperature": math.nan}, {"top_k": 0}])
def test_what_cannot_be_drawn_is_refused(options):
    with pytest.raises(ArgumentError, match=f"generate: {next(iter(options))}"):
        MAKERS["GPT"]().generate(minidl.tensor([[1]]), 1, **options)


@either
def test_a_text_is_learned(name):
    text = "the cat sat on the mat and the rat sat on the cat. " * 4
    letters = sorted(set(text))
    codes = np.array([letters.index(letter) for letter in text])
    size = len(letters)
    model = {
        "GPT": lambda: models.GPT(size, 16, 2, 2, 32),
        "GPT-2": lambda: models.GPT2(size, 16, 32, 2, 2, dropout=0),
        "LSTM": lambda: models.CharLSTM(size, 16, 64, 1),
    }[name]()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    random, losses = np.random.default_rng(0), []
    for _ in range(60):
        starts = random.integers(0, len(codes) - 17, (16, 1))
        windows = minidl.from_numpy(codes[starts + np.arange(17)])
        logits = logits_of(model, windows[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, size), windows[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(math.log(size), rel=0.05)  # at first it knows nothing
    assert np.mean(losses[-5:]) < 0.3 * losses[0]
    start = minidl.from_numpy(codes[None, :8])
    written = "".join(letters[code] for code in model.eval().generate(start, 8, temperature=0)[0].tolist())
    assert written == text[:16]
