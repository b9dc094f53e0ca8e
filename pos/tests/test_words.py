"""What a reader is told, in both languages."""

import pytest

from cards.number_formats import SENTENCES
from pos.models import MESSAGES
from pos.words import ENGLISH, NO_TAP, SWAHILI, USED, in_language, language_for

EVERYTHING = {*MESSAGES.values(), *SENTENCES.values(), NO_TAP, USED}


def test_all_that_a_reader_is_told_is_said_in_swahili_too() -> None:
    in_swahili = {in_language(sentence, SWAHILI) for sentence in EVERYTHING}
    assert len(in_swahili) == len(EVERYTHING)
    assert not in_swahili & EVERYTHING
    assert {in_language(sentence, ENGLISH) for sentence in EVERYTHING} == EVERYTHING


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("sw", "sw"),
        ("sw-TZ,sw;q=0.9,en;q=0.8", "sw"),
        ("de,en;q=0.5,sw;q=0.4", "en"),
        ("sw;q=0", "en"),
        ("de", "en"),
        ("*", "en"),
        (";;,", "en"),
    ],
)
def test_who_likes_neither_is_told_in_english(header: str, language: str) -> None:
    assert language_for(header) == language
