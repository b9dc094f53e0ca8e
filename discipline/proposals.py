"""What points ask for: proposed when they fall to a threshold, decided by a person."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from core.locks import share_turns, take_turns
from discipline.models import Proposal, Threshold
from students.bulk_change import change_students
from students.models import POINTS, Student

SUSPENDED = "Suspended"
# Whoever weighs points while a threshold is made would not see it, nor it what they have written.
THRESHOLDS: Final = "discipline: the thresholds"


class NotOpen(DomainError):
    code = "not_open"
    message = _("This waits for nobody any more: it was decided, or the points are above it again.")


def weigh(students: Collection[UUID]) -> None:
    """Propose what their points ask for by now, and note who is above a threshold again.

    In the transaction that has changed their points: the triggers that add them up hold the rows of
    the students until it ends, so no two weigh the same student at once.
    """
    share_turns(THRESHOLDS)
    left = {each.pk: each.discipline_points for each in Student.objects.filter(pk__in=students)}
    fallen = Proposal.objects.filter(student__in=left, risen_at=None).select_related("threshold")
    risen = [each.pk for each in fallen if left[each.student_id] > each.threshold.at_or_below]
    if risen:
        Proposal.objects.filter(pk__in=risen).update(risen_at=timezone.now())
    asked = [
        Proposal(student_id=pk, threshold=threshold, points_left=points)
        for threshold in Threshold.objects.filter(is_active=True)
        for pk, points in left.items()
        if points <= threshold.at_or_below
    ]
    # Whoever was there before has been proposed: the constraint says so.
    Proposal.objects.bulk_create(asked, ignore_conflicts=True)


def save_threshold(threshold: Threshold) -> int:
    """Save it; in use, it is proposed at once for whoever is so low already. For how many it was.

    Those are students who are here and have lost points; what was proposed already is no second
    time, until their points were above it.
    """
    with transaction.atomic():
        take_turns(THRESHOLDS)
        threshold.save()
        if not threshold.is_active:
            return 0
        students: Any = Student.objects.active().filter(points_deducted__gt=0).alias(sum=POINTS)
        low = students.filter(sum__lte=threshold.at_or_below - settings.DISCIPLINE_STARTING_POINTS)
        proposed = Proposal.objects.filter(threshold=threshold, risen_at=None)
        asked = [
            Proposal(student=each, threshold=threshold, points_left=each.discipline_points)
            for each in low.filter(~Exists(proposed.filter(student=OuterRef("pk"))))
        ]
        Proposal.objects.bulk_create(asked)
        return len(asked)


@dataclass(frozen=True, slots=True)
class Decided:
    """`change_id`: under which the suspension can be taken back, if there was one."""

    proposal: Proposal
    change_id: UUID | None


def decide_proposal(
    *, proposal: Proposal, decision: str, note: str, by: User, suspend: bool = False
) -> Decided:
    """Accept it or dismiss it, for good. Nothing else is done but to `suspend` them, if asked.

    Raises NotOpen, also in a race.
    """
    waiting = Proposal.objects.open().filter(pk=proposal.pk)
    change_id = None
    with transaction.atomic():
        if suspend:  # first: whoever records an incident has the student before the proposal, too
            change_id = change_students(
                students=[proposal.student_id], changes={"status": SUSPENDED}, dry_run=False, by=by
            ).change_id
        decided = {"decided_by": by, "decided_at": timezone.now(), "note": note}
        if not waiting.update(decision=decision, **decided):
            raise NotOpen
        proposal.refresh_from_db()
    return Decided(proposal, change_id)
