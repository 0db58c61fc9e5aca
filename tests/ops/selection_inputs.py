"""Small tensors of either namespace, to select from and to select with."""


def matrix(T):
    return T.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def whole(T):
    return T.tensor([1, 2, 3])


def small(T):
    return T.tensor([1, 2, 3], dtype=T.uint8)


def first(T):
    return T.tensor([0])


def table(T):
    return T.tensor([[0, 1, 0]])
