"""The table of stories through the ASGI middleware, under asyncio and trio."""

import asyncio

import pytest
import trio
import trio.testing

from http_table import middleware
from http_table.lines import STORIES
from http_table.stories import Story
from unicache.server import Server


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def _ended() -> None:
    """All tasks beside this one are over, but those that read from the server."""
    while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  nothing tells when
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_the_middleware_does_what_the_story_says_under_asyncio(story: Story) -> None:
    asyncio.run(middleware.run(story, "memory://", "", _settled))


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_and_on_a_server(story: Story, valkey_server: Server, namespace: str) -> None:
    asyncio.run(middleware.run(story, valkey_server.url, namespace, _ended))


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_and_under_trio(story: Story) -> None:
    trio.run(middleware.run, story, "memory://", "", trio.testing.wait_all_tasks_blocked)
