"""What is said to whoever runs the application, under the name ``unicache``. Who says what stands where it is said.

``logging`` is dear to import, and most processes that import this library never have anything to say.
"""

__all__ = ["exception", "warning"]

_NAME = "unicache"


def warning(message: str, *args: object) -> None:
    """Something that somebody should look at."""
    import logging

    logging.getLogger(_NAME).warning(message, *args, stacklevel=2)


def exception(message: str, *args: object) -> None:
    """As ``warning``, as an error, with the traceback of what is being handled."""
    import logging

    logging.getLogger(_NAME).exception(message, *args, stacklevel=2)
