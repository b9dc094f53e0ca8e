"""Cards and their logs in the registration office; its other pages are in `cards.office`."""

from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability, Detail
from cards.history import history_of_card
from cards.models import (
    Card,
    CardQuerySet,
    HolderSnapshot,
    IDCardPrintLog,
    IDCardVerificationLog,
    PrintJob,
)
from cards.office import print_views
from cards.office.addresses import person_url
from cards.office.filters import CardStateFilter, IssuedFilter, PrintedFilter, SuccessFilter
from cards.office.list_actions import (
    print_of_cards,
    prolong_of_cards,
    replace_of_cards,
    retire_of_cards,
    switch_off_of_cards,
    switch_on_of_cards,
)
from cards.office.people_additions import panel_of
from cards.office.states import OLD_NAME, card_chip, refusal_in_words
from core.history import Change
from core.history_words import told
from office.chips import chip, portrait
from office.columns import ColumnsByRole
from office.lists import LookOnly, NextStep
from office.long_lists import LongListAdmin
from office.rooms import Room
from office.tasks import Tone
from people.looking import note_look
from people.models import Look, Person
from people.office.values import InUseFilter

L = TypeVar("L", bound=HolderSnapshot)

JOB_TONES = {
    PrintJob.State.QUEUED: Tone.QUIET,
    PrintJob.State.RUNNING: Tone.INFO,
    PrintJob.State.DONE: Tone.GOOD,
    PrintJob.State.FAILED: Tone.BAD,
}
RESULT_TONES = {
    IDCardVerificationLog.Result.VERIFIED: Tone.GOOD,
    IDCardVerificationLog.Result.REFUSED: Tone.BAD,
    IDCardVerificationLog.Result.NOT_FOUND: Tone.WARN,
}


@admin.register(Card)
class CardAdmin(ColumnsByRole[Card], LongListAdmin[Card]):
    room = Room.CARDS
    place = 3
    file_needs = Capability.EXPORT_PEOPLE
    change_form_template = "cards/card.html"
    list_display = (
        "portrait",
        "card_number",
        "name",
        "holder_number",
        "state",
        "issued",
        "expires",
    )
    list_display_links = ("card_number",)
    phone_columns = ("name", "state")
    phone_gives_way = "name"
    list_filter = (
        CardStateFilter,
        "card_type",
        ("department", InUseFilter),
        "retired_reason",
        IssuedFilter,
        PrintedFilter,
    )
    list_select_related = ("person",)
    sortable_by = ()
    search_fields = ("search_text",)  # shows the search box; get_search_results does the search
    search_help_text = _("Any part of a card number, or of the holder's names and numbers.")
    actions = ("print_cards", "prolong", "activate", "deactivate", "replace", "retire")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        """Cards come by a class at once, or one by one at the desk."""
        if not _user(request).may(Capability.MANAGE_CARDS):
            return []
        return [
            NextStep(gettext("Issue to a class"), reverse("admin:cards_issue")),
            NextStep(gettext("Enrolment desk"), reverse("admin:cards_desk")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Card]:
        return cast("CardQuerySet", super().get_queryset(request)).with_printed_name()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Card], search_term: str
    ) -> tuple[QuerySet[Card], bool]:
        cards = cast("CardQuerySet", queryset)
        return cards.search_as(_user(request), search_term.replace("\x00", "")), False

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Without its number, by the holder's."""
        return self.list_display_links if "card_number" in list_display else ("holder_number",)

    def history_of(self, obj: Card) -> list[Change]:
        return history_of_card(obj.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """No form: the card, what can be done with it, and all that happened to it."""
        card = self.get_object(request, object_id)
        if card and self.has_view_permission(request, card):
            note_look(request, Look.What.CARD, card.person_id)
        context = self._page_of(card, request) if card else {}
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """It stands on the card's page."""
        return redirect("admin:cards_card_change", object_id)

    def _page_of(self, card: Card, request: HttpRequest) -> dict[str, Any]:
        holder = card.person
        return {
            **panel_of(holder, seen_by=_user(request)),
            "card": card,
            "chip": card_chip(card),
            "portrait": portrait(photo=holder.photo, name=str(holder.full_name), size="large"),
            "holder_url": person_url(holder),
            "lines": told(self.changes_told(request, card), Card),
        }

    @admin.display(description=_("Photo"))
    def portrait(self, card: Card) -> str:
        return portrait(photo=card.person.photo, name=str(card.person.full_name))

    @admin.display(description=_("Card number"))
    def card_number(self, card: Card) -> str:
        return card.rfid_number

    @admin.display(description=_("Issued"))
    def issued(self, card: Card) -> str:
        return _day(card.issued_date)

    @admin.display(description=_("Expires"))
    def expires(self, card: Card) -> str:
        return _day(card.expiry_date) if card.expiry_date else gettext("Never")

    @admin.display(description=_("Name"))
    def name(self, card: Card) -> str:
        return format_html('<a href="{}">{}</a>', person_url(card.person), card.person.full_name)

    @admin.display(description=_("Number"))
    def holder_number(self, card: Card) -> str:
        return card.person.identifier

    @admin.display(description=_("State"))
    def state(self, card: Card) -> str:
        """As a gate would say; and whether it shows another name than its holder has."""
        printed = getattr(card, "printed_name", None)
        is_old = card.is_current and printed not in (None, card.person.full_name)
        old = [chip(OLD_NAME, Tone.WARN)] if is_old else []
        return format_html_join(" ", "{}", ((each,) for each in [card_chip(card), *old]))

    @admin.action(description=_("Print cards"), permissions=["change"])
    def print_cards(self, request: HttpRequest, cards: QuerySet[Card]) -> HttpResponse | None:
        return print_of_cards(self, request, cards)

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, cards: QuerySet[Card]) -> HttpResponse | None:
        return switch_on_of_cards(self, request, cards)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def deactivate(self, request: HttpRequest, cards: QuerySet[Card]) -> HttpResponse | None:
        return switch_off_of_cards(self, request, cards)

    @admin.action(description=_("Prolong cards"), permissions=["change"])
    def prolong(self, request: HttpRequest, cards: QuerySet[Card]) -> HttpResponse | None:
        return prolong_of_cards(self, request, cards)

    @admin.action(description=_("Replace cards"), permissions=["change"])
    def replace(self, request: HttpRequest, cards: QuerySet[Card]) -> HttpResponse | None:
        return replace_of_cards(self, request, cards)

    @admin.action(description=_("Retire cards: lost, returned"), permissions=["change"])
    def retire(self, request: HttpRequest, cards: QuerySet[Card]) -> HttpResponse | None:
        return retire_of_cards(self, request, cards)


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M Y")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class LogAdmin(LookOnly, ColumnsByRole[L], LongListAdmin[L], Generic[L]):
    """A log of cards and their holders as they were."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: L | None = None) -> bool:
        user = request.user
        return isinstance(user, User) and user.may(Capability.READ_CARD_LOGS)

    sortable_by = ()
    search_fields = ("identifier",)  # shows the search box; get_search_results does the search
    search_help_text = _("Any part of the holder's name or number, or a whole card number.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the people as they are now, whose rows have an index; and by the card's number."""
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        found = Q(person__in=Person.objects.all().search(words).values("pk"))
        if _user(request).sees(Detail.CHIP_NUMBERS):
            found |= Q(card_uuid__in=Card.objects.filter(rfid_number=words.upper()).values("pk"))
        return queryset.filter(found), False


@admin.register(IDCardPrintLog)
class PrintLogAdmin(LogAdmin[IDCardPrintLog]):
    room = Room.CARDS
    place = 6
    list_display = ("printed_at", "full_name", "identifier", "card_number", "result", "printer")
    list_filter = ("printed_at", SuccessFilter, "card_type")
    list_select_related = ("printed_by",)
    fields = (*list_display, "error_words", "reason_words", "job")

    @admin.display(description=_("Reason"))
    def reason_words(self, log: IDCardPrintLog) -> str:
        return log.reason_in_words

    @admin.display(description=_("Card number"))
    def card_number(self, log: IDCardPrintLog) -> str:
        return log.rfid_number

    @admin.display(description=_("Result"))
    def result(self, log: IDCardPrintLog) -> str:
        return chip(_("Printed"), Tone.GOOD) if log.success else chip(_("Failed"), Tone.BAD)

    @admin.display(description=_("Error message"))
    def error_words(self, log: IDCardPrintLog) -> str:
        return log.error_in_words

    @admin.display(description=_("Printed by"))
    def printer(self, log: IDCardPrintLog) -> str:
        """By name: the page of an administrator opens to administrators only."""
        return str(log.printed_by)


@admin.register(IDCardVerificationLog)
class VerificationLogAdmin(LogAdmin[IDCardVerificationLog]):
    room = Room.CARDS
    place = 7
    list_display = ("verified_at", "verdict", "why", "full_name", "identifier", "ip_address")
    list_filter = ("verified_at", "result", "card_type")

    @admin.display(description=_("Result"))
    def verdict(self, log: IDCardVerificationLog) -> str:
        result = IDCardVerificationLog.Result(log.result)
        return chip(log.get_result_display(), RESULT_TONES[result])

    @admin.display(description=_("Reason"))
    def why(self, log: IDCardVerificationLog) -> str:
        return refusal_in_words(log.reason)


@admin.register(PrintJob)
class PrintJobAdmin(LookOnly, LongListAdmin[PrintJob]):
    room = Room.CARDS
    place = 5
    change_form_template = "cards/job.html"
    list_display = ("created_at", "what", "stands", "progress", "created_by", "downloaded")
    phone_columns = ("what", "stands", "progress")
    phone_gives_way = "what"
    list_filter = ("state", "created_at")
    list_select_related = ("created_by",)
    sortable_by = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: PrintJob | None = None) -> bool:
        """To look at a print is to have one, as over REST."""
        user = request.user
        return isinstance(user, User) and user.may(Capability.MANAGE_CARDS)

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        return [NextStep(gettext("Print cards"), reverse("admin:cards_card_changelist"))]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrintJob]:
        """Without the thousands of ids and warnings that a job may have."""
        return super().get_queryset(request).defer("card_uuids", "warnings")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """How far the job is, its file, and what was noticed."""
        job = self.get_object(request, object_id)
        context = print_views.job_context(job) if job else {}
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    @admin.display(description=_("Cards"))
    def what(self, job: PrintJob) -> str:
        if job.layout == PrintJob.Layout.A4:
            return gettext("{number} on A4 sheets").format(number=job.total)
        return gettext("{number} for a card printer").format(number=job.total)

    @admin.display(description=_("State"))
    def stands(self, job: PrintJob) -> str:
        state = PrintJob.State(job.state)
        return chip(print_views.STATES[state], JOB_TONES[state])

    @admin.display(description=_("Downloaded"))
    def downloaded(self, job: PrintJob) -> datetime | str:
        return job.fetched_at or gettext("Not yet")

    @admin.display(description=_("Done"))
    def progress(self, job: PrintJob) -> str:
        return gettext("{done} of {total}").format(done=job.done, total=job.total)
