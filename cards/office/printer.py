"""The card printer in the office: both designs, test pages, and how a card will look."""

import io
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from cards.models import Card, PrintJob
from cards.printers import printer
from cards.printing import CardFace, CardStyle, QRDoesNotFit, render_card
from cards.printing.calibration import write_test_page
from cards.printing.picture import picture_of
from cards.prints import NameUnprintable, picture_of_card
from institution.declared import CARD_DESIGN, GROUP_OF
from institution.paper import institution
from institution.reading import setting
from office.rooms import Room
from office.views import OfficeView
from people.kinds import PersonKind, is_kind, kind_named, kinds
from people.looking import note_look
from people.models import Look

SIDES = ("front", "back")
DESIGNS: dict[str, Any] = dict(CARD_DESIGN.kind.choices)  # type: ignore[attr-defined]


class CardPrinterView(OfficeView, TemplateView):
    route = "cards/printer/"
    url_name = "cards_printer"
    title = _("Card printer")
    capability = Capability.MANAGE_CARDS
    room = Room.CARDS
    place = 10
    template_name = "cards/printer.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sheet, single = printer(PrintJob.Layout.A4), printer(PrintJob.Layout.CR80)
        return super().get_context_data(
            designs=DESIGNS.items(),
            chosen=setting(CARD_DESIGN),
            kinds=kinds(),
            single=single,
            sheet=sheet,
            layouts=PrintJob.Layout,
            flips=PrintJob.Flip.choices,
            may_set=self.user.may(Capability.ADMINISTER),
            group_of_design=GROUP_OF[CARD_DESIGN.name].key,
            **kwargs,
        )


class SamplePicture(OfficeView):
    """A card of nobody, in one of the designs."""

    route = "cards/printer/<str:design>/<str:kind>/<str:side>.png"
    url_name = "cards_sample"
    title = _("A card")
    capability = Capability.MANAGE_CARDS

    def get(self, request: HttpRequest, design: str, kind: str, side: str) -> HttpResponse:
        if design not in DESIGNS or not is_kind(kind) or side not in SIDES:
            raise Http404
        paper = replace(institution(), design=design)
        printed = render_card(_sample(kind_named(kind)), paper)
        return _png(picture_of(printed.pdf, SIDES.index(side)))


class CardPicture(OfficeView):
    """How somebody's card will look; one that cannot be printed is a 409."""

    route = "cards/card/<uuid:pk>/<str:side>.png"
    url_name = "cards_card_picture"
    title = _("A card")
    capability = Capability.MANAGE_CARDS

    def get(self, request: HttpRequest, pk: UUID, side: str) -> HttpResponse:
        if side not in SIDES:
            raise Http404
        card = get_object_or_404(Card.objects.with_holders(), pk=pk)
        note_look(request, Look.What.CARD, card.person_id)
        try:
            picture = picture_of_card(card=card, page=SIDES.index(side))
        except NameUnprintable as error:
            return HttpResponse(error.message, status=error.status_code)
        except QRDoesNotFit as error:
            return HttpResponse(str(error), status=HTTPStatus.CONFLICT)
        return _png(picture)


class PrinterTestPage(OfficeView):
    """With the settings as they are, to be measured."""

    route = "cards/printer/test-<str:layout>.pdf"
    url_name = "cards_printer_test"
    title = _("Printer test page")
    capability = Capability.MANAGE_CARDS

    def get(self, request: HttpRequest, layout: str) -> HttpResponse:
        if layout not in PrintJob.Layout.values:
            raise Http404
        out = io.BytesIO()
        is_short_edge = request.GET.get("flip") == PrintJob.Flip.SHORT
        write_test_page(out, layout=layout, is_short_edge=is_short_edge, **printer(layout).how)
        headers = {"Content-Disposition": f'inline; filename="printer-test-{layout}.pdf"'}
        return HttpResponse(out.getvalue(), content_type="application/pdf", headers=headers)


def _sample(kind: PersonKind) -> CardFace:
    return CardFace(
        style=CardStyle(kind.card_role, kind.card_edge),
        full_name="Neema Joseph Mwakyusa",
        first_name="Neema",
        middle_name="Joseph",
        surname="Mwakyusa",
        identifier_label=kind.number_label,
        identifier="2027/01234",
        lines=tuple((label, "Sample") for label, _ in kind.card_lines)[:2],
        photo=None,
        card_number="04A1B2C3D4E5F6",
        verify_url="HTTPS://EXAMPLE.ORG/V/SAMPLE",
        issued_on=date(2027, 1, 11),
        expires_on=date(2029, 9, 30),
    )


def _png(content: bytes) -> HttpResponse:
    return HttpResponse(
        content, content_type="image/png", headers={"Cache-Control": "private, no-store"}
    )
