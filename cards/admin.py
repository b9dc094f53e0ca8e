"""Cards in the registration office: to look at, and to switch; the API does the rest today."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.office import LookOnly, OfficeModelAdmin
from cards import services
from cards.models import Card, CardQuerySet, IDCardPrintLog, IDCardVerificationLog, PrintJob
from trackxpert.exceptions import DomainError


@admin.register(Card)
class CardAdmin(OfficeModelAdmin[Card]):
    list_display = (
        "rfid_number",
        "card_type",
        "holder",
        "is_active",
        "retired_reason",
        "issued_date",
        "expiry_date",
    )
    list_filter = ("card_type", "is_active", "retired_reason")
    list_select_related = ("student", "staff", "security_personnel")
    list_per_page = 50
    search_fields = ("search_text",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of a card number, or of the holder's names and numbers."
    actions = ("activate", "deactivate")
    fields = (
        "rfid_number",
        "card_type",
        "holder",
        "is_active",
        "issued_date",
        "expiry_date",
        "retired_at",
        "retired_reason",
        "replaces",
        "created_by",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Card], search_term: str
    ) -> tuple[QuerySet[Card], bool]:
        cards = cast("CardQuerySet", queryset)
        return cards.search(search_term.replace("\x00", "")), False

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, cards: QuerySet[Card]) -> None:
        self._switch(request, cards, is_active=True)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, cards: QuerySet[Card]) -> None:
        self._switch(request, cards, is_active=False)

    def _switch(self, request: HttpRequest, cards: QuerySet[Card], *, is_active: bool) -> None:
        refused = 0
        for card in cards:
            try:
                services.switch_card(card=card, is_active=is_active)
            except DomainError:
                refused += 1
        self.message_user(request, f"{len(cards) - refused} changed, {refused} retired for good.")


@admin.register(IDCardPrintLog)
class PrintLogAdmin(LookOnly, OfficeModelAdmin[IDCardPrintLog]):
    list_display = ("printed_at", "rfid_number", "full_name", "identifier", "printed_by", "success")
    list_filter = ("success", "card_type")
    list_select_related = ("printed_by",)


@admin.register(IDCardVerificationLog)
class VerificationLogAdmin(LookOnly, OfficeModelAdmin[IDCardVerificationLog]):
    list_display = ("verified_at", "result", "reason", "full_name", "identifier", "ip_address")
    list_filter = ("result", "card_type")


@admin.register(PrintJob)
class PrintJobAdmin(LookOnly, OfficeModelAdmin[PrintJob]):
    list_display = ("created_at", "state", "layout", "done", "total", "created_by")
    list_filter = ("state",)
    list_select_related = ("created_by",)
