"""Days of the week as people say them."""

import pytest

from core.weekdays import days_in_words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([1, 2, 3, 4, 5], "Monday to Friday"),
        ([5, 3, 4, 2, 1, 1], "Monday to Friday"),
        ([1, 2, 3, 4, 5, 6, 7], "Every day"),
        ([6, 7], "Saturday, Sunday"),
        ([1, 3, 5], "Monday, Wednesday, Friday"),
        ([1, 2, 3, 7], "Monday to Wednesday, Sunday"),
        ([4], "Thursday"),
        ([], "No day"),
    ],
)
def test_days_are_said_as_people_say_them(days: list[int], words: str) -> None:
    assert days_in_words(days) == words
