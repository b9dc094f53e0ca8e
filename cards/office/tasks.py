"""What waits for an officer: people without cards, prints, losses."""

from collections.abc import Callable, Iterable
from functools import partial

from django.db.models import Count, Q, QuerySet
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.models import User
from accounts.roles import Capability
from cards.counting import number_without_card
from cards.models import Card, PrintJob
from cards.office.addresses import people_url
from cards.office.filters import NEW, new_and_not_printed
from office.tasks import Task, TaskFinder, Tone
from people.kinds import PersonKind, kinds

CARDS = reverse_lazy("admin:cards_card_changelist")
TEMPORARY = reverse_lazy("admin:cards_temporary")
JOBS = reverse_lazy("admin:cards_printjob_changelist")


def _without_card(kind: PersonKind, user: User) -> Task | None:
    number = number_without_card(kind)
    if not number:
        return None
    who = kind.noun if number == 1 else kind.nouns
    what = ngettext("{people} has no card", "{people} have no card", number).format(people=who)
    return Task(number, what, gettext("Issue cards"), people_url(kind, "?card=none"), Tone.WARN)


def losses_not_replaced(user: User) -> Task | None:
    """Reported lost or stolen in the last days, and the holder has no other card."""
    lost = Card.objects.filter(retired_at__gte=timezone.now() - NEW)
    number = lost.lost_and_not_replaced().count()
    if not number:
        return None
    what = ngettext(
        "card was lost or stolen this week", "cards were lost or stolen this week", number
    )
    return Task(number, what, gettext("Replace"), f"{CARDS}?state=lost", Tone.BAD)


def overdue_temporary_cards(user: User) -> Task | None:
    """Their time is over, and nobody has brought them back."""
    number = Card.objects.overdue(at=timezone.now()).count()
    if not number:
        return None
    what = ngettext("temporary card is overdue", "temporary cards are overdue", number)
    return Task(number, what, gettext("Ask for them"), f"{TEMPORARY}?state=overdue", Tone.WARN)


def cards_ending_soon(user: User) -> Task | None:
    number = Card.objects.ending_soon(at=timezone.now()).count()
    if not number:
        return None
    what = ngettext("card expires within 30 days", "cards expire within 30 days", number)
    return Task(number, what, gettext("Prolong or replace"), f"{CARDS}?state=ending", Tone.INFO)


def failed_prints(user: User) -> Task | None:
    number = _own_jobs(user).filter(state=PrintJob.State.FAILED).count()
    if not number:
        return None
    what = ngettext("print has failed", "prints have failed", number)
    return Task(number, what, gettext("Try again"), f"{JOBS}?state__exact=failed", Tone.BAD)


def prints_to_fetch(user: User) -> Task | None:
    """Files that are ready; without any, what is still under way."""
    found = _own_jobs(user).aggregate(
        ready=Count("pk", filter=Q(state=PrintJob.State.DONE, fetched_at=None) & ~Q(file="")),
        running=Count("pk", filter=Q(state__in=(PrintJob.State.QUEUED, PrintJob.State.RUNNING))),
    )
    if number := found["ready"]:
        what = ngettext("print file is ready", "print files are ready", number)
        return Task(number, what, gettext("Download"), f"{JOBS}?state__exact=done", Tone.GOOD)
    if number := found["running"]:
        what = ngettext("print is under way", "prints are under way", number)
        return Task(number, what, gettext("Look"), str(JOBS))
    return None


def _own_jobs(user: User) -> QuerySet[PrintJob]:
    return PrintJob.objects.filter(created_by=user, created_at__gte=timezone.now() - NEW)


def new_cards_not_printed(user: User) -> Task | None:
    """Cards that were issued in the last days and wait to be printed."""
    number = new_and_not_printed(Card.objects.all()).count()
    if not number:
        return None
    what = ngettext("new card is not printed yet", "new cards are not printed yet", number)
    url = f"{CARDS}?printed=new"
    return Task(number, what, gettext("Print"), url)


FINDERS: Iterable[Callable[[User], Task | None]] = (
    *(partial(_without_card, kind) for kind in kinds() if kind.is_personnel),
    losses_not_replaced,
    overdue_temporary_cards,
    cards_ending_soon,
    failed_prints,
    prints_to_fetch,
    new_cards_not_printed,
)
TASKS = [TaskFinder(Capability.MANAGE_CARDS, find) for find in FINDERS]
