"""The filters of the ledger. None looks through the taps for what occurs: there are millions."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.uuids import as_uuid
from pos.models import Activity, Code, Decision, Device
from pos.office.words import CODES

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BY_HAND = "hand"
A_DAY = timedelta(days=1)
DAYS_BACK = 7


class ByName(admin.SimpleListFilter):
    """A few named conditions."""

    conditions: ClassVar[Mapping[str, tuple["StrOrPromise", Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        return [(value, label) for value, (label, _) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value not in self.conditions:
            raise IncorrectLookupParameters
        return queryset.filter(self.conditions[value][1])


class ActivityFilter(ByName):
    """For whoever sees both; else Django shows no filter, and takes no value for it."""

    title = _("activity")
    parameter_name = "activity"
    conditions = {value: (label, Q(activity=value)) for value, label in Activity.choices}

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        user = request.user
        assert isinstance(user, User)
        sees_both = user.may(Capability.READ_ATTENDANCE) and user.may(Capability.READ_MEALS)
        return super().lookups(request, model_admin) if sees_both else []


# As the index of refused taps has it; the planner does not see it in a list of decisions.
REFUSED = ~Q(code=Code.OK)


class OutcomeFilter(ByName):
    title = _("outcome")
    parameter_name = "outcome"
    conditions = {
        "accepted": (_("Accepted"), Q(decision=Decision.ACCEPTED)),
        "denied": (_("Denied, whatever the reason"), Q(decision=Decision.DENIED) & REFUSED),
        **{
            code.value: (label, Q(code=code) & REFUSED)
            for code, label in CODES.items()
            if code != Code.OK
        },
    }


class RemarkFilter(ByName):
    title = _("remark")
    parameter_name = "remark"
    conditions = {
        "offline": (_("Uploaded later"), Q(is_offline=True)),
        "would_deny": (_("Would have been denied"), Q(would_deny=True)),
        "clock": (_("Clock not believed"), Q(is_clock_suspect=True)),
        "corrected": (_("Clock corrected"), Q(corrected_by_ms__isnull=False)),
        "review": (_("Left for review"), Q(is_clock_suspect=True, counted_at=None)),
        "annulled": (_("Taken back"), Q(annulment__isnull=False)),
        "again": (_("Read twice"), Q(is_debounced=True)),
        # As the index has it.
        "sent_away": (
            _("Sent away by the reader"),
            Q(reader_decision=Decision.DENIED) & ~Q(reader_decision=""),
        ),
    }


class ReaderFilter(admin.SimpleListFilter):
    """By the table of readers; switched off ones too, for they have a past."""

    title = _("reader")
    parameter_name = "reader"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        readers = Device.objects.order_by("name", "pos_id").only("name", "location")
        return [*((str(reader.pk), str(reader)) for reader in readers), (BY_HAND, _("By hand"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value == BY_HAND:
            return queryset.filter(device=None)
        reader = as_uuid(value)
        if reader is None:
            raise IncorrectLookupParameters
        return queryset.filter(device=reader)


class TapDayFilter(admin.SimpleListFilter):
    """The last days by their names; any other by `?day=2026-11-20` or the search."""

    title = _("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        today = timezone.localdate()
        days = [today - number * A_DAY for number in range(DAYS_BACK)]
        return [(day.isoformat(), _name(day, today)) for day in days]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        try:
            return queryset.filter(date=date.fromisoformat(value))
        except ValueError as error:
            raise IncorrectLookupParameters from error


def _name(day: date, today: date) -> str:
    names = {today: _("Today"), today - A_DAY: _("Yesterday")}
    return str(names.get(day) or date_format(day, "l j F"))
