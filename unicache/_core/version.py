"""The version of the library; the build reads it here. To ask the installed package takes 20 ms of whoever connects."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
