"""One tap in plain words: what was sent, when, and what it did."""

from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Detail
from attendance.models import Attendance
from cards.models import Card
from kitchen.models import KitchenService
from office.chips import NOTHING, portrait
from office.moments import clock
from pos.annulling import may_annul
from pos.ledger import fault_of_row
from pos.models import MESSAGES, Activity, Code, Decision, Tap
from pos.office import words


def about(tap: Tap, *, seen_by: User) -> dict[str, Any]:
    person = tap.person
    return {
        "tap": tap,
        "sees_numbers": seen_by.sees(Detail.CHIP_NUMBERS),
        "verdict": words.decision_chip(tap),
        "story": _story(tap),
        "holder": person,
        "holder_link": words.holder_link(tap),
        "portrait": person and portrait(photo=person.photo, name=person.full_name, size="large"),
        "remarks": words.remark_chips(tap),
        "sender": words.sender(tap),
        "way": words.DIRECTIONS.get(tap.direction, tap.direction),
        "received": clock(tap.received_at),
        "tapped": clock(tap.tapped_at) if tap.tapped_at else "Not said",
        "counted": clock(tap.counted_at) if tap.counted_at else "Not counted",
        "apart": _apart(tap),
        "take_back": may_annul(seen_by, tap)
        and not tap.is_annulled
        and reverse("admin:pos_tap_take_back", args=[tap.pk]),
        "links": [link for link in _links(tap) if _may_view(seen_by, link["model"])],
    }


def _story(tap: Tap) -> list[str]:
    """Sentences, each true by itself."""
    said = (_taken_back(tap), _answer(tap), _reader(tap), _clock(tap), _effect(tap))
    return [sentence for sentence in said if sentence]


def _answer(tap: Tap) -> str:
    if tap.code == Code.OK:
        return ""  # the chip says it
    message = fault_of_row(tap) or MESSAGES[Code(tap.code)]
    if tap.decision == Decision.DENIED:
        return f"Denied. {message}"
    return f"Recorded, for it had happened already; live it would have been denied. {message}"


def _taken_back(tap: Tap) -> str:
    if not tap.is_annulled:
        return ""
    annulment = tap.annulment
    by = str(annulment.annulled_by) if annulment.annulled_by else "its reader"
    why = f": {annulment.reason}" if annulment.reason else ""
    return f"Taken back by {by}, {clock(annulment.annulled_at)}{why}. It counts no more."


def _reader(tap: Tap) -> str:
    if tap.reader_decision == Decision.DENIED:
        return "The reader itself sent this person away, so the tap counts for nothing."
    if tap.is_debounced:
        return "The same card read again: it is the pass of moments before, and no other."
    return ""


def _clock(tap: Tap) -> str:
    if tap.corrected_by_ms is not None:
        seconds = round(abs(tap.corrected_by_ms) / 1000)
        way = "ahead" if tap.corrected_by_ms > 0 else "behind"
        return (
            f"The reader's clock was {timedelta(seconds=seconds)} {way}, as it said itself when it "
            "sent the tap: it counts at the corrected time."
        )
    if not tap.is_clock_suspect:
        return ""
    if tap.counted_at is None:
        return (
            "The reader's clock is not believed and the tap was uploaded later, so it counts on "
            "no day. Find out when it was, then correct that day."
        )
    return "The reader's clock is not believed: the tap counts when it was received."


def _effect(tap: Tap) -> str:
    if tap.is_annulled:
        return ""  # what it had done is undone
    if tap.service_id:
        return f"A meal was served: {tap.food_item or 'no item named'}."
    if tap.day_status:
        arrived = f", arrived {timezone.localtime(tap.day_time):%H:%M}" if tap.day_time else ""
        return f"Attendance of that day: {tap.day_status.lower()}{arrived}."
    return "" if tap.decision == Decision.DENIED else "It changed no day and no meal."


def _apart(tap: Tap) -> str:
    """How far the reader's clock, and the way to us, are behind ours."""
    if tap.tapped_at is None:
        return NOTHING
    apart = tap.received_at - tap.tapped_at
    seconds = abs(apart) // timedelta(seconds=1)
    spelled = str(timedelta(seconds=seconds))
    return f"{spelled} {'before' if apart >= timedelta(0) else 'after'} it was received"


def _links(tap: Tap) -> list[dict[str, Any]]:
    return [link for link in (_day(tap), _meal(tap), _card(tap)) if link]


def _day(tap: Tap) -> dict[str, Any] | None:
    if tap.activity != Activity.ATTENDANCE or not tap.day_status:
        return None
    day = Attendance.objects.filter(person=tap.person_id, date=tap.date).first()
    return _link(day, "Open the day") if day else None


def _meal(tap: Tap) -> dict[str, Any] | None:
    if tap.service_id:
        return _link(KitchenService(pk=tap.service_id), "Open the meal")
    had = KitchenService(pk=tap.had_service_id)
    return _link(had, "Open the meal that they had") if tap.had_service_id else None


def _card(tap: Tap) -> dict[str, Any] | None:
    """A deleted card has no page; its taps stay."""
    card = Card.objects.filter(pk=tap.card_uuid).first() if tap.card_uuid else None
    return _link(card, "Open the card") if card else None


def _link(row: Model, text: str) -> dict[str, Any]:
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return {"model": meta, "text": text, "url": url}


def _may_view(user: User, meta: Any) -> bool:
    return user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
