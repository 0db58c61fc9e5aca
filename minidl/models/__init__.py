"""Known networks, one family a file.  None comes with weights; `load_state_dict` takes those that others trained."""

from .catdog import catdog_cnn
from .gpt import GPT
from .gpt2 import GPT2
from .lenet import LeNet5
from .lstm import CharLSTM
from .mobilenet import MobileNetV2, mobilenet_v2
from .resnet import ResNet, resnet18, resnet34, resnet50
from .unet import UNet
from .vae import VAE, vae_loss
from .vgg import VGG, vgg11_bn
from .vit import VisionTransformer, vit_b_16

__all__ = [
    "GPT",
    "GPT2",
    "VAE",
    "VGG",
    "CharLSTM",
    "LeNet5",
    "MobileNetV2",
    "ResNet",
    "UNet",
    "VisionTransformer",
    "catdog_cnn",
    "mobilenet_v2",
    "resnet18",
    "resnet34",
    "resnet50",
    "vae_loss",
    "vgg11_bn",
    "vit_b_16",
]
