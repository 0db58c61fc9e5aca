"""The namespace `minidl.special`: special functions under the names of torch.special."""

from .autograd.out import let_take_out
from .namespace import SPECIAL_TAKES_OUT
from .ops.activation import log_softmax, softmax
from .ops.activation import sigmoid as expit
from .ops.elementwise import exp2, expm1, log1p
from .ops.pairwise import igamma as gammainc
from .ops.pairwise import igammac as gammaincc
from .ops.pairwise import xlog1py, xlogy
from .ops.polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from .ops.reduction import logsumexp
from .ops.rounding import round
from .ops.special import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    gammaln,
    i0,
    i0e,
    i1,
    i1e,
    log_ndtr,
    logit,
    modified_bessel_i0,
    modified_bessel_i1,
    modified_bessel_k0,
    modified_bessel_k1,
    multigammaln,
    ndtr,
    ndtri,
    polygamma,
    psi,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
    zeta,
)
from .ops.trigonometric import sinc

let_take_out(globals(), SPECIAL_TAKES_OUT)
