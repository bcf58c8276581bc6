"""How fast unicache is beside others, in each event model: ``python -m benchmarks``.

Everything compared is measured in one run, on one server, in turn; ``manners`` and ``growth`` compare with nobody.
Nothing here is imported by the library.
"""
