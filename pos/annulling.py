"""Taking taps back: a mistake stays in the ledger, and what it did is undone (contract section 8).

An annulment is a fact beside the tap. Days are judged again without the pass, a meal is void, and
what is told of either follows; a repeat of the tap is answered as at first and changes nothing.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from attendance.passes import take_back_pass
from core.errors import DomainError
from kitchen.services import void_meals
from people.kinds import kind_named
from pos.double_reads import (
    mark_as_days_have_it,
    mark_of_meals,
    mark_without_days,
    pass_of,
    take_mark_off,
)
from pos.models import Activity, Tap, TapAnnulment

BY_ITS_READER: Final = timedelta(minutes=15)
MAY_CORRECT: Final = {
    Activity.ATTENDANCE: Capability.CORRECT_ATTENDANCE,
    Activity.FOOD_SERVICE: Capability.MANAGE_MEALS,
}


class UnknownEvent(DomainError):
    status_code = 404
    code = "unknown_event"
    message = _("This reader has sent no tap of this event_id.")


class TooLate(DomainError):
    code = "too_late"
    message = _("A reader takes its tap back within 15 minutes; after that the office does.")


class AlreadyAnnulled(DomainError):
    code = "already_annulled"
    message = _("This tap has been taken back already.")


class MayNotCorrect(DomainError):
    status_code = 403
    code = "permission_denied"
    message = _("You may not take taps of this kind back.")


def annul_own_tap(
    *, device: UUID, event_id: str, series: str | None = None, reason: str = ""
) -> TapAnnulment:
    """A reader takes back what it sent. Raises UnknownEvent, TooLate and AlreadyAnnulled.

    `series` None: of several the last, for an id that comes again is of the one that is on.
    """
    taps = Tap.objects.of_events(device, [event_id]).order_by("-received_at", "-tap_id")
    if series is not None:
        taps = taps.filter(series=series)
    tap = taps.select_related("device", "person", "annulment").first()
    if tap is None:
        raise UnknownEvent
    if tap.is_annulled:
        raise AlreadyAnnulled
    if timezone.now() - tap.received_at > BY_ITS_READER:
        raise TooLate
    return _annul(tap, reason, by=None)


def annul_tap(*, tap: Tap, reason: str, by: User) -> TapAnnulment:
    """Somebody who may correct takes a tap back. Raises MayNotCorrect and AlreadyAnnulled."""
    if not may_annul(by, tap):
        raise MayNotCorrect
    return _annul(tap, reason, by=by)


def may_annul(user: User, tap: Tap) -> bool:
    """Whether this role takes such taps back; whose they are is asked elsewhere."""
    return user.may(MAY_CORRECT[Activity(tap.activity)])


@transaction.atomic
def _annul(tap: Tap, reason: str, *, by: User | None) -> TapAnnulment:
    # Two at once: the second waits here, and finds the first.
    annulment, is_new = TapAnnulment.objects.get_or_create(
        tap=tap,
        defaults={"annulled_at": timezone.now(), "annulled_by": by, "reason": reason},
    )
    if not is_new:
        raise AlreadyAnnulled
    if tap.is_pass:
        _undo_pass(tap)
    if tap.service_id:
        _undo_meal(tap, annulment)
    return annulment


def _undo_pass(tap: Tap) -> None:
    person = tap.person
    assert person
    if kind_named(person.kind).day_list:
        marks = take_back_pass(person=person.pk, taken_back=pass_of(tap))
        mark_as_days_have_it([(person.pk, marks)])
    else:
        mark_without_days({person.pk}, {tap.date})
    take_mark_off(tap)


def _undo_meal(tap: Tap, annulment: TapAnnulment) -> None:
    """A card that was read twice has one meal: it is void when the last of the reads is."""
    assert tap.service_id
    assert tap.person_id
    reads = Tap.objects.filter(person=tap.person_id, service_id=tap.service_id, annulment=None)
    void_meals(
        meals=[tap.service_id],
        unless=reads.exists,
        at=annulment.annulled_at,
        by=annulment.annulled_by,
        reason=annulment.reason or "Taken back at the reader",
    )
    mark_of_meals({tap.person_id}, {tap.service_id})
    take_mark_off(tap)
