"""A Django application, in one file, whose views use the cache in each way that Django has; for uvicorn."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.cache import cache_page

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="secret",  # noqa: S106  of a test
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    CACHES={
        "default": {
            "BACKEND": "unicache.django.Cache",
            "LOCATION": os.environ["UNICACHE_URL"],
            "OPTIONS": {"namespace": "site", "codec": "pickle", "signing": {"2026": bytes(32)}},
        }
    },
)

FRAGMENT = "{% load cache %}{% cache 60 menu %}{{ made }}{% endcache %}"

runs = 0


def plain(request: HttpRequest) -> HttpResponse:
    """On a thread."""
    cache.add("number", 41)
    return HttpResponse(str(cache.incr("number")))


async def asynchronous(request: HttpRequest) -> HttpResponse:
    """In the event loop."""
    return HttpResponse(str(await cache.aincr("number")))


def session(request: HttpRequest) -> HttpResponse:
    """Kept in the cache."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


@cache_page(60)
def page(request: HttpRequest) -> HttpResponse:
    """A response, as a pickle, with a fragment of a template, a subclass of str."""
    global runs  # noqa: PLW0603  the application is a module
    runs += 1
    made = f"<p>{runs}</p>"
    return HttpResponse(engines["django"].from_string(FRAGMENT).render({"made": made}))


urlpatterns = [path("plain", plain), path("async", asynchronous), path("session", session), path("page", page)]

application = get_asgi_application()
