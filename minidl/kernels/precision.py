"""How exactly kernels compute where a faster way rounds more: what `minidl.backends.cpu` sets."""

exact_convolution = False
