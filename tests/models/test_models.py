"""Known networks: published numbers of parameters, gradients everywhere, first weights, and what they refuse."""

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minidl
from minidl import models, nn
from minidl.errors import ArgumentError, CheckpointError, ShapeError

PAGE = Path(__file__).parents[2] / "docs" / "models.md"

PUBLISHED = {
    "LeNet-5": (models.LeNet5, 61_706),
    "ResNet-18": (models.resnet18, 11_689_512),
    "ResNet-34": (models.resnet34, 21_797_672),
    "ResNet-50": (models.resnet50, 25_557_032),
    "VGG-11 with batch norm": (models.vgg11_bn, 132_868_840),
    "MobileNetV2": (models.mobilenet_v2, 3_504_872),
    "half MobileNetV2": (lambda: models.MobileNetV2(width_mult=0.5), 1_968_680),
    "ViT-B/16": (models.vit_b_16, 86_567_656),
    "GPT-2": (models.GPT2, 124_439_808),
    "GPT-2 medium": (lambda: models.GPT2(n_embd=1024, n_layer=24, n_head=16), 354_823_168),
}

SMALL = {
    "LeNet-5": (models.LeNet5, (2, 1, 28, 28)),
    "cat/dog CNN": (lambda: models.catdog_cnn(16), (2, 3, 16, 16)),
    "ResNet-18": (lambda: models.resnet18(10, small_images=True), (2, 3, 32, 32)),
    "ResNet-34": (lambda: models.resnet34(10), (2, 3, 64, 64)),
    "ResNet-50": (lambda: models.resnet50(10, small_images=True), (2, 3, 16, 16)),
    "VGG": (lambda: models.VGG(models.vgg.CONFIGURATION_A, 10, hidden=16), (2, 3, 32, 32)),
    "MobileNetV2": (lambda: models.MobileNetV2(10, width_mult=0.35), (2, 3, 32, 32)),
    "ViT": (lambda: models.VisionTransformer(16, 8, 2, 2, 8, 16, num_classes=3), (2, 3, 16, 16)),
    "U-Net": (lambda: models.UNet(1, 2, width=2, depth=2), (2, 1, 44, 44)),
    "VAE": (lambda: models.VAE(12, 8, 2), (5, 12)),
    "GPT": (lambda: models.GPT(7, block_size=6, n_layer=2, n_head=2, n_embd=8), (2, 6)),
    "GPT-2": (lambda: models.GPT2(7, n_positions=6, n_layer=2, n_head=2, n_embd=8), (2, 6)),
    "LSTM": (lambda: models.CharLSTM(7, 4, 8), (2, 6)),
}


@pytest.fixture
def undrawn(monkeypatch):
    """Random numbers are left out: memory that nobody writes costs nothing, however large the model."""
    for name in ("normal_", "uniform_", "trunc_normal_"):
        monkeypatch.setattr(nn.init, name, lambda tensor, *args, **options: tensor)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_has_as_many_parameters_as_published(name, undrawn):
    make, count = PUBLISHED[name]
    assert sum(parameter.numel() for parameter in make().parameters()) == count


TABLE = re.findall(r"^\|.*\| ([\d,]+) \| `(.+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("count", "code"), TABLE, ids=[code for _, code in TABLE])
def test_the_page_of_models_says_how_many_parameters_a_line_makes(count, code, undrawn):
    model = eval(code, {"models": models})
    assert f"{sum(parameter.numel() for parameter in model.parameters()):,}" == count


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_gets_a_finite_gradient(name):
    minidl.manual_seed(0)
    make, shape = SMALL[name]
    model = make()
    x = minidl.randint(0, 7, shape) if len(shape) == 2 and name != "VAE" else minidl.rand(*shape)
    y = model(x)
    loss = models.vae_loss(y[0], x, *y[1:]) if name == "VAE" else ((y[0] if isinstance(y, tuple) else y) ** 2).sum()
    loss.backward()
    for path, parameter in model.named_parameters():
        assert parameter.grad is not None, path
        assert parameter.grad.shape == parameter.shape, path
        assert np.isfinite(parameter.grad.numpy()).all(), path


def test_vision_transformers_have_torchvisions_keys():
    state = models.VisionTransformer(32, 16, 1, 2, 8, 16, num_classes=3).state_dict()
    block = "encoder.layers.encoder_layer_0."
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        "class_token": (1, 1, 8),
        "conv_proj.weight": (8, 3, 16, 16),
        "conv_proj.bias": (8,),
        "encoder.pos_embedding": (1, 5, 8),
        f"{block}ln_1.weight": (8,),
        f"{block}ln_1.bias": (8,),
        f"{block}self_attention.in_proj_weight": (24, 8),
        f"{block}self_attention.in_proj_bias": (24,),
        f"{block}self_attention.out_proj.weight": (8, 8),
        f"{block}self_attention.out_proj.bias": (8,),
        f"{block}ln_2.weight": (8,),
        f"{block}ln_2.bias": (8,),
        f"{block}mlp.0.weight": (16, 8),
        f"{block}mlp.0.bias": (16,),
        f"{block}mlp.3.weight": (8, 16),
        f"{block}mlp.3.bias": (8,),
        "encoder.ln.weight": (8,),
        "encoder.ln.bias": (8,),
        "heads.head.weight": (3, 8),
        "heads.head.bias": (3,),
    }


def test_first_weights_have_the_papers_spread():
    minidl.manual_seed(0)

    def spread(parameter):
        return parameter.detach().numpy().std()

    assert spread(models.resnet18().layer2[1].conv1.weight) == pytest.approx(math.sqrt(2 / (128 * 9)), rel=0.01)
    mobile = models.mobilenet_v2()
    assert spread(mobile.features[18][0].weight) == pytest.approx(math.sqrt(2 / 1280), rel=0.01)
    assert spread(mobile.classifier[1].weight) == pytest.approx(0.01, rel=0.01)
    unet = models.UNet(width=32, depth=1)
    assert spread(unet.merge[0][0].weight) == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)
    gpt = models.GPT(50, n_layer=2, n_head=2, n_embd=128)
    first = gpt.transformer["h"][0]
    assert spread(gpt.lm_head.weight) == pytest.approx(0.02, rel=0.03)
    assert spread(first.attn.c_attn.weight) == pytest.approx(0.02, rel=0.02)
    assert spread(first.mlp.c_proj.weight) == pytest.approx(0.02 / math.sqrt(4), rel=0.02)
    assert not first.mlp.c_fc.bias.any() and first.ln_1.weight.min() == 1
    vit = models.VisionTransformer(32, 16, 1, 2, 64, 128)
    assert spread(vit.conv_proj.weight) == pytest.approx(math.sqrt(1 / (3 * 256)), rel=0.02)
    assert not vit(minidl.rand(1, 3, 32, 32)).any()  # its head starts at zero


@pytest.mark.parametrize(("size", "stage"), [(32, 4), (64, 8)])
def test_small_images_reach_a_resnets_last_stage_with_places_to_look_at(size, stage):
    model = models.resnet18(small_images=True)
    shapes = []
    model.layer4.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape)))
    model.eval()(minidl.rand(1, 3, size, size))
    assert shapes == [(1, 512, stage, stage)]


def test_a_unet_takes_the_papers_margins_off_or_none():
    paper = models.UNet(width=2)
    assert tuple(paper(minidl.rand(1, 1, 572, 572)).shape) == (1, 2, 388, 388)
    padded = models.UNet(3, 4, width=2, padding=1)
    assert tuple(padded(minidl.rand(2, 3, 32, 48)).shape) == (2, 4, 32, 48)


def test_a_vae_draws_codes_around_the_mean_and_pictures_of_probabilities():
    model = models.VAE(12, 8, 2)
    mean, log_variance = minidl.full((40_000, 2), 3.0), minidl.full((40_000, 2), math.log(4))
    codes = model.reparameterize(mean, log_variance, minidl.Generator().manual_seed(1)).numpy()
    np.testing.assert_allclose(codes.mean(0), 3, atol=0.05)
    np.testing.assert_allclose(codes.std(0), 2, atol=0.05)
    pictures = model.sample(4).detach().numpy()
    assert pictures.shape == (4, 12) and pictures.min() > 0 and pictures.max() < 1


def test_the_recipe_trains_the_network_that_is_shown_here():
    from minidl.recipes.catdog import MODELS

    assert MODELS["cnn"] is models.catdog_cnn


REFUSED = [
    (r"catdog_cnn: size 40", ArgumentError, lambda: models.catdog_cnn(40)),
    (r"UNet: images \(1, 1, 30, 30\) become \(1, 4, 15, 15\)", ShapeError,
     lambda: models.UNet(width=2, depth=2, padding=1)(minidl.rand(1, 1, 30, 30))),
    (r"VisionTransformer: image_size 30", ArgumentError, lambda: models.vit_b_16(image_size=30)),
    (r"VisionTransformer: got \(1, 3, 8, 8\)", ShapeError,
     lambda: models.VisionTransformer(16, 8, 1, 2, 8, 16)(minidl.rand(1, 3, 8, 8))),
    (r"GPT: n_embd=8, n_head=3", ArgumentError, lambda: models.GPT(7, n_embd=8, n_head=3)),
    (r"GPT: tokens \(1, 5\); needs \(N, T\), T at most 4", ShapeError,
     lambda: models.GPT(7, 4, 1, 1, 8)(minidl.zeros(1, 5, dtype=minidl.int64))),
    (r"GPT: tokens \(3,\); needs \(N, T\)", ShapeError,
     lambda: models.GPT(7, 4, 1, 1, 8)(minidl.zeros(3, dtype=minidl.int64))),
    (r"generate: tokens \(1, 0\)", ShapeError,
     lambda: models.CharLSTM(7).generate(minidl.zeros(1, 0, dtype=minidl.int64), 2)),
    (r"GPT2: missing: transformer\.wpe\.weight", CheckpointError, lambda: load_without_places()),
]  # fmt: skip


def load_without_places():
    model = models.GPT2(7, 4, 8, 1, 1)
    state = model.state_dict()
    del state["transformer.wpe.weight"]
    model.load_state_dict(state)


@pytest.mark.parametrize(("message", "kind", "call"), REFUSED, ids=[message for message, *_ in REFUSED])
def test_what_does_not_fit_is_named(message, kind, call, undrawn):
    with pytest.raises(kind, match=message):
        call()


def test_importing_minidl_leaves_the_models_alone():
    code = "import sys, minidl; print('minidl.models' in sys.modules, minidl.models.GPT.__name__)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "GPT"]
