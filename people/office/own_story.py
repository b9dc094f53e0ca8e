"""What people keep of somebody themselves: the changes, and who looked."""

from collections.abc import Sequence
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.history import Change, without
from people.history import history_of_person, told_of_person
from people.models import Look, Person
from people.office.story import Fact, Span, StorySource


class Changes(StorySource):
    key: ClassVar[str] = "changes"
    title = _("Changes")
    icon: ClassVar[str] = "history"
    capability = Capability.READ_HISTORY

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        """Changes of nothing that this user sees are none; so it is asked for more until it is
        enough.
        """
        most = span.most
        while True:
            changes = history_of_person(person, until=span.until, most=most)
            seen = [change for change in without(changes, user.hidden_names) if _is_told(change)]
            if len(seen) >= span.most or len(changes) < most:
                break
            most *= 4
        facts = (
            Fact(
                at=line.at,
                words=line.action.capitalize(),
                more="; ".join(
                    f"{each.label}: {each.before} → {each.after}" for each in line.details
                ),
                by=line.by,
            )
            for line in told_of_person(seen[: span.most], person.declared)
        )
        return [fact for fact in facts if span.holds(fact.at)]


def _is_told(change: Change) -> bool:
    return change.action != "changed" or bool(change.changes)


class Looks(StorySource):
    key: ClassVar[str] = "looks"
    title = _("Who looked")
    icon: ClassVar[str] = "search"
    capability = Capability.ADMINISTER

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        looks = span.cut(Look.objects.at(person.pk), "looked_at")
        url = reverse("admin:people_looks_at_person", args=[person.pk])
        return [_of_look(look, url) for look in looks]


def _of_look(look: Look, url: str) -> Fact:
    words = (
        gettext("Looked at: {what} of {number}") if look.people else gettext("Looked at: {what}")
    )
    return Fact(
        at=look.looked_at,
        words=words.format(what=look.get_what_display().lower(), number=look.people),
        more=gettext("from {address}").format(address=look.ip_address) if look.ip_address else "",
        by=str(look.user),
        url=url,
    )
