"""Printing over REST: one card as a download, many as a job in the background."""

from typing import Any, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayManageCards, MayReadCardLogs
from cards import jobs
from cards.filters import CardFilter, PrintLogFilter, VerificationLogFilter
from cards.kind_actions import for_each_kind, named
from cards.models import Card, CardQuerySet, IDCardPrintLog, IDCardVerificationLog, PrintJob
from cards.prints import pdf_response, print_card
from cards.renderers import PDFRenderer
from cards.serializers import (
    MAX_PRINT,
    BulkPrintAnswerSerializer,
    BulkPrintSerializer,
    PrintJobSerializer,
    PrintLogSerializer,
    ReasonSerializer,
    VerificationLogSerializer,
)
from core.filters import DEFAULT_FILTERS
from core.renderers import JSONRenderer
from core.schema import sends
from core.strict import StrictView, unknown_keys
from people.kinds import PersonKind, kinds

PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}
PRINT_ACTIONS = frozenset(f"print_{kind.key}_card" for kind in kinds())


def print_of_kind(kind: PersonKind) -> Any:
    @extend_schema(
        summary=f"Print the card of a {kind.noun}",
        request=None,
        parameters=[
            OpenApiParameter("reason", description="Why once more; at most 200 characters."),
            sends("X-Print-Warnings", 200),
        ],
        responses={**PDF, 409: None},
    )
    @action(detail=True, methods=["get", "post"], url_path=f"print-{kind.key}-card")
    @named(f"print_{kind.key}_card")
    def print_one(viewset: Any, request: Request, **kwargs: Any) -> HttpResponseBase:
        return _print(kind, viewset.get_object(), request)

    return print_one


@for_each_kind(print_of_kind)
class PrintActions:
    """Actions of the card viewset that print."""

    @extend_schema(
        request=BulkPrintSerializer,
        parameters=[sends("Location", 202)],
        responses={202: BulkPrintAnswerSerializer},
    )
    @action(detail=False, methods=["post"], url_path="bulk-print")
    def bulk_print(self, request: Request) -> Response:
        """Print many cards as one PDF, in the background."""
        serializer = BulkPrintSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = dict(serializer.validated_data)
        first = asked.pop("from")
        assert isinstance(request.user, User)
        wanted = _wanted_cards(
            asked.pop("card_uuids", None), asked.pop("filter", None), by=request.user
        )
        if first > len(wanted):
            message = gettext("These are {number} cards.").format(number=len(wanted))
            raise ValidationError({"from": [message]})
        job = jobs.print_cards(card_uuids=wanted[first - 1 :], by=request.user, **asked)
        address = request.build_absolute_uri(reverse("print-job-detail", args=[job.pk]))
        return Response(
            {"job_id": job.pk, "status_url": address},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": address},
        )


def _wanted_cards(card_uuids: Any, filter: Any, *, by: User) -> list[Any]:  # noqa: A002
    cards = Card.objects.current()
    if card_uuids is not None:
        there = set(cards.filter(pk__in=card_uuids).values_list("pk", flat=True))
        if missing := [str(pk) for pk in card_uuids if pk not in there]:
            message = gettext("No card to print has this id: {ids}.")
            raise ValidationError({"card_uuids": [message.format(ids=", ".join(missing[:5]))]})
        return list(dict.fromkeys(card_uuids))
    found = list(_filtered(cards, filter, by=by).values_list("pk", flat=True)[: MAX_PRINT + 1])
    if not found:
        raise ValidationError({"filter": [gettext("No card matches.")]})
    if len(found) > MAX_PRINT:
        message = gettext("More than {most} cards match; narrow it.").format(most=MAX_PRINT)
        raise ValidationError({"filter": [message]})
    return found


def _filtered(cards: QuerySet[Card], wanted: dict[str, str], *, by: User) -> QuerySet[Card]:
    """As the list finds them, in the order of names, as stacks are handed out."""
    known = dict.fromkeys([*CardFilter.base_filters, "search"])
    if errors := unknown_keys(wanted, known):
        raise ValidationError({"filter": errors})
    filters = CardFilter(wanted, cards)
    if not filters.is_valid() or any("\x00" in word for word in wanted.values()):
        raise ValidationError({"filter": [f"{n}: {e[0]}" for n, e in filters.errors.items()]})
    found = cast("CardQuerySet", filters.qs).search_as(by, wanted.get("search", ""))
    return found.by_name()


def _print(kind: PersonKind, card: Card, request: Request) -> HttpResponseBase:
    assert isinstance(request.user, User)
    if card.card_type != kind.key:
        message = gettext("This is a {kind} card, not a {other} card.")
        raise ValidationError(message.format(kind=card.card_type, other=kind.key))
    asked = ReasonSerializer(data={"reason": request.query_params.get("reason", "")})
    asked.is_valid(raise_exception=True)
    printed = print_card(card=card, by=request.user, reason=asked.validated_data["reason"])
    return pdf_response(card, printed, disposition="attachment")


class PrintJobViewSet(StrictView, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PrintJob]):
    """How far a print job is, and its file."""

    permission_classes = (MayManageCards,)
    queryset = PrintJob.objects.all()
    serializer_class = PrintJobSerializer
    filter_backends = ()
    lookup_field = "job_id"
    lookup_value_converter = "uuid"

    def get_renderers(self) -> list[BaseRenderer]:
        return [JSONRenderer(), *([PDFRenderer()] if self.action == "file" else [])]

    @extend_schema(summary="Fetch the PDF of a print job", responses=PDF)
    @action(detail=True)
    def file(self, request: Request, **kwargs: Any) -> FileResponse:
        """The PDF; from now on nobody is reminded of it."""
        job = self.get_object()
        try:
            content = job.file.open("rb")
        except (OSError, ValueError, DjangoValidationError) as error:
            raise NotFound(
                gettext("This job has no file: it is not done, or the file was tidied up.")
            ) from error
        jobs.note_fetch(job=job)
        return FileResponse(
            content,
            as_attachment=True,
            filename=f"cards-{job.created_at:%Y-%m-%d}-{job.total}.pdf",
            content_type="application/pdf",
        )


class PrintLogViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[IDCardPrintLog]):
    """Who printed which card, when, and whether it worked."""

    permission_classes = (MayReadCardLogs,)
    queryset = IDCardPrintLog.objects.select_related("printed_by", "person")
    serializer_class = PrintLogSerializer
    filter_backends = DEFAULT_FILTERS
    filterset_class = PrintLogFilter
    ordering_fields = ("printed_at",)


class VerificationLogViewSet(
    StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[IDCardVerificationLog]
):
    """Who was looked up, from where, and what the answer was."""

    permission_classes = (MayReadCardLogs,)
    queryset = IDCardVerificationLog.objects.select_related("person")
    serializer_class = VerificationLogSerializer
    filter_backends = DEFAULT_FILTERS
    filterset_class = VerificationLogFilter
    ordering_fields = ("verified_at",)
