"""What a student's guardians were told, as the student's page tells it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Detail
from notifications.admin import state_chip
from notifications.models import Notice
from notifications.permissions import kinds_for
from notifications.sending import why_it_waits
from people.models import Person
from people.office.story import Fact, Span, StorySource
from students.models import Student

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Notices(StorySource):
    key: ClassVar[str] = "notices"
    title: ClassVar["StrOrPromise"] = _("Notices")
    icon: ClassVar[str] = "bell"

    def is_for(self, user: User, person: Person) -> bool:
        return isinstance(person, Student) and bool(kinds_for(user))

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        notices = Notice.objects.filter(student=person.pk, kind__in=kinds_for(user))
        told = span.cut(notices.select_related("guardian"), "created_at")
        return [_fact(notice, user) for notice in told]


def _fact(notice: Notice, user: User) -> Fact:
    to = notice.guardian.name if notice.guardian and user.sees(Detail.GUARDIANS) else ""
    waits = why_it_waits(notice, at=timezone.now())
    said = (
        gettext("by {way}").format(way=notice.get_channel_display()),
        gettext("to {name}").format(name=to) if to else "",
        notice.reason_in_words,
        waits,
    )
    return Fact(
        at=notice.created_at,
        words=gettext("Notice: {kind}").format(kind=notice.get_kind_display().lower()),
        chip=state_chip(notice),
        more=", ".join(filter(None, said)),
        url=reverse("admin:notifications_notice_change", args=[notice.pk]),
    )
