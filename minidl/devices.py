"""Where tensors live: names of devices, in PyTorch's form.  This version computes on the CPU."""

from __future__ import annotations

from .errors import ArgumentError, DeviceError


class device(str):  # noqa: N801 - PyTorch's name
    """A device by name, `device("cpu")` or `device("cuda:1")`: a string that knows its type and index.

    It can be named whether or not it is there; using one that is not is a DeviceError.
    """

    __slots__ = ()

    def __new__(cls, type: str, index: int | None = None) -> device:
        name, _, number = str(type).partition(":")
        if (
            name not in ("cpu", "cuda", "mps")
            or not (number.isdigit() or number == "")
            or (number and index is not None)
        ):
            raise ArgumentError(f"device: got {type!r} and index {index}; needs 'cpu', 'cuda' or 'mps', and one index")
        return super().__new__(cls, str(type) if index is None else f"{name}:{index}")

    @property
    def type(self) -> str:
        """The kind of device, without its index."""
        return str(self).partition(":")[0]

    @property
    def index(self) -> int | None:  # type: ignore[override] # PyTorch's name, which str.index has too
        """Which of several, None for the usual one."""
        number = self.partition(":")[2]
        return int(number) if number else None

    def __enter__(self) -> device:
        """In a `with` block tensors are made there: on the CPU, or it is a DeviceError."""
        if self.type != "cpu":
            raise DeviceError(f"device {str(self)!r} is not available: this version computes on the CPU; use 'cpu'")
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __repr__(self) -> str:
        return (
            f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"
        )
