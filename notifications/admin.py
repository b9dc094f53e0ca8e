"""What guardians were told, in the registration office: to look at, and to try again."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.office import DailyAdmin, LookOnly
from notifications.models import Notice
from notifications.roles import kinds_for
from notifications.serializers import masked
from notifications.services import NotFailed, retry_notice
from students.models import Student


class ChoiceFilter(admin.SimpleListFilter):
    """By name: Django would look through all notices for the values that occur."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {str(self.parameter_name): self.value()}
        return queryset.filter(**chosen) if self.value() else queryset


class StateFilter(ChoiceFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return list(Notice.State.choices)


class KindFilter(ChoiceFilter):
    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        kinds = kinds_for(request.user)
        return [choice for choice in Notice.Kind.choices if choice[0] in kinds]


@admin.register(Notice)
class NoticeAdmin(LookOnly, DailyAdmin[Notice]):
    list_display = (
        "date",
        "student",
        "kind",
        "guardian",
        "channel",
        "state",
        "reason",
        "created_at",
        "sent_at",
    )
    list_display_links = ("date", "student")
    list_filter = ("date", StateFilter, KindFilter, "channel")
    list_select_related = ("student", "guardian")
    actions = ("retry",)
    fields = (
        ("student", "guardian"),
        ("kind", "date", "corrects"),
        ("channel", "sent_to"),
        ("state", "reason"),
        ("attempts", "next_attempt_at", "expires_at"),
        ("created_at", "sent_at"),
        "subject",
        "body",
    )
    readonly_fields = ("sent_to",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        notices: QuerySet[Notice] = super().get_queryset(request)
        return notices.filter(kind__in=kinds_for(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return bool(kinds_for(request.user))

    def about(self, rows: QuerySet[Notice], words: str) -> QuerySet[Notice]:
        return rows.filter(student__in=Student.objects.all().search(words).values("pk"))

    @admin.display(description="Sent to")
    def sent_to(self, notice: Notice) -> str:
        return masked(notice.recipient) or "—"

    @admin.action(description="Try again what failed", permissions=["view"])
    @transaction.atomic
    def retry(self, request: HttpRequest, notices: QuerySet[Notice]) -> None:
        tried = 0
        for notice in notices.select_related(None).select_for_update(no_key=True):
            try:
                retry_notice(notice=notice)
            except NotFailed:
                continue
            tried += 1
        messages.info(request, f"{tried} will be tried again.")
