"""What a reader is told, in both languages."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from cards.number_formats import SENTENCES
from core.errors import InvalidFields
from pos.models import MESSAGES
from pos.protocol import clock_ahead, read_tap, taps_in
from pos.words import (
    ENGLISH,
    FAULTS_IN_SWAHILI,
    NO_TAP,
    SPOILT,
    SWAHILI,
    USED,
    fields_in,
    in_language,
    language_for,
)

EVERYTHING = {*MESSAGES.values(), *SENTENCES.values(), NO_TAP, USED}


def test_all_that_a_reader_is_told_is_said_in_swahili_too() -> None:
    in_swahili = {in_language(sentence, SWAHILI) for sentence in EVERYTHING}
    assert len(in_swahili) == len(EVERYTHING)
    assert not in_swahili & EVERYTHING
    assert {in_language(sentence, ENGLISH) for sentence in EVERYTHING} == EVERYTHING


WRONG: list[dict[str, Any]] = [
    {},
    {"card": 7},
    {"card": ""},
    {"tapped_at": "today"},
    {"direction": "up"},
    {"food_item": 7},
    {"event_id": ""},
    {"series": "("},
    {"seq": -1},
    {"offline": "no"},
    {"reader_decision": "perhaps"},
]


def test_whatever_is_wrong_with_a_tap_is_said_in_swahili_too() -> None:
    now = timezone.now()
    found: set[str] = set()
    refusals: list[Callable[[], object]] = [
        lambda: read_tap([], received_at=now),
        lambda: clock_ahead("now", received_at=now),
        lambda: taps_in({}),
        *(partial(read_tap, item, received_at=now) for item in WRONG),
    ]
    for refused in refusals:
        with pytest.raises(InvalidFields) as raised:
            refused()
        english, swahili = (fields_in(raised.value.fields, each) for each in (ENGLISH, SWAHILI))
        assert english == raised.value.fields
        assert all(swahili[name] != english[name] for name in english)
        found.update(text for texts in english.values() for text in texts)
    assert found | {SPOILT} == FAULTS_IN_SWAHILI.keys()


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
