"""The contenders: a package for each kind of work, in it a module for each flavour, ``<work>/on_<flavour>.py``.

Such a module has one asynchronous context manager for each contender, ``contender(address)``, which makes ready and
yields the call to be measured: it takes a key, and gives what is stored there. Under threads and gevent neither of the
two suspends.

Packages are imported inside their contender: a worker process loads one only. All are used as their documentation
shows, with no option beside the address and what makes the work the same, except where a docstring says so.
"""
