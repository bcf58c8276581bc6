"""The key of a call: arguments bound through the signature, defaults applied, ignored ones left out, the rest rendered.

    shop.orders.count:9f86d081884c7d659a2feaa0c55ad015   by default: the function's name, a digest of the arguments
    num_orders:ALFKI@v2                                  key="num_orders:{customerid}", version=2
    …                                                    whatever the user's own function returns

The first two are injective: two different calls have two different keys, in every process.

What must not live here: namespaces and limits of keys (``names``), and how a value becomes bytes (``canonical``).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from hashlib import blake2b
from inspect import Parameter, Signature, signature
from types import FunctionType, NoneType
from typing import Any

from unicache._core.keys.canonical import digest, encode, encode_self
from unicache._core.keys.templates import check_literals, parsed, text, unsafe_in, version_mark
from unicache.errors import ConfigurationError, InvalidArgument

__all__ = ["Binder", "Vary", "default_prefix", "template_binder"]

Vary = Mapping[str, Callable[[], Any]]
"""What tells calls apart beside their arguments: names, and what gives their values when a call is made."""

_Args = tuple[Any, ...]
_Kwargs = Mapping[str, Any]

_LONGEST = 200
_KEPT = 160
_READABLE_INT = 1 << 128


class Binder:
    """Turns the arguments of one function into the key of the call. Everything that can be checked is checked here.

    ``function``  the function whose signature binds the arguments
    ``key``       None; or a template with names of parameters in braces; or a callable that takes the same arguments
                  and returns the key
    ``ignore``    names of parameters that take no part in the key, or of what only ``**kwargs`` takes
    ``version``   takes part in the key, so that another version makes the old entries unreachable
    ``bound``     True when the first parameter is the object or class that a method is bound to
    ``vary``      what takes part in the key like a further argument of that name

    Raises ConfigurationError when an option is wrong, or when two different calls would have the same key.
    """

    __slots__ = ("_key",)

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        key: str | Callable[..., str] | None,
        ignore: Collection[str],
        version: str | int | None,
        bound: bool = False,
        vary: Vary | None = None,
    ) -> None:
        if isinstance(version, bool) or not isinstance(version, str | int | None):
            raise ConfigurationError(f"version must be a str, an int or None, not {type(version).__name__}")
        arguments = _Arguments(function, ignore, bound, vary or {})
        self._key: Callable[[_Args, _Kwargs], str]
        if key is None:
            self._key = _Digested(arguments, default_prefix(function), version).key
        elif isinstance(key, str):
            self._key = _Template(arguments, key, version).key
        elif callable(key) and (ignore or vary):
            raise ConfigurationError("ignore= and vary= have no meaning beside a key function, which does it all")
        elif callable(key):
            self._key = partial(_called, key, version_mark(version))
        else:
            raise ConfigurationError(f"key must be a template, a callable or None, not {type(key).__name__}")

    def key(self, args: _Args, kwargs: _Kwargs) -> str:
        """The key of the call ``function(*args, **kwargs)``.

        Raises the TypeError of such a call when it is wrong, and InvalidArgument for an argument that has no canonical
        form; its ``argument`` is the parameter.
        """
        return self._key(args, kwargs)


def template_binder(function: Callable[..., Any], template: str, vary: Vary | None = None) -> Binder:
    """A binder for text about a call, such as a tag, that need not tell one call from another."""
    names = parsed(template)[1]
    unused = set(_signature(function).parameters).difference(names)
    used = {name: value for name, value in (vary or {}).items() if name in names}
    return Binder(function, key=template, ignore=unused, version=None, vary=used)


def default_prefix(function: Callable[..., Any]) -> str:
    """What the default keys of the function begin with."""
    return f"{_own_name(function)}:"


class _Arguments:
    """The parameters that take part in the key, and the way from a call to their values."""

    __slots__ = ("bind", "encoders", "ignored", "names", "title")

    def __init__(self, function: Callable[..., Any], ignore: Collection[str], bound: bool, vary: Vary) -> None:
        sign = _signature(function)
        self.title = getattr(function, "__qualname__", type(function).__name__)
        self.ignored = _checked_ignore(ignore, sign, self.title)
        self.names = tuple(name for name in sign.parameters if name not in self.ignored)
        first = next(iter(sign.parameters), None) if bound else None
        self.encoders = tuple(encode_self if name == first else encode for name in self.names)
        self.bind = _compiled(sign, self.names, self.title)
        dropped = self.ignored.difference(sign.parameters)
        if dropped and _any_keywords(sign) in self.names:
            self.bind = partial(_without, self.bind, dropped)
        if vary:
            self._vary(_checked_vary(vary, sign, self.title))

    def _vary(self, vary: Vary) -> None:
        self.names += tuple(vary)
        self.encoders += (encode,) * len(vary)
        self.bind = partial(_with, self.bind, tuple(vary.values()))

    def blame(self, values: _Args, cause: InvalidArgument) -> InvalidArgument:
        """The error for the first of the values that has no canonical form; the cause itself when all have one now."""
        for name, encoder, value in zip(self.names, self.encoders, values, strict=True):
            try:
                encoder(value)
            except InvalidArgument as error:
                return InvalidArgument(f"{name} of {self.title}() cannot be part of a key: {error}", argument=name)
        return cause


class _Digested:
    """The default form: a name to read, and a digest of version, parameter names and arguments."""

    __slots__ = ("_arguments", "_prefix", "_seed")

    def __init__(self, arguments: _Arguments, prefix: str, version: str | int | None) -> None:
        self._arguments = arguments
        self._prefix = prefix
        self._seed = blake2b(encode((version, arguments.names)), digest_size=16)

    def key(self, args: _Args, kwargs: _Kwargs) -> str:
        values = self._arguments.bind(*args, **kwargs)
        hasher = self._seed.copy()
        try:
            for encoder, value in zip(self._arguments.encoders, values, strict=True):
                hasher.update(encoder(value))
        except InvalidArgument as error:
            raise self._arguments.blame(values, error) from None
        return self._prefix + hasher.hexdigest()


class _Template:
    """The readable form. Why two calls never share a key:

    - A field consists of word characters, ``%``, a leading ``'`` or ``~``, and those of ``.@-`` that are in no literal;
      everything else is ``%XX``. A literal between two fields begins with none of these, so each field has one end.
    - ``'`` marks a str that would read as a number, None, True, False or nothing; ``~`` a digest of a canonical form.
    - ``@`` followed by ``v`` is never part of a field, so it marks the version; see ``_unsafe``.
    - A key that was too long ends in the digest of its text, which is the canonical form of no ``~`` field.
    """

    __slots__ = ("_arguments", "_fields", "_tail", "_unsafe")

    def __init__(self, arguments: _Arguments, template: str, version: str | int | None) -> None:
        literals, names = parsed(template)
        _check_fields(names, arguments)
        check_literals(literals, template)
        positions = [arguments.names.index(name) for name in names]
        self._arguments = arguments
        self._fields = tuple(zip(literals, positions, strict=False))
        self._tail = literals[-1] + version_mark(version)
        self._unsafe = unsafe_in("".join(literals))

    def key(self, args: _Args, kwargs: _Kwargs) -> str:
        values = self._arguments.bind(*args, **kwargs)
        try:
            parts = [literal + self._field(values[at], self._arguments.encoders[at]) for literal, at in self._fields]
        except InvalidArgument as error:
            raise self._arguments.blame(values, error) from None
        text = "".join(parts) + self._tail
        return text if len(text) <= _LONGEST else f"{text[:_KEPT]}~{digest(encode(text))}"

    def _field(self, value: Any, encoder: Callable[[Any], bytes]) -> str:
        kind = type(value)
        if kind is str or kind is bool or kind is float or kind is NoneType:
            return text(value, self._unsafe)
        if kind is int and -_READABLE_INT < value < _READABLE_INT:
            return text(value, self._unsafe)
        return "~" + digest(encoder(value))


def _called(function: Callable[..., str], mark: str, args: _Args, kwargs: _Kwargs) -> str:
    key = function(*args, **kwargs)
    if not isinstance(key, str) or not key:
        kind = "an empty one" if key == "" else type(key).__name__
        raise InvalidArgument(
            f"key must be a function that returns a str of one character or more, not {kind}", argument="key"
        )
    return key + mark


def _check_fields(names: list[str], arguments: _Arguments) -> None:
    for name in names:
        if name in arguments.ignored:
            raise ConfigurationError(f"{name!r} of {arguments.title}() is both in key= and in ignore=")
        if name not in arguments.names:
            raise _unknown(name, "key=", arguments.names, arguments.title)
    missing = [name for name in arguments.names if name not in names]
    if missing:
        message = f"calls of {arguments.title}() that differ in {missing[0]!r} would share a key"
        raise ConfigurationError(f"{message}: put it in key= as {{{missing[0]}}}, or in ignore=")


def _checked_ignore(ignore: Collection[str], sign: Signature, title: str) -> frozenset[str]:
    if isinstance(ignore, str):
        raise ConfigurationError(f"ignore must be a collection of names, not one str: write ({ignore!r},)")
    for name in ignore:
        if name not in sign.parameters and _any_keywords(sign) is None:
            raise _unknown(name, "ignore=", sign.parameters, title)
    return frozenset(ignore)


def _checked_vary(vary: Vary, sign: Signature, title: str) -> Vary:
    if not isinstance(vary, Mapping) or not all(isinstance(name, str) and callable(vary[name]) for name in vary):
        raise ConfigurationError("vary must be a mapping from names to callables without arguments")
    for name in vary:
        if name in sign.parameters:
            raise ConfigurationError(f"vary=: {name!r} is a parameter of {title}(), and takes part in the key as it is")
    return vary


def _any_keywords(sign: Signature) -> str | None:
    """The name of ``**kwargs``, if the function has it; it is always the last parameter."""
    found = [parameter.name for parameter in sign.parameters.values() if parameter.kind is Parameter.VAR_KEYWORD]
    return found[0] if found else None


def _unknown(name: str, option: str, names: Iterable[str], title: str) -> ConfigurationError:
    from difflib import get_close_matches  # dear to import, and only a mistake needs it

    known = list(names)
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known) or 'none'}"
    return ConfigurationError(f"{option}: {title}() has no parameter {name!r}; {hint}")


def _own_name(function: Callable[..., Any]) -> str:
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not name or "<lambda>" in name:
        raise ConfigurationError("a lambda or partial has no name of its own for its entries: give it one with key=")
    return f"{module}.{name}"


def _signature(function: Callable[..., Any]) -> Signature:
    try:
        return signature(function)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"what is cached must be a function with a signature: {error}") from None


def _compiled(sign: Signature, names: Iterable[str], title: str) -> Callable[..., _Args]:
    """A function with this signature that returns the values of the named parameters.

    Python itself then binds a call, ten times faster than ``Signature.bind`` and with its own errors; ``namedtuple`` is
    made in the same way.
    """
    parameters = sign.parameters.values()
    bare = [parameter.replace(annotation=Parameter.empty, default=Parameter.empty) for parameter in parameters]
    head = str(sign.replace(parameters=bare, return_annotation=Signature.empty))[1:-1]
    bind: FunctionType = eval(f"lambda {head}: ({''.join(f'{name}, ' for name in names)})", {})  # noqa: S307 - identifiers only
    given = [parameter for parameter in parameters if parameter.default is not Parameter.empty]
    bind.__kwdefaults__ = {item.name: item.default for item in given if item.kind is Parameter.KEYWORD_ONLY}
    bind.__defaults__ = tuple(item.default for item in given if item.kind is not Parameter.KEYWORD_ONLY)
    bind.__qualname__ = title
    return bind


def _with(bind: Callable[..., _Args], around: Iterable[Callable[[], Any]], /, *args: Any, **kwargs: Any) -> _Args:
    """What ``bind`` gives, and what stands around the call just now."""
    return (*bind(*args, **kwargs), *(value() for value in around))


def _without(bind: Callable[..., _Args], dropped: Collection[str], /, *args: Any, **kwargs: Any) -> _Args:
    """What ``bind`` gives, without some of the names in its last value, that of ``**kwargs``."""
    *values, extra = bind(*args, **kwargs)
    return (*values, {name: extra[name] for name in extra if name not in dropped})
