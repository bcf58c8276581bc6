"""What the HTTP cache of every server model takes: its options, and the messages that functions among them see."""

from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options

__all__ = ["Head", "Options", "Request"]
