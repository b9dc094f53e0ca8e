"""Whether a contact is to be told: confirmed by an answer or by the office, stopped by anybody of
them (contract section 10).

A stop is of the number or the address, so of every guardian who has it: a mother of three says it
once.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from notifications.models import Guardian
from people.fields import clean_phone

# The first word of an answer, in English and Swahili.
STOP_WORDS = frozenset({"stop", "acha", "simama"})
START_WORDS = frozenset({"start", "anza"})
STOP, START, ANSWER = "stop", "start", "answer"

_signer = signing.Signer(sep="~", salt="notifications.stop")


# --- where a mail leads -----------------------------------------------------------------------


def stop_token(guardian: Guardian) -> str:
    """What only we can have made: in the address that stops this guardian's messages."""
    return _signer.sign(guardian.pk.hex)


def guardian_of(token: str) -> Guardian | None:
    """Whose messages this stops; None: nobody's, or of somebody who was removed."""
    try:
        pk = UUID(_signer.unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return Guardian.objects.filter(pk=pk).first()


def stop_by_link(guardian: Guardian) -> None:
    """Also where the same address is another child's guardian's."""
    same = Q(pk=guardian.pk)
    if guardian.email:
        same |= Q(folded_email=guardian.email.lower())
    guardians = Guardian.objects.alias(folded_email=Lower("email")).filter(same)
    _stop(guardians, Guardian.StoppedBy.LINK)


# --- what an SMS says -------------------------------------------------------------------------


def take_answer(*, number: str, text: str) -> str:
    """What an SMS from this number means, having done it: `stop`, `start` or `answer`.

    Whatever is no such word confirms that the number is theirs. Of a number that is nobody's it
    means the same, and changes nothing.
    """
    try:
        phone = clean_phone(number)
    except ValidationError:
        phone = ""
    guardians = Guardian.objects.filter(phone=phone) if phone else Guardian.objects.none()
    meaning = _meaning(text)
    if meaning == STOP:
        _stop(guardians, Guardian.StoppedBy.SMS)
        return meaning
    if meaning == START:
        _start(guardians)
    _confirm(guardians, Guardian.ConfirmedBy.ANSWER)
    return meaning


def _meaning(text: str) -> str:
    first = next(iter(text.split()), "").strip(".,!?:;\"'-*").casefold()
    if first in STOP_WORDS:
        return STOP
    return START if first in START_WORDS else ANSWER


# --- what the office says ---------------------------------------------------------------------


def confirm_contact(*, guardian: Guardian) -> None:
    """The office knows that the number or address is theirs."""
    _confirm(Guardian.objects.filter(pk=guardian.pk), Guardian.ConfirmedBy.OFFICE)


def stop_contact(*, guardian: Guardian) -> None:
    """They said so at the counter."""
    _stop(Guardian.objects.filter(pk=guardian.pk), Guardian.StoppedBy.OFFICE)


def start_contact(*, guardian: Guardian) -> None:
    """They want to be told again."""
    _start(Guardian.objects.filter(pk=guardian.pk))


def take_over_stop(guardian: Guardian, *, changed: Collection[str]) -> list[str]:
    """Before it is written: a new number or address is not confirmed, and stays stopped if it was.

    Of a guardian whose `changed` fields are new; returns what was set besides.
    """
    if not {"phone", "email"} & set(changed):
        return []
    guardian.confirmed_at, guardian.confirmed_by = None, ""
    return ["confirmed_at", "confirmed_by", *_take_over(guardian, _stopped_like([guardian]))]


def take_over_stops(guardians: Sequence[Guardian]) -> None:
    """The same for many new ones, in one query."""
    stopped = _stopped_like(guardians)
    for guardian in guardians:
        _take_over(guardian, stopped)


def _stopped_like(guardians: Sequence[Guardian]) -> list[Guardian]:
    """Who has stopped one of their numbers or addresses, the first to do so first."""
    phones = {guardian.phone for guardian in guardians} - {""}
    emails = {guardian.email.lower() for guardian in guardians} - {""}
    stopped = Guardian.objects.exclude(stopped_at=None).alias(folded_email=Lower("email"))
    return list(stopped.filter(Q(phone__in=phones) | Q(folded_email__in=emails)))


def _take_over(guardian: Guardian, stopped: Sequence[Guardian]) -> list[str]:
    for known in stopped:
        same_phone = guardian.phone and known.phone == guardian.phone
        same_email = guardian.email and known.email.lower() == guardian.email.lower()
        if known.pk != guardian.pk and not guardian.stopped and (same_phone or same_email):
            guardian.stopped_at, guardian.stopped_by = known.stopped_at, known.stopped_by
            return ["stopped_at", "stopped_by"]
    return []


def _confirm(guardians: QuerySet[Guardian], by: Guardian.ConfirmedBy) -> None:
    now = timezone.now()
    guardians.filter(confirmed_at=None).update(confirmed_at=now, confirmed_by=by, updated_at=now)


def _stop(guardians: QuerySet[Guardian], by: Guardian.StoppedBy) -> None:
    now = timezone.now()
    guardians.filter(stopped_at=None).update(stopped_at=now, stopped_by=by, updated_at=now)


def _start(guardians: QuerySet[Guardian]) -> None:
    stopped = guardians.exclude(stopped_at=None)
    stopped.update(stopped_at=None, stopped_by="", updated_at=timezone.now())
