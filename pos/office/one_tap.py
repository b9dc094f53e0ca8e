"""One tap in plain words: what was sent, when, and what it did."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from accounts.roles import Detail
from attendance.models import Attendance, Status
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
        "tapped": clock(tap.tapped_at) if tap.tapped_at else gettext("Not said"),
        "counted": clock(tap.counted_at) if tap.counted_at else gettext("Not counted"),
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
    if tap.decision == Decision.DENIED:
        said = gettext("Denied. {message}")
    else:
        said = gettext(
            "Recorded, for it had happened already; live it would have been denied. {message}"
        )
    return said.format(message=gettext(fault_of_row(tap) or MESSAGES[Code(tap.code)]))


def _taken_back(tap: Tap) -> str:
    if not tap.is_annulled:
        return ""
    annulment = tap.annulment
    if annulment.reason:
        said = gettext("Taken back by {who}, {when}: {reason}. It counts no more.")
    else:
        said = gettext("Taken back by {who}, {when}. It counts no more.")
    who = str(annulment.annulled_by) if annulment.annulled_by else gettext("its reader")
    return said.format(who=who, when=clock(annulment.annulled_at), reason=annulment.reason)


def _reader(tap: Tap) -> str:
    if tap.reader_decision == Decision.DENIED:
        return gettext("The reader itself sent this person away, so the tap counts for nothing.")
    if tap.is_debounced:
        return gettext("The same card read again: it is the pass of moments before, and no other.")
    return ""


def _clock(tap: Tap) -> str:
    if tap.corrected_by_ms is not None:
        seconds = round(abs(tap.corrected_by_ms) / 1000)
        if tap.corrected_by_ms > 0:
            said = gettext(
                "The reader's clock was {time} ahead, as it said itself when it sent the tap: "
                "it counts at the corrected time."
            )
        else:
            said = gettext(
                "The reader's clock was {time} behind, as it said itself when it sent the tap: "
                "it counts at the corrected time."
            )
        return said.format(time=timedelta(seconds=seconds))
    if not tap.is_clock_suspect:
        return ""
    if tap.counted_at is None:
        return gettext(
            "The reader's clock is not believed and the tap was uploaded later, so it counts on "
            "no day. Find out when it was, then correct that day."
        )
    return gettext("The reader's clock is not believed: the tap counts when it was received.")


def _effect(tap: Tap) -> str:
    if tap.is_annulled:
        return ""  # what it had done is undone
    if tap.service_id:
        item = tap.food_item or gettext("no item named")
        return gettext("A meal was served: {item}.").format(item=item)
    if tap.day_status:
        return _of_the_day(str(Status(tap.day_status).label).lower(), tap.day_time)
    return "" if tap.decision == Decision.DENIED else gettext("It changed no day and no meal.")


def _of_the_day(status: str, arrived_at: datetime | None) -> str:
    if arrived_at is None:
        return gettext("Attendance of that day: {status}.").format(status=status)
    said = gettext("Attendance of that day: {status}, arrived {time}.")
    return said.format(status=status, time=f"{timezone.localtime(arrived_at):%H:%M}")


def _apart(tap: Tap) -> str:
    """How far the reader's clock, and the way to us, are behind ours."""
    if tap.tapped_at is None:
        return NOTHING
    apart = tap.received_at - tap.tapped_at
    seconds = abs(apart) // timedelta(seconds=1)
    spelled = str(timedelta(seconds=seconds))
    if apart >= timedelta(0):
        return gettext("{time} before it was received").format(time=spelled)
    return gettext("{time} after it was received").format(time=spelled)


def _links(tap: Tap) -> list[dict[str, Any]]:
    return [link for link in (_day(tap), _meal(tap), _card(tap)) if link]


def _day(tap: Tap) -> dict[str, Any] | None:
    if tap.activity != Activity.ATTENDANCE or not tap.day_status:
        return None
    day = Attendance.objects.filter(person=tap.person_id, date=tap.counts_on).first()
    return _link(day, gettext("Open the day")) if day else None


def _meal(tap: Tap) -> dict[str, Any] | None:
    if tap.service_id:
        return _link(KitchenService(pk=tap.service_id), gettext("Open the meal"))
    had = KitchenService(pk=tap.had_service_id)
    return _link(had, gettext("Open the meal that they had")) if tap.had_service_id else None


def _card(tap: Tap) -> dict[str, Any] | None:
    """A deleted card has no page; its taps stay."""
    card = Card.objects.filter(pk=tap.card_uuid).first() if tap.card_uuid else None
    return _link(card, gettext("Open the card")) if card else None


def _link(row: Model, text: str) -> dict[str, Any]:
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return {"model": meta, "text": text, "url": url}


def _may_view(user: User, meta: Any) -> bool:
    return user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
