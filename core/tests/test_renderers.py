"""JSON by orjson is what DRF writes, to the byte."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import gettext_lazy
from rest_framework import renderers
from rest_framework.serializers import Serializer
from rest_framework.utils.serializer_helpers import ReturnDict, ReturnList

from core.renderers import JSONRenderer

MOMENT = datetime(2026, 3, 2, 7, 4, 5, 123456, UTC)


ANY = Serializer[Any]()


class Status(StrEnum):
    LATE = "Late"


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [1, 2.5, 1e16, -0.0, True, None, "", 'é 😀 \u007f \x00 " \\ /'],
        {"at": MOMENT, "local": MOMENT.astimezone(ZoneInfo("Africa/Dar_es_Salaam"))},
        {"day": date(2026, 3, 2), "time": time(7, 4), "for": timedelta(minutes=3)},
        {"key": UUID(int=5), "price": Decimal("1.50"), "bytes": b"abc"},
        {Status.LATE: 3, 7: Status.LATE, "said": gettext_lazy("Late")},
        ReturnDict({"rows": ReturnList([{"n": 1}], serializer=ANY)}, serializer=ANY),
        {"many": (one for one in (1, 2)), "tuple": (1, (2,))},
        {"wide": 2**80},
    ],
)
def test_the_text_is_the_same(data: Any) -> None:
    def text(renderer: renderers.JSONRenderer) -> bytes:
        written: bytes = renderer.render(fresh(data))
        return written

    assert text(JSONRenderer()) == text(renderers.JSONRenderer())


def fresh(data: Any) -> Any:
    """A generator can be read once."""
    if isinstance(data, dict) and "many" in data:
        return {**data, "many": (one for one in (1, 2))}
    return data


def test_whoever_wants_it_indented_gets_it_indented() -> None:
    asked = "application/json; indent=4"
    expected = renderers.JSONRenderer().render({"a": [1]}, asked)
    assert JSONRenderer().render({"a": [1]}, asked) == expected
    assert b"\n" in expected


def test_what_nobody_can_write_is_refused_by_both() -> None:
    for renderer in JSONRenderer(), renderers.JSONRenderer():
        with pytest.raises(TypeError):
            renderer.render({"what": object()})
