"""What is read and written by hand is what the schema tells of it."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils.dateparse import parse_datetime
from pytest_django.fixtures import Settings

from attendance.passes import DayState
from pos.models import Code, Decision, TimeQuality
from pos.protocol import (
    BATCH_FIELDS,
    DEVICE_TIME,
    FIELDS,
    BadTap,
    EventConflict,
    ItemStatus,
    Recorded,
    TapAnswer,
    TapHolder,
    TapMeal,
    answer_body,
    batch_body,
    read_tap,
    result_body,
)
from pos.serializers import (
    BatchAnswerSerializer,
    BatchSummarySerializer,
    SingleTapSerializer,
    TapAnswerSerializer,
    TapBatchSerializer,
    TapRecordedSerializer,
    TapRefusedSerializer,
    TapSerializer,
)

NOW = datetime(2026, 11, 21, 4, 31, 2, 123456, tzinfo=UTC)
CHIP = "04A32B1C"

DENIED = TapAnswer(
    event_id="boot7-1",
    decision=Decision.DENIED,
    code=Code.UNKNOWN_CARD,
    would_deny=False,
    time_quality=TimeQuality.SUSPECT,
    recorded_at=NOW,
)
ADMITTED = replace(
    DENIED,
    decision=Decision.ACCEPTED,
    code=Code.OK,
    replayed=True,
    holder=TapHolder("student", "Asha Juma Mushi", "DIT/2024/01234", "photos/0123.jpg"),
    attendance=DayState(NOW.date(), "Late", NOW - timedelta(minutes=3)),
)
SEEN_LEAVING = replace(ADMITTED, attendance=DayState(NOW.date(), "Present", None))
FED = replace(ADMITTED, attendance=None, meal=TapMeal(uuid4(), "Lunch", "Wali na samaki"))
FED_WITHOUT_PERIOD = replace(
    FED,
    meal=TapMeal(uuid4(), None, ""),
    holder=TapHolder("student", "Asha Juma Mushi", "DIT/2024/01234", ""),
)


def whole(path: str) -> str:
    return f"https://cards.example.org{path}"


@pytest.mark.parametrize("answer", [DENIED, ADMITTED, SEEN_LEAVING, FED, FED_WITHOUT_PERIOD])
def test_an_answer_is_written_as_the_serializer_would(answer: TapAnswer) -> None:
    body = answer_body(answer, whole)
    said = {**asdict(answer), "message": answer.message(), "ignored": []}
    said["clock_suspect"] = answer.time_quality == TimeQuality.SUSPECT
    said["server_time"] = parse_datetime(body["server_time"])
    if said["holder"]:
        photo = said["holder"].pop("photo")
        said["holder"]["photo_url"] = whole(f"/media/{photo}") if photo else None
    assert body == TapAnswerSerializer(said).data


def test_a_batch_is_answered_as_its_serializer_says() -> None:
    results = [
        Recorded(ItemStatus.CREATED, "boot7-1", ADMITTED),
        Recorded(ItemStatus.CONFLICT, "boot7-2", error=EventConflict()),
        Recorded(ItemStatus.REJECTED, None, error=BadTap({"card": ["This field is required."]})),
    ]
    body = batch_body(results, whole)
    assert set(body) == set(BatchAnswerSerializer().fields)
    assert set(body["summary"]) == set(BatchSummarySerializer().fields)
    recorded, conflict, rejected = body["results"]
    refused = set(TapRefusedSerializer().fields)
    assert set(recorded) == set(TapRecordedSerializer().fields)
    assert set(rejected) == refused
    assert set(conflict) == refused - set(TapRefusedSerializer.may_be_absent)


def test_a_refused_item_says_what_became_of_it() -> None:
    conflict = Recorded(ItemStatus.CONFLICT, "boot7-2", error=EventConflict())
    assert result_body(conflict, whole) == {
        "event_id": "boot7-2",
        "status": "conflict",
        "decision": None,
        "code": "event_conflict",
        "ignored": [],
        "message": "This event id was used for another tap. It is kept for review.",
    }


def test_the_schema_names_the_fields_that_are_read() -> None:
    assert set(FIELDS) == set(TapSerializer().fields)
    assert {*BATCH_FIELDS, DEVICE_TIME} == set(TapBatchSerializer().fields)
    assert {*FIELDS, DEVICE_TIME} == set(SingleTapSerializer().fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event_id": "boot7-1", "tapped_at": "2026-11-21T07:31:02+03:00", "direction": "in"},
        {"tapped_at": "2026-11-21T07:31:02", "offline": True, "food_item": ""},
        {"event_id": None, "tapped_at": None, "direction": None, "food_item": None},
        {"event_id": "x" * 64, "food_item": "x" * 100, "direction": "out", "offline": False},
    ],
)
def test_what_the_schema_allows_is_read(fields: dict[str, Any]) -> None:
    item = {"card": CHIP, **fields}
    described = TapSerializer(data=item)
    assert described.is_valid(), described.errors
    tap = read_tap(item, received_at=NOW)
    for name, value in described.validated_data.items():
        assert value in {None, getattr(tap, name)}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"card": None}, "card"),
        ({"card": " "}, "card"),
        ({"card": "0" * 201}, "card"),
        ({"card": [CHIP]}, "card"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "x" * 65}, "event_id"),
        ({"tapped_at": "yesterday"}, "tapped_at"),
        ({"tapped_at": "2026-02-30T07:00:00Z"}, "tapped_at"),
        ({"direction": "sideways"}, "direction"),
        ({"offline": 7}, "offline"),
        ({"food_item": "x" * 101}, "food_item"),
    ],
)
def test_what_the_schema_forbids_is_refused_on_the_same_field(
    fields: dict[str, Any], wrong: str
) -> None:
    item = {"card": CHIP, **fields}
    described = TapSerializer(data=item)
    assert not described.is_valid()
    with pytest.raises(BadTap) as refused:
        read_tap(item, received_at=NOW)
    assert list(refused.value.fields) == list(described.errors) == [wrong]


def test_where_an_hour_comes_twice_a_tap_counts_in_the_one_that_it_was_in(
    settings: Settings,
) -> None:
    settings.TIME_ZONE = "America/New_York"
    first, second = "2026-11-01T01:35:00-04:00", "2026-11-01T01:35:00-05:00"
    received_at = datetime(2026, 11, 1, 7, tzinfo=UTC)
    for said in (first, second):
        body = {"event_id": said, "card": CHIP, "tapped_at": said, "offline": True}
        tap = read_tap(body, received_at=received_at)
        timing = tap.timing(received_at=received_at)
        assert timing.counted_at is not None
        assert timing.counted_at.astimezone(UTC) == datetime.fromisoformat(said).astimezone(UTC)
