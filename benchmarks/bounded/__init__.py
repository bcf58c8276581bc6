"""Which bounded store stands under the near cache, and why: ``python -m benchmarks.bounded [--short] [--trace FILE]``.

What is compared is one store by itself, in this process. No cache, no server, no event model.
"""
