"""How fast unicache is beside the other clients of each event model: ``python -m benchmarks``.

Everything compared is measured in one run, on one server, in turn; what ``manners`` looks at is compared with nobody.
Nothing here is imported by the library.
"""
