"""Whoever came with an import: as a filter of their list, and what there is to do for them next."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.uuids import as_uuid
from office.lists import NextStep
from people.deed_models import Deed
from people.deeds import those_who_came
from people.kinds import PersonKind, kind_named
from people.office.additions import additions

CHANGE = "change"


def deed_asked_for(request: HttpRequest, kind: PersonKind) -> Deed | None:
    """What `?change=` names, if it is of this kind of people and the user may know of it."""
    user = request.user
    if not isinstance(user, User) or not user.may(Capability.EXPORT_PEOPLE):
        return None
    pk = as_uuid(request.GET.get(CHANGE))
    return Deed.objects.filter(pk=pk, kind=kind.key).first() if pk else None


class CameWithFilter(admin.SimpleListFilter):
    """Shown where the address asks for it: who came with one import."""

    title = _("import")
    parameter_name = CHANGE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        self.deed = deed_asked_for(request, model_admin.model.person_kind)
        if request.GET.get(CHANGE) and self.deed is None:
            raise IncorrectLookupParameters  # everybody is not what was asked for
        return (
            [(str(self.deed.pk), gettext("Came with {file}").format(file=self.deed.about))]
            if self.deed
            else []
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.deed is None or not self.value():
            return queryset
        return queryset.filter(pk__in=those_who_came(self.deed).order_by().values("pk"))


@dataclass(frozen=True)
class NextSteps:
    """After an import: how many came with it, and what is done for them."""

    number: int
    steps: list[NextStep]


def next_steps(user: User, deed: Deed) -> NextSteps | None:
    """None: nobody came with it, or it was taken back."""
    if deed.undone_at or not (number := those_who_came(deed).count()):
        return None
    kind = kind_named(deed.kind)
    steps = [step for addition in additions() for step in addition.after_import(user, deed)]
    if user.may(Capability.MANAGE_PEOPLE):
        photos = f"{reverse('admin:people_photos')}?kind={kind.key}&{CHANGE}={deed.pk}"
        steps.append(NextStep(gettext("Photos for these {number:,}").format(number=number), photos))
    people = f"{reverse(kind.list_page)}?{CHANGE}={deed.pk}"
    show = NextStep(gettext("Show these {number:,}").format(number=number), people)
    return NextSteps(number, [*steps, show])
