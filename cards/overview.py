"""Who has cards and who has none: statistics, people without cards, cards for many at once."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.fields import BooleanField
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from cards import counting, services
from cards.holders import people_without_cards
from cards.models import CardType
from cards.serializers import HOLDER_UUIDS, CardSerializer
from people import search

MAX_BULK = 500
# What the seed shows of people without cards, and what it calls them, one and many.
SHOWN = {
    CardType.STUDENT: (
        "student_uuid",
        "registration_number",
        "full_name",
        "department",
        "student_status",
    ),
    CardType.STAFF: (
        "staff_uuid",
        "staff_number",
        "full_name",
        "department",
        "position",
        "employment_status",
    ),
    CardType.SECURITY: (
        "security_id",
        "employee_id",
        "badge_number",
        "full_name",
        "phone_number",
    ),
}
MANY = {
    CardType.STUDENT: "students",
    CardType.STAFF: "staff",
    CardType.SECURITY: "security personnel",
}
SEARCH = OpenApiParameter("search", str, description="Name, number or department.")
DEPARTMENT = OpenApiParameter("department", str)


class OverviewActions:
    """Actions of the card viewset that are about many people."""

    @extend_schema(responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=False, filter_backends=[], pagination_class=None)
    def statistics(self, request: Request) -> Response:
        return Response(counting.statistics(at=timezone.now()))

    @extend_schema(responses=OpenApiTypes.OBJECT, parameters=[SEARCH, DEPARTMENT], filters=False)
    @action(
        detail=False, url_path="students-without-cards", filter_backends=[], pagination_class=None
    )
    def students_without_cards(self, request: Request) -> Response:
        return _without_cards(CardType.STUDENT, "students", request)

    @extend_schema(responses=OpenApiTypes.OBJECT, parameters=[SEARCH, DEPARTMENT], filters=False)
    @action(detail=False, url_path="staff-without-cards", filter_backends=[], pagination_class=None)
    def staff_without_cards(self, request: Request) -> Response:
        return _without_cards(CardType.STAFF, "staff", request)

    @extend_schema(responses=OpenApiTypes.OBJECT, parameters=[SEARCH], filters=False)
    @action(
        detail=False, url_path="security-without-cards", filter_backends=[], pagination_class=None
    )
    def security_without_cards(self, request: Request) -> Response:
        return _without_cards(CardType.SECURITY, "security", request)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    @action(detail=False, methods=["post"], url_path="bulk-create-student-cards")
    def bulk_create_student_cards(self, request: Request) -> Response:
        return _bulk_create(CardType.STUDENT, request)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    @action(detail=False, methods=["post"], url_path="bulk-create-staff-cards")
    def bulk_create_staff_cards(self, request: Request) -> Response:
        return _bulk_create(CardType.STAFF, request)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    @action(detail=False, methods=["post"], url_path="bulk-create-security-cards")
    def bulk_create_security_cards(self, request: Request) -> Response:
        return _bulk_create(CardType.SECURITY, request)


def _without_cards(card_type: CardType, key: str, request: Request) -> Response:
    people: Any = people_without_cards(card_type)
    has_department = card_type is not CardType.SECURITY
    for word in search.words(_text(request, "search")):
        found = Q(search_text__contains=word)
        people = people.filter(found | Q(department__icontains=word) if has_department else found)
    department = _text(request, "department")
    if department and has_department:
        people = people.filter(department=department)
    shown = list(people.values(*SHOWN[card_type]))
    message = f"Found {len(shown)} {MANY[card_type]} without cards."
    return Response({"count": len(shown), key: shown, "message": message})


def _text(request: Request, name: str) -> str:
    text = request.query_params.get(name, "")
    if "\x00" in text:
        raise ValidationError({name: ["Null characters are not allowed."]})
    return text


def _bulk_create(card_type: CardType, request: Request) -> Response:
    assert isinstance(request.user, User)
    name = HOLDER_UUIDS[card_type]
    asked = _asked_uuids(request.data, f"{name}s")
    result = services.issue_cards(card_type=card_type, holder_uuids=asked, by=request.user)
    made, failed = len(result.cards), len(result.errors)
    body = {
        "success": made > 0,
        "message": f"Created {made} {card_type} cards, {failed} errors.",
        "created_cards": CardSerializer(result.cards, many=True).data,
        "errors": [{name: uuid, "errors": errors} for uuid, errors in result.errors],
        "summary": {"total_requested": len(asked), "successful": made, "failed": failed},
    }
    return Response(body, status=status.HTTP_201_CREATED if made else status.HTTP_400_BAD_REQUEST)


def _asked_uuids(data: Any, name: str) -> list[Any]:
    uuids = data.get(name) if isinstance(data, dict) else None
    if not isinstance(uuids, list) or not uuids:
        raise ValidationError(f"{name} list is required.")
    if len(uuids) > MAX_BULK:
        raise ValidationError(f"{name} takes at most {MAX_BULK} at a time.")
    if data.get("generate_rfid", True) not in BooleanField.TRUE_VALUES:
        raise ValidationError("Many cards at once take generated numbers: generate_rfid: true.")
    return uuids
