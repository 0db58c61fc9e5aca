"""`minidl.backends.cpu`: settings for processors.

exact_convolution   whether every convolution is a plain sum of products; False at the start

3x3 convolutions of float32 with stride 1 and some 30 channels or more use Winograd's algorithm, at a quarter of the
multiplications.  It adds and subtracts neighbouring pixels before it multiplies, which has two consequences:

- it rounds more: the greatest error is some 1e-5 of the greatest output, ten times that of the plain sum;
- a pixel that is infinite or NaN spoils, as NaN, the whole tiles of 4x4 outputs that see it, in all channels, and a
  sum near the greatest float32 may overflow.

Where either matters, set `minidl.backends.cpu.exact_convolution = True`.  float64 is always exact.
"""

import sys
from types import ModuleType

from ..errors import DtypeError
from ..kernels import precision


class _Settings(ModuleType):
    @property
    def exact_convolution(self) -> bool:
        return precision.exact_convolution

    @exact_convolution.setter
    def exact_convolution(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise DtypeError(f"backends.cpu.exact_convolution: got {value!r}, needs True or False")
        precision.exact_convolution = value


sys.modules[__name__].__class__ = _Settings
