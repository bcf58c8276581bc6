"""The table of stories through the WSGI middleware, under threads and gevent."""

import pytest

import unicache
import unicache_gevent
from http_table import wsgi
from http_table.lines import STORIES
from http_table.stories import Story

KINDS = [unicache.Cache, unicache_gevent.Cache]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__module__.partition(".")[0])
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_the_middleware_does_what_the_story_says(story: Story, kind: type[unicache.Cache]) -> None:
    wsgi.run(story, kind)
