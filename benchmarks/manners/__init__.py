"""How unicache behaves beside other work: how long a black hole holds a call up, and how late a ticker gets.

These are times, which depend on the machine and on what else it does, so they are figures and not tests.
"""
