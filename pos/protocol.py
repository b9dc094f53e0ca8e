"""What a reader sends and what it is told: taps and their answers, as JSON (contract section 8).

HTTP and MQTT speak alike. Both directions are written by hand, for serializers would cost more than
all else that a tap does; those of `pos.serializers` say the same for the schema, and
`pos/tests/test_protocol.py` holds the two together.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from attendance.day import Direction
from attendance.passes import DayState
from core.clock import on_campus, received_now
from core.digests import digest_of
from core.errors import DomainError, InvalidFields
from core.values import value
from embedded.precedence import giving_way
from pos.models import (
    MAX_EVENT_ID,
    MAX_FOOD_ITEM,
    MAX_SEQ,
    MAX_SERIES,
    MAX_TEXT,
    MESSAGES,
    Code,
    Decision,
    TimeQuality,
)
from pos.words import AT, ENGLISH, NO_TAP, USED, fields_in, in_language

MAX_BATCH: Final = 500
# Further off than this a reader's clock is not believed.
MAX_AHEAD: Final = timedelta(minutes=2)
MAX_BEHIND: Final = timedelta(days=30)
# Of a live tap: what has waited for longer goes up as offline.
MAX_BEHIND_LIVE: Final = timedelta(minutes=10)
# A clock that is off by less, on arrival, may be right: a request can be so long on its way.
MAX_ON_THE_WAY: Final = timedelta(seconds=30)
# With which no series of a reader begins: those are of taps that we have entered for it.
OURS: Final = "("
DAY_ONLY: Final = len("2026-11-21")
BAD_FOOD_ITEM: Final = f"Enter at most {MAX_FOOD_ITEM} printable characters."

# Makes the whole address of a path on this server.
Address = Callable[[str], str]


def addresses_at(origin: str) -> Address:
    """As `HttpRequest.build_absolute_uri`, of what is a path or a whole address already.

    That one takes every address to pieces, which is a thirtieth of what Python does for a batch.
    """
    return lambda path: f"{origin}{path}" if path.startswith("/") else path


class BadTap(InvalidFields):
    """An item that is no tap at all."""


class EventConflict(DomainError):
    code = "event_conflict"
    message = USED


# --- a tap as it is sent ------------------------------------------------------------------------


@value
class Timing:
    """When a tap counts: `counted_at` is None if that is for a person to say.

    `corrected_by`: how far the reader's clock was ahead, where that was taken off.
    """

    counted_at: datetime | None
    date: date
    is_clock_suspect: bool
    corrected_by: timedelta | None = None

    @property
    def quality(self) -> TimeQuality:
        if self.is_clock_suspect:
            return TimeQuality.SUSPECT
        return TimeQuality.CORRECTED if self.corrected_by else TimeQuality.TRUSTED


class TapKey(NamedTuple):
    """What makes a tap one of its reader."""

    event_id: str
    series: str = ""


@value
class IncomingTap:
    """One tap; `sent` are its fields as they came, if it came from a reader.

    `is_by_hand`: somebody entered it, whose clock is right, for any moment up to now.
    `names_person`: what stands in `card` is an identification number or a PIN, and no card's.
    `clock_ahead`: how far the reader's clock was ahead of ours when it sent this request. It is no
    part of the content: the same tap sent again by a clock that was set meanwhile is the same.
    `known_at`: whose the card is, and whether it is good, is asked as of this moment, not
    of its own.
    """

    event_id: str
    card: str
    tapped_at: datetime | None = None
    direction: Direction | None = None
    offline: bool = False
    food_item: str = ""
    reader_decision: Decision | None = None
    is_by_hand: bool = False
    names_person: bool = False
    clock_ahead: timedelta | None = None
    series: str = ""
    seq: int | None = None
    known_at: datetime | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> "TapKey":
        return TapKey(self.event_id, self.series)

    @property
    def content(self) -> UUID:
        """Equal for a repeat, and another for another tap.

        Whether it was sent `offline` says how it came, not what it was: a reader that lost our
        answer and sends the tap again from its queue repeats it. What the reader had decided is
        what happened: somebody who was sent away, and somebody who came in, are two taps.
        """
        at = self.tapped_at and self.tapped_at.timestamp()
        said = [_bare(self.card), at, self.direction, self.food_item]
        said += [self.reader_decision] if self.reader_decision else []
        return _digest([*said, *(["person"] if self.names_person else [])])

    @property
    def is_sent_away(self) -> bool:
        """By the reader itself, whatever is thought of it here: it counts for nothing."""
        return self.reader_decision == Decision.DENIED

    def timing(self, *, received_at: datetime) -> Timing:
        """A live tap with a clock that is not believed counts when it was received.

        What the reader's clock said is corrected first, if the reader said what it shows now.
        """
        corrected_by = self._correction
        try:
            claimed = (self.tapped_at or received_at) - (corrected_by or timedelta(0))
        except OverflowError:  # beyond the calendar
            claimed, corrected_by = datetime.min.replace(tzinfo=UTC), None
        may_be_old = self.offline or self.is_by_hand
        behind = MAX_BEHIND if may_be_old else MAX_BEHIND_LIVE
        is_suspect = not received_at - behind <= claimed <= received_at + MAX_AHEAD
        counted_at: datetime | None = claimed
        if is_suspect:
            counted_at, corrected_by = (None if self.offline else received_at), None
        day = on_campus(counted_at or received_at).date()
        return Timing(counted_at, day, is_suspect, corrected_by)

    @property
    def _correction(self) -> timedelta | None:
        ahead = self.clock_ahead if self.tapped_at else None
        return ahead if ahead and abs(ahead) > MAX_ON_THE_WAY else None


def read_tap(
    item: Any, *, received_at: datetime, direction: Direction = Direction.EITHER
) -> IncomingTap:
    """Raises BadTap, which names everything that is wrong with it.

    `direction` is the reader's own, of a tap that says none.
    """
    if not isinstance(item, dict):
        raise BadTap({"non_field_errors": ["A tap is an object."]})
    said: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, read in FIELDS.items():
        try:
            said[name] = read(item.get(name))
        except _BadValue as error:
            errors[name] = [str(error)]
    if errors:
        raise BadTap(errors)
    if said["event_id"] is None:
        # A double read of the same card in the same second is the same event; in and out are two.
        second = (said["tapped_at"] or received_at).replace(microsecond=0)
        way = said["direction"] or direction
        digest = _digest([_bare(said["card"]), second.timestamp(), *([way] if way else [])])
        said["event_id"], said["direction"] = f"auto-{digest.hex}", way or None
        said["tapped_at"] = said["tapped_at"] and second
    sent = {name: value for name, value in item.items() if name in FIELDS}
    return IncomingTap(**said, sent=sent)


def clock_ahead(device_time: Any, *, received_at: datetime) -> timedelta | None:
    """How far a reader's clock is ahead of ours; None if it does not say what it shows.

    Raises BadTap for what is no time.
    """
    try:
        shown = _read_time(device_time)
    except _BadValue as error:
        raise BadTap({DEVICE_TIME: [str(error)]}) from error
    return shown - received_at if shown else None


def count_of(item: Any) -> tuple[str, int] | None:
    """Series and count of what is no tap, as far as it says both as a tap would."""
    try:
        seq = _read_seq(item.get("seq")) if isinstance(item, dict) else None
        return (_read_series(item.get("series")), seq) if seq is not None else None
    except _BadValue:
        return None


def taps_in(batch: Any) -> list[Any]:
    """The items of `{"taps": [...]}`. Raises InvalidFields if it is no such thing."""
    items = batch.get("taps") if isinstance(batch, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BATCH:
        raise InvalidFields({"taps": [f"Enter a list of 1 to {MAX_BATCH} taps."]})
    return items


def _bare(card: str) -> str:
    """Spelled with other separators it is still the same card."""
    return "".join(filter(str.isalnum, card.upper())) or card


def _digest(values: list[Any]) -> UUID:
    return digest_of(json.dumps(values))


class _BadValue(Exception):
    """Nothing that this field can be; the message says what would be."""


def _read_card(value: Any) -> str:
    if value is None:
        raise _BadValue("This field is required.")
    if not isinstance(value, str):
        raise _BadValue("A card number is text: as a JSON number it loses digits.")
    if not value.strip() or len(value) > MAX_TEXT or "\0" in value:
        raise _BadValue(f"Enter 1 to {MAX_TEXT} characters.")
    return value


def _read_time(value: Any) -> datetime | None:
    """An instant; without an offset it is campus time."""
    if value is None:
        return None
    # A second more that is put in at the end of a day has no place in a datetime.
    text = value.strip().replace(LEAP_SECOND, LAST_SECOND) if isinstance(value, str) else ""
    try:
        if len(text) > DAY_ONLY and (moment := parse_datetime(text)):
            return instant_of(moment)
    except ValueError:
        pass  # 30 February
    raise _BadValue("Enter a time such as 2026-11-21T07:31:02+03:00.")


def instant_of(moment: datetime) -> datetime:
    """In UTC; without an offset it is campus time.

    A clock that shows an end of the calendar, where our zone or that of the reader goes beyond it,
    is wrong and no more: what it says is kept as that end, and not believed.
    """
    try:
        aware = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
        # In UTC: reckoning with campus time forgets which of two equal hours it was, where clocks
        # are set back. But what has no campus time could never be shown.
        instant = aware.astimezone(UTC)
        on_campus(instant)
    except OverflowError:
        return FIRST_INSTANT if moment.year == 1 else LAST_INSTANT
    return instant


def _read_direction(value: Any) -> Direction | None:
    if value is None:
        return None
    if value not in ("in", "out"):
        raise _BadValue("Enter in or out, or leave it out.")
    return Direction(value)


def _read_food_item(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_FOOD_ITEM or not value.isprintable():
        raise _BadValue(BAD_FOOD_ITEM)
    return value.strip()


def _read_event_id(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= MAX_EVENT_ID and value.isprintable():
        return value
    raise _BadValue(f"Enter 1 to {MAX_EVENT_ID} printable characters.")


def _read_series(value: Any) -> str:
    if value is None:
        return ""
    is_text = isinstance(value, str) and len(value) <= MAX_SERIES and value.isprintable()
    if not is_text or value.startswith(OURS):
        raise _BadValue(f"Enter at most {MAX_SERIES} printable characters, the first no bracket.")
    return str(value)


def _read_seq(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is int and 0 <= value <= MAX_SEQ:
        return value
    raise _BadValue(f"Enter a whole number from 0 to {MAX_SEQ}.")


def _read_offline(value: Any) -> bool:
    if not isinstance(value, bool | None):
        raise _BadValue("Enter true or false.")
    return bool(value)


def _read_reader_decision(value: Any) -> Decision | None:
    if value is None:
        return None
    if value not in Decision.values:
        raise _BadValue("Enter accepted or denied, or leave it out.")
    return Decision(value)


LEAP_SECOND: Final = ":59:60"
LAST_SECOND: Final = ":59:59"
# A day from each end: every zone has a time for them.
FIRST_INSTANT: Final = datetime(1, 1, 2, tzinfo=UTC)
LAST_INSTANT: Final = datetime(9999, 12, 30, tzinfo=UTC)
# Of a request by HTTP, beside its tap or its taps. A message by MQTT may wait for hours on its way,
# and then its age says nothing about the clock.
DEVICE_TIME: Final = "device_time"
BATCH_FIELDS: Final = frozenset({"taps"})
FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "card": _read_card,
    "tapped_at": _read_time,
    "direction": _read_direction,
    "food_item": _read_food_item,
    "event_id": _read_event_id,
    "series": _read_series,
    "seq": _read_seq,
    "offline": _read_offline,
    "reader_decision": _read_reader_decision,
}


# --- what is answered ---------------------------------------------------------------------------


@value
class TapHolder:
    """Who tapped: enough for a guard to compare the face, and nothing else."""

    type: str
    full_name: str
    identifier: str
    photo: str
    diet_note: str = ""
    """At a hatch: what the kitchen must know."""


@value
class TapMeal:
    service_id: UUID
    period: str | None
    food_item: str


@value
class TapHad:
    """When and where somebody was served who is refused another meal."""

    served_at: datetime
    location: str


@value
class TapAnswer:
    """What a reader is told of a tap: the same the first time and on every repeat.

    `replayed`: this event was answered before. `time_quality`: what is thought of its time.
    """

    event_id: str
    decision: Decision
    code: Code
    would_deny: bool
    time_quality: TimeQuality
    recorded_at: datetime
    replayed: bool = False
    holder: TapHolder | None = None
    attendance: DayState | None = None
    meal: TapMeal | None = None
    had: TapHad | None = None
    fault: str = ""
    """Of what is no number: what is wrong with it, in a sentence."""

    def message(self, language: str = ENGLISH) -> str:
        said = in_language(self.fault or MESSAGES[self.code], language)
        if self.had is None:
            return said
        return AT[language].format(
            said=said.removesuffix("."),
            time=f"{on_campus(self.had.served_at):%H:%M}",
            where=f" ({self.had.location})" if self.had.location else "",
        )


class ItemStatus(StrEnum):
    """What became of one item."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


@value
class Recorded:
    """One item after it was recorded; instead of an answer, a conflict or no tap has an error."""

    status: ItemStatus
    event_id: str | None
    answer: TapAnswer | None = None
    error: EventConflict | BadTap | None = None
    ignored: tuple[str, ...] = ()
    """Which keys of this request nobody knows; another request of the same tap has its own."""

    def answered(self, language: str = ENGLISH) -> TapAnswer:
        """Raises the error."""
        if isinstance(self.error, EventConflict):
            raise EventConflict(in_language(USED, language))
        if self.error:
            raise self.error
        assert self.answer
        return self.answer


def answer_body(
    answer: TapAnswer,
    address: Address,
    ignored: Sequence[str] = (),
    *,
    language: str = ENGLISH,
) -> dict[str, Any]:
    """The contract's JSON; times are written in campus time."""
    holder, day, meal = answer.holder, answer.attendance, answer.meal
    return {
        "event_id": answer.event_id,
        "decision": answer.decision,
        "code": answer.code,
        "message": answer.message(language),
        "replayed": answer.replayed,
        "would_deny": answer.would_deny,
        "clock_suspect": answer.time_quality == TimeQuality.SUSPECT,
        "time_quality": answer.time_quality,
        "recorded_at": _time(answer.recorded_at),
        "server_time": _time(received_now()),
        "holder": holder
        and {
            "type": holder.type,
            "full_name": holder.full_name,
            "identifier": holder.identifier,
            "photo_url": address(default_storage.url(holder.photo)) if holder.photo else None,
            "diet_note": holder.diet_note,
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
        "served_at": _time(answer.had.served_at) if answer.had else None,
        "served_location": (answer.had.location or None) if answer.had else None,
        "ignored": [*ignored],
    }


def result_body(result: Recorded, address: Address, *, language: str = ENGLISH) -> dict[str, Any]:
    """One item of a batch, or all of a message by MQTT."""
    if result.answer:
        body = answer_body(result.answer, address, result.ignored, language=language)
        return {"status": result.status, **body}
    error = result.error
    assert error
    body = {
        "event_id": result.event_id,
        "status": result.status,
        "decision": None,
        "ignored": [*result.ignored],
    }
    if isinstance(error, BadTap):
        message = in_language(NO_TAP, language)
        wrong = fields_in(error.fields, language)
        return {**body, "code": error.code, "message": message, "errors": wrong}
    return {**body, "code": error.code, "message": in_language(USED, language)}


def batch_body(
    results: Sequence[Recorded],
    address: Address,
    ignored: Sequence[str] = (),
    *,
    language: str = ENGLISH,
) -> dict[str, Any]:
    """`ignored` are the keys beside `taps`."""
    counts = Counter(result.status for result in results)
    return {
        "results": [
            result_body(result, address, language=language) for result in giving_way(results)
        ],
        "summary": {"total": len(results), **{status: counts[status] for status in ItemStatus}},
        "ignored": [*ignored],
    }


def _time(moment: datetime | None) -> str | None:
    return on_campus(moment).isoformat() if moment else None
