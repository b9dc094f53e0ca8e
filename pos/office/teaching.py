"""Teach a reader: two known cards say how it spells numbers, whatever that is called."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from cards.models import Card
from cards.number_formats import NOT_HEX, NumberFormat
from cards.numbers import canonical_number
from people.fields import clean_line
from pos.models import BY_RECEIPT, FORMAT_LABELS, MAX_TEXT, Device, Tap
from pos.office.forms import counted_cards
from pos.office.reader_pages import ReaderPage
from pos.teaching import KnownCard, collisions, formats_of

# What a reader sent just now is offered, so that nobody copies digits.
LATELY = timedelta(hours=1)
MOST_OFFERED = 10


class KnownCardField(forms.CharField):
    """A card, by its number or by the identification number of whose it is."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def clean(self, value: Any) -> Card:
        text = clean_line(super().clean(value))
        try:
            number = canonical_number(text)
        except ValidationError:
            number = ""
        cards = Card.objects.select_related("person").filter(retired_at__isnull=True)
        card = cards.filter(rfid_number=number).first()
        card = card or cards.current().filter(person__identifier__iexact=text).first()
        if card is None:
            raise ValidationError(_("No card in use has this number, nor anybody of this number."))
        if NOT_HEX.search(card.rfid_number):
            raise ValidationError(_("This number is text, which every reader sends alike."))
        return card


class TeachForm(forms.Form):
    text_1 = forms.CharField(label=_("What the reader sent of it"), max_length=MAX_TEXT)
    card_1 = KnownCardField(label=_("First card"))
    text_2 = forms.CharField(label=_("What the reader sent of it"), max_length=MAX_TEXT)
    card_2 = KnownCardField(label=_("Second card"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in ("text_1", "text_2"):
            self.fields[name].widget.attrs |= {"list": "sent-lately", "autocomplete": "off"}

    def clean(self) -> None:
        cards = [self.cleaned_data.get(name) for name in ("card_1", "card_2")]
        if None not in cards and cards[0] == cards[1]:
            self.add_error("card_2", _("Take another card: one alone may fit several formats."))

    @property
    def known(self) -> list[KnownCard]:
        said = self.cleaned_data
        return [
            KnownCard(said[f"text_{nth}"], said[f"card_{nth}"].rfid_number) for nth in ("1", "2")
        ]


class TeachReader(ReaderPage, FormView[TeachForm]):
    """`number_format` beside the form writes it, if both cards fit it."""

    route = "pos/device/<uuid:pos_id>/teach/"
    url_name = "pos_device_teach"
    title = _("Teach this reader")
    action = _("Find the format")
    template_name = "pos/office/teach.html"
    form_class = TeachForm

    def warning(self) -> str:
        return ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if not form.is_valid():
            return self.form_invalid(form)
        fitting = formats_of(form.known)
        if (chosen := request.POST.get("number_format")) in fitting:
            return self.choose(NumberFormat(chosen))
        context = {"form": form, "is_asked": True, "found": self._found(fitting)}
        return self.render_to_response(self.get_context_data(**context))

    def choose(self, number_format: NumberFormat) -> HttpResponse:
        self.reader.number_format = number_format
        self.reader.save(update_fields=["number_format", "updated_at"])
        said = gettext("{reader} sends: {format}.")
        label = FORMAT_LABELS[number_format]
        messages.success(self.request, said.format(reader=self.reader.name, format=label))
        return redirect(self.back)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"reader": self.reader, "sent_lately": _sent_lately(self.reader)}
        return super().get_context_data(**{"form": self.get_form(), **shown, **kwargs})

    def _found(self, fitting: Sequence[NumberFormat]) -> list[dict[str, Any]]:
        colliding = collisions(fitting)
        return [
            {
                "number_format": each,
                "label": FORMAT_LABELS[each],
                "is_present": each == self.reader.number_format,
                "colliding": counted_cards(colliding[each]) if colliding[each] else "",
            }
            for each in fitting
        ]


def _sent_lately(reader: Device) -> list[str]:
    """The latest texts first, each once."""
    taps = Tap.objects.filter(device=reader).received_since(timezone.now() - LATELY)
    texts = taps.order_by(*BY_RECEIPT).values_list("card_text", flat=True)
    return [*dict.fromkeys(texts[: 10 * MOST_OFFERED])][:MOST_OFFERED]
