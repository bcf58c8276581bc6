"""What the HTTP cache of every server model takes: its options, what applications say of one response, and the messages
that functions among the options see.
"""

from unicache._core.http.choices import ResponseOptions, response_options, set_response_options
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options

__all__ = ["Head", "Options", "Request", "ResponseOptions", "response_options", "set_response_options"]
