"""Orthogonal polynomials against NumPy's and SciPy's, and against what defines them; what they refuse."""

import numpy as np
import pytest
import scipy.special

import minidl
from minidl import special
from minidl.errors import DtypeError, GraphError, ShapeError

X = np.linspace(-1.6, 1.6, 23)
DEGREES = np.arange(12)

SCIPY = {
    "chebyshev_polynomial_t": scipy.special.eval_chebyt,
    "chebyshev_polynomial_u": scipy.special.eval_chebyu,
    "shifted_chebyshev_polynomial_t": scipy.special.eval_sh_chebyt,
    "shifted_chebyshev_polynomial_u": scipy.special.eval_sh_chebyu,
    "hermite_polynomial_h": scipy.special.eval_hermite,
    "hermite_polynomial_he": scipy.special.eval_hermitenorm,
    "laguerre_polynomial_l": scipy.special.eval_laguerre,
    "legendre_polynomial_p": scipy.special.eval_legendre,
}


@pytest.mark.parametrize("name", SCIPY)
def test_the_families_that_scipy_has(name):
    ours = getattr(special, name)(minidl.from_numpy(X), minidl.from_numpy(DEGREES[:, None])).numpy()
    theirs = SCIPY[name](DEGREES[:, None], X)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-9)


ANGLES = np.linspace(0.1, 3.0, 9)
BY_ANGLES = {
    "chebyshev_polynomial_t": lambda n, a: np.cos(n * a),
    "chebyshev_polynomial_u": lambda n, a: np.sin((n + 1) * a) / np.sin(a),
    "chebyshev_polynomial_v": lambda n, a: np.cos((n + 0.5) * a) / np.cos(a / 2),
    "chebyshev_polynomial_w": lambda n, a: np.sin((n + 0.5) * a) / np.sin(a / 2),
}


@pytest.mark.parametrize("name", BY_ANGLES)
@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("degree", [0, 1, 2, 7, 40, 500])
def test_chebyshev_polynomials_by_angles(name, shifted, degree):
    x = np.cos(ANGLES)
    x, name = ((x + 1) / 2, f"shifted_{name}") if shifted else (x, name)
    ours = getattr(special, name)(minidl.from_numpy(x), degree).numpy()
    np.testing.assert_allclose(ours, BY_ANGLES[name.removeprefix("shifted_")](degree, ANGLES), rtol=0, atol=1e-10)


def test_dtypes_and_shapes():
    x = minidl.linspace(-1, 1, 5)
    assert special.legendre_polynomial_p(x, 2).dtype == minidl.float32
    assert special.legendre_polynomial_p(x.double(), minidl.tensor(2)).dtype == minidl.float64
    assert special.legendre_polynomial_p(minidl.tensor([1, 2]), minidl.tensor([[1], [2]])).dtype == minidl.float32
    assert special.legendre_polynomial_p(0.5, minidl.tensor([0, 1])).tolist() == [1.0, 0.5]
    assert special.legendre_polynomial_p(x, minidl.tensor([[1.9], [-0.5], [-1.0]])).shape == (3, 5)
    assert special.legendre_polynomial_p(x, minidl.tensor([[1.9], [-0.5], [-1.0]]))[:, 0].tolist() == [-1.0, 1.0, 0.0]
    assert special.legendre_polynomial_p(minidl.zeros(0, 3), minidl.zeros(3)).shape == (0, 3)


def test_nan_stays_nan():
    x = minidl.tensor([float("nan")])
    assert np.isnan(special.hermite_polynomial_h(x, minidl.tensor([1, 2, 3, 4])).numpy()).all()


def test_refusals():
    with pytest.raises(DtypeError, match=r"legendre_polynomial_p: got x 0\.5 and n 2"):
        special.legendre_polynomial_p(0.5, 2)
    with pytest.raises(ShapeError, match="chebyshev_polynomial_t: got float32\\(2,\\)"):
        special.chebyshev_polynomial_t(minidl.zeros(2), minidl.zeros(3))
    with pytest.raises(GraphError, match="laguerre_polynomial_l has no gradient"):
        special.laguerre_polynomial_l(minidl.ones(2, requires_grad=True), 2).sum().backward()
