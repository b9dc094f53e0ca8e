"""The simple policy: the easy door to a schedule (contract section 9).

Everybody's rule, or that of one class level, as one time limit on some weekdays. Behind it stands a
schedule with one session without an end, which the same schedule's page can make richer.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final, Self

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from attendance.models import EVERYBODY, Schedule
from core.constraints import NON_FIELD, violations_as_field_errors
from core.errors import DomainError, InvalidFields
from core.weekdays import monday_to_friday

SESSION: Final = "Day"
LATE_AFTER: Final = time(8)
CLOSES_AT: Final = time(18)


class EverybodysPolicyStays(DomainError):
    code = "everybodys_policy_stays"
    message = _("Everybody's policy can be changed and not removed.")


@dataclass(frozen=True, slots=True)
class Policy:
    """A schedule as the simple policy says it; of a richer one, its first session."""

    class_level: str
    late_after: time
    closes_at: time | None
    working_days: list[int]
    updated_at: datetime | None = None

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        first = schedule.sessions[0] if schedule.sessions else {}
        late_after = first.get("late_after") or first.get("starts_at") or LATE_AFTER.isoformat()
        return cls(
            class_level=schedule.policy_of or EVERYBODY,
            late_after=time.fromisoformat(late_after),
            closes_at=schedule.closes_at,
            working_days=first.get("weekdays", []),
            updated_at=schedule.updated_at,
        )


def policies() -> list[Schedule]:
    """Everybody's first, then those of class levels by name."""
    rows = Schedule.objects.exclude(policy_of=None).order_by("policy_of")
    return list(rows)


def policy_of(class_level: str) -> Schedule | None:
    """A class level's own; levels compare without case and outer spaces."""
    return Schedule.objects.filter(policy_of__iexact=class_level.strip()).first()


def everybodys_policy() -> Schedule:
    return Schedule.objects.get(policy_of=EVERYBODY)


def write_policy(class_level: str, changes: dict[str, Any]) -> tuple[Schedule, bool]:
    """Change everybody's policy, or give a class level one of its own; (schedule, is it new).

    What is not said of a new one is as it is for everybody. Within `changing_rules`. Raises
    InvalidFields.
    """
    schedule = policy_of(class_level)
    is_new = schedule is None
    if schedule is None:
        general = everybodys_policy()
        schedule = Schedule(
            name=f"Class level {class_level.strip()}",
            policy_of=class_level.strip(),
            applies_to={"class_levels": [class_level.strip()]},
            closes_at=general.closes_at,
            sessions=[{**general.sessions[0]}] if general.sessions else [],
        )
    _say(schedule, changes)
    with violations_as_field_errors(Schedule):
        schedule.save()
    return schedule, is_new


def _say(schedule: Schedule, changes: dict[str, Any]) -> None:
    sessions = [{**session} for session in schedule.sessions] or [new_session()]
    if "late_after" in changes:
        limit = changes["late_after"].isoformat()
        # The simple policy knows one time: who comes after it is late, counted from there.
        starts_at = sessions[0]["starts_at"]
        is_one_time = starts_at == sessions[0]["late_after"]
        if is_one_time or changes["late_after"] < time.fromisoformat(starts_at):
            sessions[0]["starts_at"] = limit
        sessions[0]["late_after"] = limit
    if "working_days" in changes:
        for session in sessions:
            session["weekdays"] = changes["working_days"]
    schedule.sessions = sessions
    schedule.closes_at = changes.get("closes_at", schedule.closes_at)
    late_after = time.fromisoformat(sessions[0]["late_after"])
    if schedule.closes_at and late_after >= schedule.closes_at:
        raise InvalidFields({NON_FIELD: [gettext("A day closes after the late limit.")]})


def new_session() -> dict[str, Any]:
    return {
        "name": SESSION,
        "weekdays": monday_to_friday(),
        "starts_at": LATE_AFTER.isoformat(),
        "late_after": LATE_AFTER.isoformat(),
        "ends_at": None,
        "requires_tap": False,
    }
