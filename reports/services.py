"""Schedules are made and changed here, for the API and the office alike."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from institution.declared import REPORT_MAIL_DOMAINS
from institution.reading import setting
from reports.kinds import KINDS, ReportKind
from reports.models import ReportSchedule

RHYTHM = ("period", "is_active")


def readable_subjects(user: Any) -> list[str]:
    """The reports that somebody may read, and so have sent."""
    if not isinstance(user, User):
        return []
    return [subject for subject, kind in KINDS.items() if user.may(kind.capability)]


def may_have_sent(user: User, kind: ReportKind) -> bool:
    """Whoever may read it, and have reports sent at all."""
    return user.may(kind.capability) and user.may(Capability.MANAGE_SCHEDULES)


def without_repeats(recipients: list[str]) -> list[str]:
    """Each once, however it is spelled."""
    return list({address.casefold(): address for address in recipients}.values())


def outside_of_allowed_domains(recipients: list[str]) -> list[str]:
    """Those that reports may not be sent to: REPORT_MAIL_DOMAINS, or anybody if it is empty."""
    allowed = {domain.strip().casefold() for domain in setting(REPORT_MAIL_DOMAINS)}
    if not allowed:
        return []
    return [
        address for address in recipients if address.rpartition("@")[2].casefold() not in allowed
    ]


def make_schedule(*, by: User, **fields: Any) -> ReportSchedule:
    """A report that is sent from the next week or month on."""
    schedule = ReportSchedule(**fields, created_by=by)
    schedule.plan(after=timezone.now())
    schedule.save(force_insert=True)
    return schedule


def change_schedule(*, schedule: ReportSchedule, changes: dict[str, Any]) -> ReportSchedule:
    """Change what is sent, to whom or when.

    A new rhythm begins anew: nothing of the time in which it was off, or had another, is sent.
    """
    before = {name: getattr(schedule, name) for name in RHYTHM}
    changed = [name for name, value in changes.items() if getattr(schedule, name) != value]
    for name in changed:
        setattr(schedule, name, changes[name])
    if any(getattr(schedule, name) != value for name, value in before.items()):
        schedule.plan(after=timezone.now())
        changed.append("next_send_at")
    if changed:
        schedule.save(update_fields=[*changed, "updated_at"])
    return schedule
