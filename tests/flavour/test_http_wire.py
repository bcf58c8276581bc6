"""The table of stories through real servers and sockets (line 105): one policy, the same verdicts everywhere."""

import pytest

from http_table.lines import STORIES
from http_table.stories import Story
from http_table.wire import SERVERS, WireServer, can_be_sent

SENT = [story for story in STORIES if can_be_sent(story)]
CASES = [(server, story) for server in SERVERS for story in SENT if server.can_tell(story)]


@pytest.mark.parametrize(
    ("server", "story"), CASES, ids=lambda each: each.name if isinstance(each, WireServer) else str(each)
)
def test_a_server_does_what_the_story_says(server: WireServer, story: Story) -> None:
    server.run(story)


def test_nearly_all_stories_can_be_sent_through_every_server() -> None:
    assert len(SENT) > 0.9 * len(STORIES)
    assert len(CASES) > 0.99 * len(SERVERS) * len(SENT)


def test_line_105_every_server_model_is_there() -> None:
    assert [server.name for server in SERVERS] == ["uvicorn", "waitress", "gevent", "twisted.web"]
