"""The contenders, one module for each flavour, ``on_<flavour>.py``.

Such a module has ``run(main)``, ``order()`` and ``together(get, callers, calls)``, the flavour's way to run the worker,
to wait for a line of standard input and to run callers side by side; and one asynchronous context manager for each
contender, ``contender(address)``, which connects and yields its ``get``. Under threads and gevent these never suspend.

Clients are imported inside their contender: a worker process loads one client only. All are used as their
documentation shows, with no option beside the address, except where a docstring says so.
"""
