"""Consent: who agreed to what for a person, and what is not done without it."""

from collections.abc import Collection
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from institution.declared import NOTICES_NEED_CONSENT, PHOTO_ON_CARD_NEEDS_CONSENT
from institution.reading import setting
from people.models import Consent, Person


class NotForThisKind(DomainError):
    status_code = 400
    code = "no_guardians"
    message = _("Such people have no guardians who are told.")


class NotHeld(DomainError):
    code = "not_held"
    message = _("This consent does not hold, so it cannot be withdrawn.")


def give_consent(*, person: Person, about: str, how: str, given_by: str, by: User) -> Consent:
    """Raises NotForThisKind; one that holds already is refused by the database."""
    if about == Consent.About.NOTICES and not person.declared.has_guardians:
        raise NotForThisKind
    return Consent.objects.create(
        person_id=person.pk, about=about, how=how, given_by=given_by, recorded_by=by
    )


def withdraw_consent(*, person: Person, about: str, by: User) -> None:
    """Raises NotHeld. One statement, so that of two who withdraw one is told."""
    held = Consent.objects.holding(about).filter(person=person.pk)
    if not held.update(withdrawn_at=timezone.now(), withdrawal_recorded_by=by):
        raise NotHeld


def may_print_photos(people: Collection[UUID]) -> frozenset[UUID]:
    """Whose photo may stand on a card. No query unless PHOTO_ON_CARD_NEEDS_CONSENT asks for it."""
    if not setting(PHOTO_ON_CARD_NEEDS_CONSENT):
        return frozenset(people)
    held = Consent.objects.holding(Consent.About.PHOTO_ON_CARD).filter(person__in=people)
    return frozenset(held.values_list("person", flat=True))


def may_tell_of(student: UUID) -> bool:
    """Whether guardians may be told. No query unless NOTICES_NEED_CONSENT asks for it."""
    if not setting(NOTICES_NEED_CONSENT):
        return True
    return Consent.objects.holding(Consent.About.NOTICES).filter(person=student).exists()
