"""The same steps in other libraries, a small file for each.

A file `with_*.py` imports its library, so that ImportError says that it is absent, and offers PROGRAMS: for each way to
use the library, the workloads that it can express.  A program takes a `Task` and returns a step that gives the loss.
"""
