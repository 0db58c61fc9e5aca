"""Known networks against the same ones written in PyTorch: keys, results, gradients, and files of weights."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import pytorch_image_models as images
import pytorch_sequence_models as sequences
import torch
from safetensors.torch import load_file, save_file, save_model

import minidl
from minidl import models, nn

CLOSE = 1e-9
"""Of the largest value, in float64."""

A = (8, "M", 8, "M", 16, 16, "M", 16, 16, "M", 24, 24, "M")
STAGES = ((8,), (8,), (16, 16), (16, 16), (24, 24))

IMAGE_MODELS = {
    "LeNet-5": (models.LeNet5, images.LeNet5, (2, 1, 28, 28)),
    "cat/dog CNN": (lambda: models.catdog_cnn(32), lambda: images.catdog_cnn(32), (3, 3, 32, 32)),
    "ResNet-18": (lambda: models.resnet18(7), lambda: images.ResNet(images.basic, (2, 2, 2, 2), 7), (2, 3, 64, 64)),
    "ResNet-34": (
        lambda: models.resnet34(5, small_images=True),
        lambda: images.ResNet(images.basic, (3, 4, 6, 3), 5, True),
        (3, 3, 16, 16),
    ),
    "ResNet-50": (
        lambda: models.resnet50(5), lambda: images.ResNet(images.bottleneck, (3, 4, 6, 3), 5), (2, 3, 64, 64)
    ),
    "VGG": (lambda: models.VGG(STAGES, 10, 32, dropout=0), lambda: images.VGG(A, 10, 32), (2, 3, 64, 64)),
    "MobileNetV2": (lambda: models.mobilenet_v2(10), lambda: images.MobileNetV2(10), (2, 3, 64, 64)),
    "U-Net": (lambda: models.UNet(2, 3, 4, 2), lambda: images.UNet(2, 3, 4, 2, 0), (2, 2, 44, 44)),
    "padded U-Net": (
        lambda: models.UNet(1, 2, 4, 3, padding=1), lambda: images.UNet(1, 2, 4, 3, 1), (1, 1, 16, 16)
    ),
}  # fmt: skip

GPT_SIZES = {"vocab_size": 11, "n_layer": 2, "n_head": 3, "n_embd": 12}
LANGUAGE_MODELS = {
    "GPT": (
        lambda: models.GPT(block_size=9, **GPT_SIZES), lambda: sequences.GPT(11, 9, 2, 3, 12, torch.nn.Linear)
    ),
    "GPT-2": (
        lambda: models.GPT2(n_positions=9, dropout=0, **GPT_SIZES),
        lambda: sequences.GPT(11, 9, 2, 3, 12, sequences.Conv1D),
    ),
    "LSTM": (lambda: models.CharLSTM(11, 5, 8, 2), lambda: sequences.CharLSTM(11, 5, 8, 2)),
}  # fmt: skip


def assert_close(ours, theirs, share=CLOSE):
    a, b = ours.detach().numpy(), theirs.detach().numpy()
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=0, atol=share * np.abs(b).max())


def to_torch(state):
    return {key: torch.from_numpy(value.numpy().copy()) for key, value in state.items()}


def described(state):
    return [(key, tuple(value.shape)) for key, value in state.items()]


def pair(make_ours, make_theirs):
    """Both models in float64 with the same numbers, each scale and shift of its own; nothing is dropped out."""
    minidl.manual_seed(0)
    ours, theirs = make_ours().double(), make_theirs().double()
    draw = np.random.default_rng(1)
    for parameter in ours.parameters():
        if parameter.ndim == 1:
            parameter.detach().add_(minidl.from_numpy(draw.uniform(-0.2, 0.2, parameter.shape)))
    assert described(ours.state_dict()) == described(theirs.state_dict())
    theirs.load_state_dict(to_torch(ours.state_dict()))
    for model, kind in ((ours, nn.Dropout), (theirs, torch.nn.Dropout)):
        for layer in model.modules():
            if isinstance(layer, kind):
                layer.p = 0.0
    return ours, theirs


def compare(ours, theirs, sample):
    """Results, and gradients of a sum in which each result has its own weight."""
    y, z = ours(minidl.from_numpy(sample)), theirs(torch.from_numpy(sample))
    y = y[0] if isinstance(y, tuple) else y
    assert_close(y, z)
    weights = np.random.default_rng(2).normal(size=z.shape)
    (y * minidl.from_numpy(weights)).sum().backward()
    (z * torch.from_numpy(weights)).sum().backward()
    gradients = [dict(model.named_parameters()) for model in (ours, theirs)]
    scale = max(parameter.grad.abs().max().item() for parameter in gradients[1].values())
    for name, parameter in gradients[1].items():
        difference = np.abs(gradients[0][name].grad.numpy() - parameter.grad.numpy()).max()
        assert difference < CLOSE * scale, name


@pytest.mark.parametrize("name", IMAGE_MODELS)
def test_an_image_network_equals_pytorchs(name):
    make_ours, make_theirs, shape = IMAGE_MODELS[name]
    ours, theirs = pair(make_ours, make_theirs)
    sample = np.random.default_rng(3).normal(size=shape)
    compare(ours, theirs, sample)
    for key, value in theirs.state_dict().items():  # running statistics
        assert_close(ours.state_dict()[key], value)
    assert_close(ours.eval()(minidl.from_numpy(sample)), theirs.eval()(torch.from_numpy(sample)))


@pytest.mark.parametrize("name", LANGUAGE_MODELS)
def test_a_language_model_equals_pytorchs(name):
    ours, theirs = pair(*LANGUAGE_MODELS[name])
    compare(ours, theirs, np.random.default_rng(3).integers(0, 11, (3, 9)))


def test_a_vision_transformer_equals_pytorchs():
    theirs = images.VisionTransformer(24, 8, 2, 3, 12, 20, 5).double()
    ours = models.VisionTransformer(24, 8, 2, 3, 12, 20, num_classes=5).double()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter)
    state = theirs.state_dict()
    found = {key: state[theirs.own(key)] for key in ours.state_dict()}
    assert len(found) == len(state)
    ours.load_state_dict(found)
    sample = np.random.default_rng(3).normal(size=(2, 3, 24, 24))
    y, z = ours(minidl.from_numpy(sample)), theirs(torch.from_numpy(sample))
    assert_close(y, z)
    (y**2).sum().backward()
    (z**2).sum().backward()
    for key, parameter in ours.named_parameters():
        other = theirs.get_parameter(theirs.own(key)).grad
        assert np.abs(parameter.grad.numpy() - other.numpy()).max() < CLOSE * max(1, other.abs().max().item()), key


def test_a_vae_equals_pytorchs():
    ours, theirs = pair(lambda: models.VAE(12, 7, 3), lambda: sequences.VAE(12, 7, 3))
    x = np.random.default_rng(3).uniform(size=(5, 12))
    mean, log_variance = ours.encode(minidl.from_numpy(x))
    logits, their_mean, their_log_variance = theirs(torch.from_numpy(x))
    assert_close(ours.decode(mean), logits)
    assert_close(mean, their_mean)
    assert_close(log_variance, their_log_variance)

    loss = models.vae_loss(ours.decode(mean), minidl.from_numpy(x), mean, log_variance)
    posterior = torch.distributions.Normal(their_mean, (their_log_variance / 2).exp())
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    pixels = torch.distributions.Bernoulli(logits=logits, validate_args=False).log_prob(torch.from_numpy(x))
    their_loss = (kl.sum() - pixels.sum()) / 5
    assert_close(loss, their_loss)
    loss.backward()
    their_loss.backward()
    for key, parameter in theirs.named_parameters():
        assert_close(ours.get_parameter(key).grad, parameter.grad)


# --- files of weights -------------------------------------------------------------------------------------------------


def test_a_resnet18_saved_by_pytorch_predicts_the_same(tmp_path):
    torch.manual_seed(0)
    theirs = images.ResNet(images.basic, (2, 2, 2, 2), 10)
    sample = np.random.default_rng(0).normal(size=(4, 3, 64, 64)).astype(np.float32)
    theirs(torch.from_numpy(sample))  # so that the running statistics are no longer 0 and 1
    theirs.eval()
    save_file(theirs.state_dict(), tmp_path / "resnet18.safetensors")
    ours = models.resnet18(num_classes=10)
    ours.load_state_dict(minidl.load(tmp_path / "resnet18.safetensors"))
    with torch.no_grad():
        expected = theirs(torch.from_numpy(sample))
    logits = ours.eval()(minidl.from_numpy(sample))
    assert_close(logits, expected, 1e-5)
    assert logits.argmax(1).tolist() == expected.argmax(1).tolist()


@pytest.mark.parametrize("published", [False, True])
def test_a_gpt2_saved_by_pytorch_writes_the_same(tmp_path, published):
    """As a model is saved, where the tied matrix is written once, by its last name; and as the original weights are."""
    torch.manual_seed(0)
    theirs = sequences.GPT(19, 16, 2, 4, 32, sequences.Conv1D)
    for parameter in theirs.parameters():
        parameter.data.mul_(5).add_(torch.randn_like(parameter), alpha=0.1)  # so that it is sure of something
    file = tmp_path / "gpt2.safetensors"
    if published:
        state = theirs.transformer.state_dict()
        state |= {f"h.{i}.attn.bias": torch.ones(1, 1, 16, 16).tril() for i in range(2)}
        save_file(state, file)
    else:
        save_model(theirs, str(file))
    stored = minidl.load(file)
    assert sum("wte" in key or "lm_head" in key for key in stored) == 1
    ours = models.GPT2(vocab_size=19, n_positions=16, n_layer=2, n_head=4, n_embd=32).eval()
    ours.load_state_dict(stored)
    assert ours.lm_head.weight is ours.transformer["wte"].weight

    text = np.array([[3, 1, 4], [1, 5, 9]])
    written = torch.from_numpy(text)
    with torch.no_grad():
        assert_close(ours(minidl.from_numpy(text)), theirs(written), 1e-5)
        for _ in range(10):
            written = torch.cat([written, theirs(written)[:, -1:].argmax(-1)], 1)
    assert ours.generate(minidl.from_numpy(text), 10, temperature=0).tolist() == written.tolist()


MODELS_TO_EXCHANGE = {
    "MobileNetV2": IMAGE_MODELS["MobileNetV2"],
    "U-Net": IMAGE_MODELS["U-Net"],
    **{name: (*makers, (2, 5)) for name, makers in LANGUAGE_MODELS.items()},
}


@pytest.mark.parametrize("name", MODELS_TO_EXCHANGE)
def test_weights_go_to_pytorch_and_come_back(name, tmp_path):
    make_ours, make_theirs, shape = MODELS_TO_EXCHANGE[name]
    ours, theirs = make_ours().eval(), make_theirs().eval()
    minidl.save(ours.state_dict(), tmp_path / "x.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "x.safetensors"))
    random = np.random.default_rng(0)
    sample = random.integers(0, 11, shape) if len(shape) == 2 else random.normal(size=shape).astype(np.float32)
    y, z = ours(minidl.from_numpy(sample)), theirs(torch.from_numpy(sample))
    assert_close(y[0] if isinstance(y, tuple) else y, z, 1e-5)

    for parameter in theirs.parameters():
        parameter.data.add_(0.125)
    save_file({key: value.clone() for key, value in theirs.state_dict().items()}, tmp_path / "y.safetensors")
    ours.load_state_dict(minidl.load(tmp_path / "y.safetensors"))
    for key, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[key].numpy(), value.numpy())
