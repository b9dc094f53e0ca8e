"""The filters of the ledger. None looks through the taps for what occurs: there are millions."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from core.uuids import as_uuid
from pos.models import Activity, Code, Decision, Device
from pos.office.words import CODES

BY_HAND = "hand"
A_DAY = timedelta(days=1)
DAYS_BACK = 7


class ByName(admin.SimpleListFilter):
    """A few named conditions."""

    conditions: ClassVar[Mapping[str, tuple[str, Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
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

    title = parameter_name = "activity"
    conditions = {value: (label, Q(activity=value)) for value, label in Activity.choices}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        user = request.user
        assert isinstance(user, User)
        sees_both = user.may(Capability.READ_ATTENDANCE) and user.may(Capability.READ_MEALS)
        return super().lookups(request, model_admin) if sees_both else []


# As the index of refused taps has it; the planner does not see it in a list of decisions.
REFUSED = ~Q(code=Code.OK)


class OutcomeFilter(ByName):
    title = parameter_name = "outcome"
    conditions = {
        "accepted": ("Accepted", Q(decision=Decision.ACCEPTED)),
        "denied": ("Denied, whatever the reason", Q(decision=Decision.DENIED) & REFUSED),
        **{
            code.value: (label, Q(code=code) & REFUSED)
            for code, label in CODES.items()
            if code != Code.OK
        },
    }


class RemarkFilter(ByName):
    title = parameter_name = "remark"
    conditions = {
        "offline": ("Uploaded later", Q(is_offline=True)),
        "would_deny": ("Would have been denied", Q(would_deny=True)),
        "clock": ("Clock not believed", Q(is_clock_suspect=True)),
        "corrected": ("Clock corrected", Q(corrected_by_ms__isnull=False)),
        "review": ("Left for review", Q(is_clock_suspect=True, counted_at=None)),
        "annulled": ("Taken back", Q(annulment__isnull=False)),
        "again": ("Read twice", Q(is_debounced=True)),
        # As the index has it.
        "sent_away": (
            "Sent away by the reader",
            Q(reader_decision=Decision.DENIED) & ~Q(reader_decision=""),
        ),
    }


class ReaderFilter(admin.SimpleListFilter):
    """By the table of readers; switched off ones too, for they have a past."""

    title = parameter_name = "reader"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        readers = Device.objects.order_by("name", "pos_id").only("name", "location")
        return [*((str(reader.pk), str(reader)) for reader in readers), (BY_HAND, "By hand")]

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

    title = parameter_name = "day"

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
    names = {today: "Today", today - A_DAY: "Yesterday"}
    return names.get(day, f"{day:%A} {day.day} {day:%B}")
