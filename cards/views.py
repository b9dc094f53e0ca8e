"""Cards over REST (contract section 6; the seed `cards-api.md`, letter for letter)."""

from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.core.paginator import Paginator
from django.db import transaction
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from accounts.permissions import CardAccess, MayAdminister, MayManageCards
from cards import counting, services
from cards.filters import CardFilter
from cards.history import CardChangeEntrySerializer, history_of_card, holder_of_card
from cards.models import Card, CardTally
from cards.overview import OverviewActions
from cards.print_views import PRINT_ACTIONS, PrintActions
from cards.renderers import PDFRenderer
from cards.serializers import (
    CardChangeSerializer,
    CardCreateSerializer,
    CardSerializer,
    ReplaceSerializer,
    RetireSerializer,
    SwitchAnswerSerializer,
)
from cards.throttles import CreateThrottle, PrintThrottle
from core.filters import DEFAULT_FILTERS, SearchTextFilter, hidden_names
from core.history import without
from core.pagination import MOST_KEYS, PageNumberPagination, is_search
from core.renderers import JSONRenderer
from core.throttling import BulkThrottle
from core.viewsets import ConditionalModelViewSet
from people.looking import note_look
from people.models import Look


class CountedPaginator(Paginator[Any]):
    """A paginator that is told the count."""

    def __init__(self, cards: Any, per_page: int, *, count: int) -> None:
        super().__init__(cards, per_page)
        self.known_count = count

    @property
    def count(self) -> int:
        return self.known_count


class CardPagination(PageNumberPagination):
    """Pages of cards with the seed's `summary` of the whole filtered set."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        if not is_search(request):
            tally = CardFilter(request.query_params, CardTally.objects.all()).qs
            self._count(counting.summary_of_tally(tally))
        return super().paginate_queryset(queryset, request, view)

    def found_keys(self, queryset: Any) -> list[Any] | None:
        """Of a search no tally knows: the rows that it finds are counted while they are here."""
        found = list(queryset.values_list("pk", "is_active")[: MOST_KEYS + 1])
        if len(found) > MOST_KEYS:
            self._count(counting.summary_of_rows(queryset))
            return None
        self._count(counting.Summary(len(found), sum(is_active for _, is_active in found)))
        return [pk for pk, _ in found]

    def _count(self, summary: counting.Summary) -> None:
        self.summary = summary
        self.django_paginator_class = partial(CountedPaginator, count=summary.total)  # type: ignore[assignment]

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data["summary"] = self.summary.as_dict()
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page: dict[str, Any] = super().get_paginated_response_schema(schema)
        keys = ["total_cards", "active_cards", "inactive_cards"]
        page["properties"]["summary"] = {
            "type": "object",
            "description": "Of all pages together.",
            "properties": {key: {"type": "integer"} for key in keys},
            "required": keys,
        }
        page["required"].append("summary")
        return page


class CardViewSet(OverviewActions, PrintActions, ConditionalModelViewSet[Card]):
    """Cards: issue, list, change, retire, replace, delete."""

    permission_classes = (CardAccess,)
    queryset = Card.objects.with_holders()
    serializer_class = CardSerializer
    filterset_class = CardFilter
    filter_backends = (*DEFAULT_FILTERS, SearchTextFilter)
    pagination_class = CardPagination
    unlocked_actions = PRINT_ACTIONS
    lookup_field = "card_uuid"
    lookup_value_converter = "uuid"
    ordering_fields = (
        "created_at",
        "updated_at",
        "issued_date",
        "expiry_date",
        "rfid_number",
        "card_type",
        "is_active",
        "holder_name",
        "identifier",
    )
    ordering_names: ClassVar[dict[str, str]] = {
        "holder_name": "person__full_name",
        "identifier": "person__identifier",
    }

    def get_permissions(self) -> Any:
        """To look at a print is to make one."""
        if self.action == "destroy":
            return [MayAdminister()]
        return [MayManageCards()] if self.action in PRINT_ACTIONS else super().get_permissions()

    def get_throttles(self) -> list[BaseThrottle]:
        action = self.action or ""
        if action == "create":
            return [CreateThrottle()]
        if action.startswith("bulk_"):
            return [BulkThrottle()]
        return [PrintThrottle()] if action in PRINT_ACTIONS else []

    def get_renderers(self) -> list[BaseRenderer]:
        return [JSONRenderer(), *([PDFRenderer()] if self.action in PRINT_ACTIONS else [])]

    # --- one card -----------------------------------------------------------------------------

    def before_shown(self, instance: Card) -> None:
        note_look(self.request, Look.What.CARD, instance.person_id)

    @extend_schema(request=CardCreateSerializer, responses={201: CardSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Issue a card to somebody."""
        serializer = CardCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        card = services.issue_card(by=self._caller(), **serializer.validated_data)
        return self.respond(card, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=CardChangeSerializer)
    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change number, expiry date or `is_active`."""
        card = self._locked_card()
        serializer = CardChangeSerializer(card, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.respond(services.change_card(card=card, changes=serializer.validated_data))

    @extend_schema(request=CardChangeSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change number, expiry date or `is_active`."""
        return self.update(request, *args, **kwargs)

    def perform_destroy(self, instance: Card) -> None:
        instance.delete()

    @extend_schema(request=None, responses=SwitchAnswerSerializer)
    @action(detail=True, methods=["patch"])
    def activate(self, request: Request, **kwargs: Any) -> Response:
        """Switch a card on."""
        return self._switch(is_active=True, message=gettext("Card activated successfully."))

    @extend_schema(request=None, responses=SwitchAnswerSerializer)
    @action(detail=True, methods=["patch"])
    def deactivate(self, request: Request, **kwargs: Any) -> Response:
        """Switch a card off: it opens nothing until it is activated again."""
        return self._switch(is_active=False, message=gettext("Card deactivated successfully."))

    @transaction.atomic
    def _switch(self, *, is_active: bool, message: str) -> Response:
        card = services.switch_card(card=self._locked_card(), is_active=is_active)
        return Response(SwitchAnswerSerializer({"message": message, "data": card}).data)

    @extend_schema(request=RetireSerializer, responses=CardSerializer)
    @action(detail=True, methods=["post"])
    @transaction.atomic
    def retire(self, request: Request, **kwargs: Any) -> Response:
        """Take a card out of use for good."""
        card = self._locked_card()
        serializer = RetireSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.respond(services.retire_card(card=card, **serializer.validated_data))

    @extend_schema(request=ReplaceSerializer, responses={201: CardSerializer})
    @action(detail=True, methods=["post"])
    @transaction.atomic
    def replace(self, request: Request, **kwargs: Any) -> Response:
        """Retire a card and issue its holder a new one, both or neither."""
        card = self._locked_card()
        serializer = ReplaceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        new = services.replace_card(card=card, by=self._caller(), **serializer.validated_data)
        return self.respond(new, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=CardSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    @transaction.atomic
    def take_back(self, request: Request, **kwargs: Any) -> Response:
        """Take a temporary card back; its holder's own card is good again."""
        return self.respond(services.return_card(card=self._locked_card()))

    @extend_schema(responses=CardChangeEntrySerializer(many=True), filters=False)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def history(self, request: Request, card_uuid: UUID) -> Response:
        """Everything that happened to a card, latest first; also to one that was deleted."""
        changes = history_of_card(card_uuid)
        if not changes:
            raise NotFound
        note_look(request, Look.What.CARD, holder_of_card(card_uuid))
        entries = [asdict(change) for change in without(changes, hidden_names(request))]
        return Response(CardChangeEntrySerializer(entries, many=True).data)

    def _locked_card(self) -> Card:
        """The card, locked until the transaction ends, after the client's `If-Match`."""
        card = self.get_object()
        self.check_precondition(card)
        return card

    def _caller(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user
