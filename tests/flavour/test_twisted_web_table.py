"""The table of stories through a Resource of twisted.web."""

import pytest

from http_table import resources
from http_table.lines import STORIES
from http_table.stories import Story

HAPPENING = [story for story in STORIES if resources.can_happen(story)]


@pytest.mark.parametrize("story", HAPPENING, ids=str)
def test_the_resource_does_what_the_story_says(story: Story) -> None:
    resources.run(story)


def test_nearly_all_stories_can_happen() -> None:
    assert len(HAPPENING) > 0.99 * len(STORIES)
