"""The one family of errors, and the one family of warnings.

Every error that minidl raises on purpose is a `MinidlError`, and also the built-in that a reader would expect, so that
`except ValueError` keeps working.  A message says what was called, what it got, what it needs and, where there is one,
the fix.
"""


class MinidlError(Exception):
    """Anything that minidl refuses."""


class ShapeError(MinidlError, ValueError):
    """Sizes that do not fit together."""


class DtypeError(MinidlError, TypeError):
    """A dtype, or a Python type, that the operation does not take."""


class LinAlgError(MinidlError, RuntimeError):
    """A matrix for which the result does not exist: it is singular, say, or not positive definite."""


class GraphError(MinidlError, RuntimeError):
    """A gradient that cannot be computed: no graph, a freed graph, a value changed since it was kept."""


class ArgumentError(MinidlError, ValueError):
    """An argument outside its range, such as a negative learning rate."""


class AbsentError(ArgumentError, AttributeError, IndexError, KeyError):
    """A path, an index or a key under which there is no module or parameter."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


class DeviceError(MinidlError, RuntimeError):
    """A device that is not there, or arrays of two devices in one operation."""


class CheckpointError(MinidlError, ValueError):
    """A file that is no checkpoint, or a checkpoint of another model."""


class DataError(MinidlError, ValueError):
    """A data set that is missing, empty or damaged."""


class MinidlWarning(UserWarning):
    """Something that works but is probably not meant."""


class DataWarning(MinidlWarning):
    """Files that were skipped."""
