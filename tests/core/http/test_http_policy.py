"""The table of stories against the policy alone."""

import pytest

from http_table import policy
from http_table.lines import STORIES
from http_table.stories import Story


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_the_policy_does_what_the_story_says(story: Story) -> None:
    policy.run(story)
