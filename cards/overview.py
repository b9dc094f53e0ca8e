"""Who has cards and who has none: statistics, people without cards, cards for many at once."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.fields import BooleanField
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from cards import counting, services
from cards.holders import people_without_cards
from cards.kind_actions import for_each_kind, named
from cards.overview_serializers import (
    MAX_BULK,
    StatisticsSerializer,
    bulk_create_serializer,
    bulk_created_serializer,
    cardless_serializer,
)
from cards.serializers import CardSerializer
from core.filters import hidden_names
from people import search
from people.kinds import PersonKind

SEARCH = OpenApiParameter("search", str, description="Name, number or department.")
DEPARTMENT = OpenApiParameter("department", str)


def list_without_cards(kind: PersonKind) -> Any:
    parameters = [SEARCH, DEPARTMENT] if kind.has_department else [SEARCH]

    @extend_schema(
        summary=f"List {kind.nouns} without a card",
        responses=cardless_serializer(kind),
        parameters=parameters,
        filters=False,
    )
    @action(
        detail=False,
        url_path=f"{kind.plural_key}-without-cards",
        filter_backends=[],
        pagination_class=None,
    )
    @named(f"{kind.plural_key}_without_cards")
    def without_cards(viewset: Any, request: Request) -> Response:
        return _without_cards(kind, request)

    return without_cards


def create_in_bulk(kind: PersonKind) -> Any:
    answer = bulk_created_serializer(kind)

    @extend_schema(
        summary=f"Issue cards to many {kind.nouns}",
        request=bulk_create_serializer(kind),
        responses={201: answer, 400: OpenApiResponse(answer, description="No card was made.")},
    )
    @action(detail=False, methods=["post"], url_path=f"bulk-create-{kind.key}-cards")
    @named(f"bulk_create_{kind.key}_cards")
    def bulk_create(viewset: Any, request: Request) -> Response:
        return _bulk_create(kind, request)

    return bulk_create


@for_each_kind(list_without_cards, create_in_bulk)
class OverviewActions:
    """Actions of the card viewset that are about many people."""

    @extend_schema(responses=StatisticsSerializer, filters=False)
    @action(detail=False, filter_backends=[], pagination_class=None)
    def statistics(self, request: Request) -> Response:
        """Count people and their cards."""
        return Response(counting.statistics(at=timezone.now()))


def _without_cards(kind: PersonKind, request: Request) -> Response:
    people: Any = people_without_cards(kind)
    for word in search.words(_text(request, "search")):
        found = Q(search_text__contains=word)
        if kind.has_department:
            found |= Q(department__icontains=word)
        people = people.filter(found)
    department = _text(request, "department")
    if department and kind.has_department:
        people = people.filter(department=department)
    keys = [key for key in kind.cardless_keys if key not in hidden_names(request)]
    rows = people.values_list(*(kind.attribute(key) for key in keys))
    shown = [dict(zip(keys, row, strict=True)) for row in rows]
    message = gettext("Found {number} {people} without cards.").format(
        number=len(shown), people=kind.holders_word
    )
    return Response({"count": len(shown), kind.plural_key: shown, "message": message})


def _text(request: Request, name: str) -> str:
    text = request.query_params.get(name, "")
    if "\x00" in text:
        raise ValidationError({name: [gettext("Null characters are not allowed.")]})
    return text


def _bulk_create(kind: PersonKind, request: Request) -> Response:
    assert isinstance(request.user, User)
    name = kind.card_uuid_key
    asked = _asked_uuids(request.data, f"{name}s")
    result = services.issue_cards(kind=kind, holder_uuids=asked, by=request.user)
    made, failed = len(result.cards), len(result.errors)
    body = {
        "success": made > 0,
        "message": gettext("Created {made} {kind} cards, {failed} errors.").format(
            made=made, kind=kind.key, failed=failed
        ),
        "change_id": result.deed and str(result.deed.pk),
        "created_cards": CardSerializer(result.cards, many=True, context={"request": request}).data,
        "errors": [{name: uuid, "errors": error.fields} for uuid, error in result.errors],
        "summary": {"total_requested": len(asked), "successful": made, "failed": failed},
    }
    return Response(body, status=status.HTTP_201_CREATED if made else status.HTTP_400_BAD_REQUEST)


def _asked_uuids(data: Any, name: str) -> list[Any]:
    uuids = data.get(name) if isinstance(data, dict) else None
    if not isinstance(uuids, list) or not uuids:
        raise ValidationError(gettext("{name} list is required.").format(name=name))
    if len(uuids) > MAX_BULK:
        raise ValidationError(
            gettext("{name} takes at most {most} at a time.").format(name=name, most=MAX_BULK)
        )
    if data.get("generate_rfid", True) not in BooleanField.TRUE_VALUES:
        raise ValidationError(
            gettext("Many cards at once take generated numbers: generate_rfid: true.")
        )
    return uuids
