"""Kernels for the CPU, over NumPy arrays.

Small work is NumPy's; what needs numba lives in modules that are loaded, and compiled or read from numba's disk cache,
when one of their kernels is first called.  Images have the shape (N, C, H, W) and lie channels-last in memory.
"""

import importlib
from typing import Any

from .activation import gate, tanh
from .frames import met_frames, met_frames_gradient
from .half import also_in_half_precision
from .layout import copied, copy_into, ordered_copy
from .pixels import pixel_shuffle, pixel_unshuffle
from .product import linear, matmul

_JITTED = {
    "conv2d": "convolution",
    "conv2d_input_gradient": "convolution",
    "conv2d_weight_gradient": "convolution",
    "conv2d_parameter_gradients": "convolution",
    "max_pool2d": "pooling",
    "max_pool2d_gradient": "pooling",
    "pool_places": "pooling",
    "pool_gather": "pooling",
    "window_sums": "window_sums",
    "padded": "padding",
    "padding_gradient": "padding",
    "channel_moments": "normalization",
    "channel_sums": "normalization",
    "batch_norm": "normalization",
    "batch_norm_gradient": "normalization",
    "batch_norm_by": "running_norm",
    **dict.fromkeys(("batch_norm_relu_pool", "batch_norm_relu_pool_gradient"), "norm_pool"),
    **dict.fromkeys(("layer_norm", "layer_norm_gradient", "rms_norm", "rms_norm_gradient"), "row_norms"),
    "group_norm": "group_norm",
    "group_norm_gradient": "group_norm",
    "softmax_cross_entropy": "loss",
    "softmax_cross_entropy_gradient": "loss",
    "attention": "attention",
    "attention_gradient": "attention",
    "ctc": "ctc",
    "dropout": "philox",
    "glu": "halves",
    "glu_gradient": "halves",
    **dict.fromkeys(("huber", "huber_gradient", "logistic_loss", "logistic_loss_gradient"), "element_losses"),
    **dict.fromkeys(("smooth_absolute", "smooth_absolute_gradient"), "element_losses"),
    **dict.fromkeys(("squared_distance", "scaled_distance"), "element_losses"),
    **dict.fromkeys(("rnn_forward", "lstm_forward", "gru_forward"), "recurrent"),
    **dict.fromkeys(("rnn_backward", "lstm_backward", "gru_backward"), "recurrent_gradients"),
    **dict.fromkeys(("float_product", "float_products", "integer_products"), "jitted_product"),
    "add_row_product": "single_row",
    "vector_product": "vector_product",
    **dict.fromkeys(("put_in_rows", "sort_of_rows", "top_of_rows"), "order"),
    **dict.fromkeys(("softmax", "softmax_gradient", "log_softmax", "log_softmax_gradient"), "softmaxes"),
    **dict.fromkeys(("add_elements", "add_slices", "elements_taken", "rows_moved"), "places"),
    "resized": "resizing",
    "add_to_rows": "rows",
    "outer_product": "rows",
    **dict.fromkeys(("selected", "put_where", "upper_triangles", "lower_triangles"), "selecting"),
    **dict.fromkeys(("distances", "distances_gradient"), "row_distances"),
    **dict.fromkeys(("lengths_of_rows", "rows_of_length", "rows_of_length_gradient"), "lengths"),
    **dict.fromkeys(("log_sum_exp_of_rows", "log_sum_exp_of_rows_gradient"), "rows"),
    **dict.fromkeys(("cumulative_sum_of_rows_from_end", "products_of_others_of_rows"), "reduction"),
    "all_within": "reduction",
    "total": "reduction",
    "sum_of_rows": "reduction",
    "sums": "summing",
    "sums_of_products": "summing",
    "sum_of_columns": "reduction",
    "product_of_all": "reduction",
    "product_of_rows": "reduction",
    "squared_deviations_of_rows": "reduction",
    "cumulative_sum_of_rows": "reduction",
    "divided": "loops",
    "add_to": "loops",
    "scale": "loops",
    "reduced_rows": "loops",
    **dict.fromkeys(
        (
            "addcdiv",
            "addcmul",
            "choose",
            "clip",
            "elu",
            "erf",
            "gelu",
            "gelu_tanh",
            "hardsigmoid",
            "hardswish",
            "leaky_relu",
            "lerp",
            "logsigmoid",
            "prelu",
            "relu",
            "rsqrt",
            "sigmoid",
            "silu",
            "softplus",
        ),
        "elementwise",
    ),
    **dict.fromkeys(
        (
            "elu_gradient",
            "gate_above",
            "gate_between",
            "gate_outside",
            "gate_within",
            "gelu_gradient",
            "gelu_tanh_gradient",
            "hardsigmoid_gradient",
            "hardswish_gradient",
            "leaky_relu_gradient",
            "logsigmoid_gradient",
            "prelu_gradient",
            "prelu_slope_gradient",
            "sigmoid_gradient",
            "sign_of",
            "silu_gradient",
            "softplus_gradient",
            "square_gradient",
            "tanh_gradient",
        ),
        "slopes",
    ),
    **dict.fromkeys(
        (
            "adadelta_step",
            "adagrad_step",
            "adam_step",
            "adamax_step",
            "amsgrad_step",
            "asgd_step",
            "book_rmsprop_step",
            "centered_rmsprop_momentum_step",
            "centered_rmsprop_step",
            "gradient_descent_step",
            "lamb_direction",
            "lion_step",
            "nadam_step",
            "nesterov_step",
            "radam_first_step",
            "radam_step",
            "rmsprop_momentum_step",
            "rmsprop_step",
            "rprop_step",
            "sgd_step",
        ),
        "optimizer",
    ),
    **dict.fromkeys(("adafactor_step", "lamb_step", "muon_step"), "matrix_steps"),
    "lbfgs_direction": "quasi_newton",
}
_TAKE_ANY_DTYPE = {"optimizer", "matrix_steps", "quasi_newton", "loops", "elementwise", "slopes", "reduction", "rows"}
_TAKE_ANY_DTYPE |= {"jitted_product", "single_row", "vector_product", "order", "places", "selecting", "padding"}
_TAKE_ANY_DTYPE |= {"lengths", "element_losses", "row_distances", "summing"}
"""Modules whose kernels see to float16 themselves, or are given none."""


__all__ = [*_JITTED, "gate", "linear", "matmul", "pixel_shuffle", "pixel_unshuffle", "tanh"]
__all__ += ["copied", "copy_into", "met_frames", "met_frames_gradient", "ordered_copy"]


def __getattr__(name: str) -> Any:
    """Load a jitted kernel when it is first used."""
    if name not in _JITTED:
        raise AttributeError(f"the CPU has no kernel {name!r}")
    home = _JITTED[name]
    module = importlib.import_module(f".{home}", __name__)
    if home in _JITTED and globals().get(home) is module:
        del globals()[home]  # the import leaves it where a kernel of its name belongs
    kernel = getattr(module, name)
    if home not in _TAKE_ANY_DTYPE:
        kernel = also_in_half_precision(kernel)
    globals()[name] = kernel
    return kernel
