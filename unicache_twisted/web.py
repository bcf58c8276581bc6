"""The HTTP cache for twisted.web: a wrapper for Resources and Sites, and a decorator for render methods.

How results of an application are sent is told here; what becomes of them is the exchange's.
"""

from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from types import MethodType
from typing import Any, Self, cast, overload

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.web.iweb import IRenderable, IRequest
from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET
from twisted.web.template import Tag, renderElement
from zope.interface import implementer

from unicache._core.http.options import Options
from unicache._core.http.site import Site
from unicache_twisted._cache import Cache
from unicache_twisted._driving import Driven
from unicache_twisted._web_calls import answered, is_application
from unicache_twisted._web_requests import render

__all__ = ["CacheResource", "CachedRender", "cached_render"]

_untyped_interfaces: Any = (IResource, IRequest, IRenderable)
_IResource, _IRequest, _IRenderable = _untyped_interfaces
_untyped_render_element: Any = renderElement


class _Purged:
    """What of a cache's responses can be removed."""

    _site: Site

    def purge(self, url: str, *, soft: bool = False) -> "Deferred[None]":
        """Remove what is stored of an absolute URL, in all variants; ``soft`` keeps it as stale from now on.

        Raises InvalidationUncertain when the store did not confirm, InvalidArgument for a URL that is none.
        """
        return Driven(self._site.purge(url, soft=soft))

    def purge_prefix(self, url: str, *, soft: bool = False) -> "Deferred[None]":
        """The same for all URLs that begin so, whatever their query. Raises what ``purge`` raises."""
        return Driven(self._site.purge_prefix(url, soft=soft))

    def purge_tags(self, *tags: str, soft: bool = False) -> "Deferred[None]":
        """The same for what carries one of the tags. Without ``soft`` it is ``cache.invalidate_tags``, which is for
        results of functions as well; with it, the whole namespace is looked through. Raises what ``purge`` raises.
        """
        return Driven(self._site.purge_tags(tags, soft=soft))

    def purge_all(self, *, soft: bool = False) -> "Deferred[None]":
        """The same for all responses in the cache's namespace. Raises what ``purge`` raises."""
        return Driven(self._site.purge_all(soft=soft))


@implementer(IResource)
class CacheResource(_Purged):
    """A Resource that answers for another one, and for all below it, where HTTP lets it, and asks it where not.

    ``resource``  the application's: of a whole site, ``Site(CacheResource(root, cache))``; of Klein, ``app.resource()``
    ``cache``     where responses are kept; several processes with one server share them
    ``options``   what is stored, for how long, and what tells responses apart
    ``routes``    other options for paths that begin so, such as ``{"/api/": Options(ttl="10s"), "/admin/": None}``, or
                  that look so, with ``{name}`` for one segment and ``*`` for anything: ``"/users/{id}/orders"``;
                  None caches nothing, and the longest route counts

    What the responses say goes first: Cache-Control, CDN-Cache-Control, Expires, Vary, validators. Every response has a
    Cache-Status that says what was done, and why. A store that is down lets everything through.

    The application gets a request of its own, like the client's. Children are looked for only when it is asked.
    """

    isLeaf = True

    def __init__(
        self,
        resource: Any,
        cache: Cache,
        options: Options | None = None,
        *,
        routes: Mapping[str, Options | None] | None = None,
    ) -> None:
        self._resource = resource
        self._site = Site(cache._engine, options or Options(), routes or {})

    def render(self, request: Any) -> int:
        """Answer one request."""
        work = None if is_application(request) else answered(self._site, partial(render, self._resource), request)
        if work is None:
            render(self._resource, request)
        else:
            work.addErrback(_failed, request)
        return NOT_DONE_YET

    def putChild(self, path: bytes, child: Any) -> None:
        """Put it below the application's resource."""
        self._resource.putChild(path, child)

    def getChildWithDefault(self, name: bytes, request: Any) -> Any:
        """The application's; twisted.web does not ask a leaf for it."""
        return self._resource.getChildWithDefault(name, request)


def cached_render(cache: Cache, options: Options | None = None) -> Callable[[Callable[..., Any]], "CachedRender"]:
    """Decorate a method such as ``render_GET`` of a Resource, or a route of Klein, whose responses are then cached.

    ``cache``    where responses are kept; several processes with one server share them
    ``options``  what is stored, for how long, and what tells responses apart

    The result may be bytes, NOT_DONE_YET, a Deferred, a coroutine; also text, a Resource, an element of a template, or
    a Response of Klein. Decorate methods such as ``render_POST`` as well: what they change with success is removed from
    the cache. Behind a ``CacheResource`` the decorator does nothing.
    """
    site = Site(cache._engine, options or Options(), {})
    return lambda method: CachedRender(site, method)


class CachedRender(_Purged):
    """A method or function that answers requests, and whose responses are cached. Made by ``cached_render``."""

    def __init__(self, site: Site, method: Callable[..., Any]) -> None:
        self._site = site
        self._method = method
        update_wrapper(cast("Any", self), method)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., Any]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Answer one request: NOT_DONE_YET for a Resource, for others a Deferred that fires when it is answered.

        With something else than a request of twisted.web, such as one for tests, it is the method itself.
        """
        place = next((place for place, argument in enumerate(args) if _IRequest.providedBy(argument)), None)
        if place is None:
            return self._method(*args, **kwargs)
        request = args[place]

        def run(given: Any) -> Any:
            return self._method(*args[:place], given, *args[place + 1 :], **kwargs)

        work = None if is_application(request) else answered(self._site, partial(_run, run), request)
        if not _IResource.providedBy(args[0]):
            return run(request) if work is None else work
        (_begun(run, request) if work is None else work).addErrback(_failed, request)
        return NOT_DONE_YET


def _failed(failure: Any, request: Any) -> None:
    client_is_gone = getattr(request, "channel", None) is None
    if not (client_is_gone and failure.check(CancelledError)):
        request.processingFailed(failure)


def _run(run: Callable[[Any], Any], request: Any) -> None:
    """Run the application with a request of its own."""
    channel = request.channel
    _begun(run, request).addErrback(channel.fail)


def _begun(run: Callable[[Any], Any], request: Any) -> "Deferred[None]":
    """Call a method, and write what it gives when it comes. It is cancelled when the client goes."""
    work: Deferred[Any] = maybeDeferred(run, request)
    request.notifyFinish().addErrback(lambda _: work.cancel())
    return work.addCallback(_send, request)


def _send(result: Any, request: Any) -> None:
    """Write what a method gave as its result."""
    if hasattr(result, "_applyToRequest"):  # a Response of Klein, whose way to be sent has no other name
        result = result._applyToRequest(request)
    if result is NOT_DONE_YET:
        return
    if _IResource.providedBy(result):
        render(result, request)
    elif _IRenderable.providedBy(result) or isinstance(result, Tag):
        _untyped_render_element(request, result)
    else:
        request.render(_Given(result))


class _Given:
    """A resource that has been rendered."""

    def __init__(self, result: Any) -> None:
        self._result = result.encode() if isinstance(result, str) else b"" if result is None else result

    def render(self, request: Any) -> Any:
        return self._result
