"""Optimizers and learning-rate schedulers."""

from . import lr_scheduler
from .adam import Adam
from .book import GradientDescent, Momentum, RMSProp
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "GradientDescent", "Momentum", "Optimizer", "RMSProp", "lr_scheduler"]
