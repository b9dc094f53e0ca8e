"""Consent of a guardian to being told, beside the one that was written down for the student.

One of the guardian's own, given or withdrawn, stands before the student's: two parents need not
want the same.
"""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from institution.declared import NOTICES_NEED_CONSENT
from institution.reading import setting
from notifications.models import Guardian, GuardianConsent
from people.consents import may_tell_of


class OwnNotHeld(DomainError):
    code = "not_held"
    message = _("No consent of this guardian holds, so it cannot be withdrawn; stop the contact.")


def agree_to_notices(*, guardian: Guardian, how: str, by: User) -> GuardianConsent:
    """One that holds already is refused by the database."""
    return GuardianConsent.objects.create(guardian=guardian, how=how, recorded_by=by)


def withdraw_from_notices(*, guardian: Guardian, by: User) -> None:
    """Raises OwnNotHeld. One statement, so that of two who withdraw one is told."""
    held = GuardianConsent.objects.filter(guardian=guardian, withdrawn_at=None)
    if not held.update(withdrawn_at=timezone.now(), withdrawal_recorded_by=by):
        raise OwnNotHeld


def may_tell(guardian: Guardian) -> bool:
    """No query unless NOTICES_NEED_CONSENT asks for it."""
    if not setting(NOTICES_NEED_CONSENT):
        return True
    own = guardian.consents.first()  # the latest
    return own.holds if own else may_tell_of(guardian.student_id)
