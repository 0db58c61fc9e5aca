"""scikit-learn's MLPClassifier: `partial_fit` of a whole batch is one step."""

from __future__ import annotations

from sklearn.neural_network import MLPClassifier

from ..timing import Work
from .tasks import Programs, Task, inward, layers


def step(task: Task) -> Work:
    pairs = layers(inward(task.parameters))
    model = MLPClassifier(
        tuple(len(bias) for _, bias in pairs[:-1]),
        {"sigmoid": "logistic", "relu": "relu"}[task.hidden],
        solver=task.optimizer,
        alpha=0,
        batch_size=len(task.x),
        learning_rate_init=task.lr,
        shuffle=False,
        momentum=0,
        nesterovs_momentum=False,
    )
    y = task.y.ravel().astype(int)
    model.partial_fit(task.x, y, classes=list(range(2 if task.binary else 10)))
    for (weight, bias), own_weight, own_bias in zip(pairs, model.coefs_, model.intercepts_, strict=True):
        own_weight[...], own_bias[...] = weight, bias
    del model._optimizer  # so that Adam's averages begin anew, with these weights

    def work() -> float:
        return float(model.partial_fit(task.x, y).loss_)

    return work


PROGRAMS: Programs = {"scikit-learn": {"moons-mlp": step, "mnist-mlp": step, "catdog-mlp": step}}
