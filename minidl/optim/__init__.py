"""Optimizers and learning-rate schedulers; docs/optimizers.md explains all of them on one page."""

from . import book, lr_scheduler, swa_utils
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .book import GradientDescent, Momentum, RMSProp
from .lbfgs import LBFGS
from .matrices import LAMB, Adafactor, Muon
from .optimizer import Optimizer
from .sgd import ASGD, SGD
from .signs import Lion, Rprop

__all__ = [
    "ASGD",
    "LAMB",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "GradientDescent",
    "Lion",
    "Momentum",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSProp",
    "RMSprop",
    "Rprop",
    "book",
    "lr_scheduler",
    "swa_utils",
]
