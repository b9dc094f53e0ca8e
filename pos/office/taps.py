"""The ledger of taps, and what clashed with it: to look at, never to change."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from cards.models import Card
from office.chips import NOTHING
from office.columns import ColumnsByRole
from office.lists import DailyAdmin, LatestRows, LookOnly, NextStep, OfficeModelAdmin
from office.moments import clock
from office.rooms import Room
from pos.models import ConflictingTap, Tap, TapQuerySet
from pos.office import words
from pos.office.one_tap import about
from pos.office.tap_filters import (
    ActivityFilter,
    OutcomeFilter,
    ReaderFilter,
    RemarkFilter,
    TapDayFilter,
)
from pos.pages import LatestTaps, order_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def reads_taps(user: object) -> bool:
    """Whoever may read some of them over the API."""
    return isinstance(user, User) and user.may(Capability.READ_TAPS)


class TapAdmin(LookOnly, ColumnsByRole[Tap], DailyAdmin[Tap]):
    room = Room.READERS
    place = 2
    paginator = LatestTaps
    list_display = ("time", "outcome", "who", "card_sent", "reader", "way", "notes")
    phone_columns = ("outcome", "who")
    phone_gives_way = "who"
    list_filter = (TapDayFilter, ReaderFilter, OutcomeFilter, RemarkFilter, ActivityFilter)
    fields = ("event_id",)  # the page says the rest in words
    change_form_template = "admin/pos/tap/change_form.html"
    search_help_text = _("Part of a name or number; a day such as 2026-11-20; or both")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return reads_taps(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Tap | None = None) -> bool:
        return reads_taps(request.user)

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        """What taps come from."""
        assert isinstance(request.user, User)
        if not request.user.may(Capability.ADMINISTER):
            return []
        return [NextStep(gettext("Register a reader"), reverse("admin:pos_device_add"))]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tap]:
        assert isinstance(request.user, User)
        taps: TapQuerySet = Tap.objects.with_names().select_related(
            "entered_by", "annulment__annulled_by"
        )
        return taps.seen_by(request.user)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """A word of the search may be a day."""
        days = (TapDayFilter.parameter_name, SEARCH_VAR)
        return order_of(request.GET, reader=ReaderFilter.parameter_name, days=days)

    def about(self, rows: QuerySet[Tap], words: str, *, seen_by: User) -> QuerySet[Tap]:
        cards = Card.objects.all().search_as(seen_by, words)
        theirs = rows.filter(person__in=cards.values("person"))
        return theirs.filter(card_uuid__in=cards.values("pk"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        assert isinstance(request.user, User)
        more = about(kwargs["obj"], seen_by=request.user)
        response: HttpResponse = super().render_change_form(
            request, {**context, **more}, *args, **kwargs
        )
        return response

    @admin.display(description=_("Received"))
    def time(self, tap: Tap) -> str:
        return format_html('<span class="nowrap">{}</span>', clock(tap.received_at))

    @admin.display(description=pgettext_lazy("tap", "Answer"))
    def outcome(self, tap: Tap) -> str:
        return words.decision_chip(tap)

    @admin.display(description=_("Holder"))
    def who(self, tap: Tap) -> str:
        return words.holder_link(tap)

    @admin.display(description=_("Card as sent"))
    def card_sent(self, tap: Tap) -> str:
        return format_html("<code>{}</code>", tap.card_text)

    @admin.display(description=_("Reader"))
    def reader(self, tap: Tap) -> str:
        return words.sender(tap)

    @admin.display(description=pgettext_lazy("tap", "Way"))
    def way(self, tap: Tap) -> "StrOrPromise":
        return words.DIRECTIONS.get(tap.direction, tap.direction)

    @admin.display(description=_("Remarks"))
    def notes(self, tap: Tap) -> str:
        return words.remark_chips(tap) or NOTHING


class ConflictingTapAdmin(LookOnly, OfficeModelAdmin[ConflictingTap]):
    room = Room.READERS
    place = 3
    list_display = ("time", "device", "event_id", "card_sent")
    list_filter = (ReaderFilter,)
    list_select_related = ("device",)
    list_per_page = 50
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    fields = ("device", "time", "event_id", "card_sent", "time_sent", "first")
    readonly_fields = fields

    @admin.display(description=_("Received"))
    def time(self, conflict: ConflictingTap) -> str:
        return clock(conflict.received_at)

    @admin.display(description=_("Card as sent"))
    def card_sent(self, conflict: ConflictingTap) -> str:
        return _sent(conflict, "card")

    @admin.display(description=_("Time as sent"))
    def time_sent(self, conflict: ConflictingTap) -> str:
        return _sent(conflict, "tapped_at")

    @admin.display(description=_("The tap that has this event id"))
    def first(self, conflict: ConflictingTap) -> str:
        taps = Tap.objects.with_names().of_events(conflict.device_id, [conflict.event_id])
        tap = taps.filter(series=conflict.series).first()
        return words.tap_link(tap) if tap else NOTHING


def _sent(conflict: ConflictingTap, name: str) -> str:
    """From what the reader sent, which is kept as it came."""
    sent = conflict.sent if isinstance(conflict.sent, dict) else {}
    return str(sent.get(name) or NOTHING)
