"""A person's taps, as their page tells them."""

from collections.abc import Sequence
from typing import ClassVar

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from people.models import Person
from people.office.story import A_DAY, Fact, Span, StorySource
from pos.models import Tap
from pos.office import words


class Taps(StorySource):
    key: ClassVar[str] = "taps"
    title = _("Taps")
    icon: ClassVar[str] = "reader"
    capability = Capability.READ_TAPS

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        """By their days first, as the index of people's taps has them.

        A day more on either side, for taps of before the campus changed its zone.
        """
        taps = Tap.objects.with_names().seen_by(user).filter(person=person.pk)
        taps = taps.filter(date__lte=span.until + A_DAY)
        if span.since is not None:
            taps = taps.filter(date__gte=span.since - A_DAY)
        told = taps.alias(at=Coalesce("counted_at", "received_at"))
        return [_fact(tap) for tap in span.cut(told, "at", "-date", "-at", "-tap_id")]


def _fact(tap: Tap) -> Fact:
    tapped = {"in": gettext("Tap in"), "out": gettext("Tap out")}
    return Fact(
        at=tap.happened_at,
        words=tapped.get(tap.direction) or gettext("Tap"),
        chip=format_html("{} {}", words.decision_chip(tap), words.remark_chips(tap)),
        more=", ".join(filter(None, (words.sender(tap), tap.location))),
        url=reverse("admin:pos_tap_change", args=[tap.pk]),
    )
