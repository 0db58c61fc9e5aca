"""The functions behind the layers, under PyTorch's names."""

from ..ops.activation import elu, leaky_relu, log_softmax, logsigmoid, sigmoid, softmax, softplus, tanh
from ..ops.attention import scaled_dot_product_attention
from ..ops.average_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
)
from ..ops.conv import conv1d, conv2d, conv3d
from ..ops.ctc import ctc_loss
from ..ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from ..ops.embedding import embedding, embedding_bag, one_hot
from ..ops.folding import fold, unfold
from ..ops.gates import (
    celu,
    celu_,
    elu_,
    gelu,
    glu,
    gumbel_softmax,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu_,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    silu,
    softmin,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
    threshold_,
)
from ..ops.grid_sampling import affine_grid, grid_sample
from ..ops.interpolation import interpolate, upsample, upsample_bilinear, upsample_nearest
from ..ops.layer_norm import group_norm, instance_norm, layer_norm, local_response_norm, rms_norm
from ..ops.linalg import bilinear, linear
from ..ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    linear_cross_entropy,
    nll_loss,
)
from ..ops.margin_loss import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ..ops.multi_head_attention import multi_head_attention_forward
from ..ops.norm import batch_norm
from ..ops.norms import cosine_similarity, normalize, pairwise_distance, pdist
from ..ops.padding import pad
from ..ops.pixels import channel_shuffle, native_channel_shuffle, pixel_shuffle, pixel_unshuffle
from ..ops.pool import (
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
)
from ..ops.regression_loss import (
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from ..ops.transposed_conv import conv_transpose1d, conv_transpose2d, conv_transpose3d
from ..ops.unpooling import (
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
