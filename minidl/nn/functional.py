"""The functions behind the layers, under PyTorch's names."""

from ..ops.activation import (
    elu,
    leaky_relu,
    log_softmax,
    logsigmoid,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from ..ops.attention import scaled_dot_product_attention
from ..ops.conv import conv2d
from ..ops.dropout import dropout
from ..ops.grid_sampling import affine_grid, grid_sample
from ..ops.interpolation import interpolate, upsample, upsample_bilinear, upsample_nearest
from ..ops.linalg import linear
from ..ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    mse_loss,
    nll_loss,
)
from ..ops.norm import batch_norm
from ..ops.norms import cosine_similarity, normalize, pairwise_distance, pdist
from ..ops.padding import pad
from ..ops.pixels import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
from ..ops.pool import max_pool2d
