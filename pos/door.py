"""What every door for readers has in common: items are read, recorded and answered alike."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from django.core.files.storage import default_storage
from django.utils import timezone

from attendance.day import Direction
from cards.number_formats import NumberFormat
from core.errors import InvalidFields
from pos.answers import Answer
from pos.authentication import Reader
from pos.incoming import BadTap, IncomingTap, read_tap
from pos.ledger import Recorded, Source, Status, record_taps
from pos.models import Device
from pos.serializers import MAX_BATCH

CONFLICT: Final = "event_conflict"
CONFLICT_MESSAGE: Final = "This event id was used for another tap. It is kept for review."
REJECTED: Final = "invalid"
REJECTED_MESSAGE: Final = "This item is no tap; see errors."

# Makes the whole address of a path on this server.
Address = Callable[[str], str]


class ReadItem(Protocol):
    """Raises BadTap."""

    def __call__(self, item: Any, *, received_at: datetime) -> IncomingTap: ...


def source_of(reader: Reader) -> Source:
    is_one_way = reader.direction != Device.Direction.BOTH
    return Source(
        activity=reader.activity_type,
        number_format=NumberFormat(reader.number_format),
        direction=Direction(reader.direction) if is_one_way else Direction.EITHER,
        location=reader.location,
        device=reader.pos_id,
    )


def record_batch(
    *,
    source: Source,
    body: Any,
    received_at: datetime,
    address: Address,
    read: ReadItem = read_tap,
) -> dict[str, Any]:
    """`{"taps": [...]}` recorded and answered. Raises InvalidFields if it is no such thing."""
    items = body.get("taps") if isinstance(body, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BATCH:
        raise InvalidFields({"taps": [f"Enter a list of 1 to {MAX_BATCH} taps."]})
    results = record_items(
        source=source, items=items, received_at=received_at, address=address, read=read
    )
    counts = Counter(result["status"] for result in results)
    summary = {name: counts[name] for name in (*Status, "rejected")}
    return {"results": results, "summary": {"total": len(results), **summary}}


def record_items(
    *,
    source: Source,
    items: list[Any],
    received_at: datetime,
    address: Address,
    read: ReadItem = read_tap,
) -> list[dict[str, Any]]:
    """One result for each item, in order. A bad item stops no other."""
    taps = [_tap_or_errors(read, item, received_at) for item in items]
    recorded = iter(
        record_taps(
            source=source,
            taps=[tap for tap in taps if isinstance(tap, IncomingTap)],
            received_at=received_at,
        )
    )
    return [
        _result_body(next(recorded), address)
        if isinstance(tap, IncomingTap)
        else _rejected_body(item, tap)
        for item, tap in zip(items, taps, strict=True)
    ]


def _tap_or_errors(
    read: ReadItem, item: Any, received_at: datetime
) -> IncomingTap | dict[str, list[str]]:
    try:
        return read(item, received_at=received_at)
    except BadTap as error:
        return error.fields


def _rejected_body(item: Any, errors: Mapping[str, list[str]]) -> dict[str, Any]:
    event_id = item.get("event_id") if isinstance(item, dict) else None
    return {
        "event_id": event_id if isinstance(event_id, str) else None,
        "status": "rejected",
        "decision": None,
        "code": REJECTED,
        "message": REJECTED_MESSAGE,
        "errors": errors,
    }


def _result_body(result: Recorded, address: Address) -> dict[str, Any]:
    if result.answer is None:
        return {
            "event_id": result.tap.event_id,
            "status": result.status,
            "decision": None,
            "code": CONFLICT,
            "message": CONFLICT_MESSAGE,
        }
    return {"status": result.status, **answer_body(result.answer, address)}


def answer_body(answer: Answer, address: Address) -> dict[str, Any]:
    """The contract's JSON; times are written in campus time."""
    holder, day, meal = answer.holder, answer.attendance, answer.meal
    return {
        "event_id": answer.event_id,
        "decision": answer.decision,
        "code": answer.code,
        "message": answer.message,
        "replayed": answer.replayed,
        "would_deny": answer.would_deny,
        "clock_suspect": answer.clock_suspect,
        "recorded_at": _time(answer.recorded_at),
        "server_time": _time(timezone.now()),
        "holder": holder
        and {
            "type": holder.type,
            "full_name": holder.full_name,
            "identifier": holder.identifier,
            "photo_url": address(default_storage.url(holder.photo)) if holder.photo else None,
        },
        "attendance": day
        and {
            "date": day.date.isoformat(),
            "status": day.status,
            "attendance_time": _time(day.attendance_time),
        },
        "meal": meal
        and {
            "service_id": str(meal.service_id),
            "period": meal.period,
            "food_item": meal.food_item,
        },
    }


def _time(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat() if moment else None
