"""The event models, one module for each, ``on_<flavour>.py``, as far as a worker needs them.

Such a module has ``run(main)``, ``order()`` and ``together(get, callers, calls)``: its way to run the worker, to wait
for a line of standard input and to run callers side by side. Under threads and gevent these never suspend.
"""
