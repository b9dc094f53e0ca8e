"""The small forms about cards in the office."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cards.models import Card, PrintJob
from cards.serializers import MAX_PRINT

# The reasons of the contract, as an officer chooses among them.
RETIRE_REASONS = (
    (Card.Reason.LOST, _("Lost")),
    (Card.Reason.STOLEN, _("Stolen")),
    (Card.Reason.DAMAGED, _("Damaged")),
    (Card.Reason.RETURNED, _("Returned")),
    (Card.Reason.EXPIRED, pgettext_lazy("card", "Expired")),
)
REPLACE_REASONS = (
    (Card.Reason.LOST, _("Lost")),
    (Card.Reason.STOLEN, _("Stolen")),
    (Card.Reason.DAMAGED, _("Damaged")),
    (Card.Reason.EXPIRED, pgettext_lazy("card", "Expired")),
    (Card.Reason.REPLACED, _("Another reason, such as a new name")),
)


# Of a print, free to be put otherwise.
REPRINT_REASONS = (
    _("Spoiled by the printer"),
    _("New name"),
    _("New photo"),
    _("Faded or damaged"),
    _("Lost"),
)


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        choices=Card.Reason.choices, error_messages={"required": _("Choose a reason.")}
    )


class AgainForm(forms.Form):
    """Why one card is printed once more, if anybody said."""

    reason = forms.CharField(required=False, max_length=200)


class CardsForm(forms.Form):
    """Which cards, by their ids with commas between them."""

    cards = forms.CharField()

    def in_use(self) -> QuerySet[Card]:
        """Of which it can be asked."""
        return Card.objects.current()

    def clean_cards(self) -> list[UUID]:
        """Those that are not retired, in the order in which they were given."""
        try:
            asked = [UUID(pk) for pk in self.cleaned_data["cards"].split(",")]
        except ValueError as error:
            raise forms.ValidationError(gettext("These are no cards.")) from error
        if len(asked) > MAX_PRINT:
            raise forms.ValidationError(
                gettext("At most {most} cards at once.").format(most=MAX_PRINT)
            )
        there = set(self.in_use().filter(pk__in=asked).values_list("pk", flat=True))
        wanted = [pk for pk in dict.fromkeys(asked) if pk in there]
        if not wanted:
            raise forms.ValidationError(gettext("All of these cards have been retired meanwhile."))
        return wanted


class SwitchForm(CardsForm):
    """And whether they are to be switched; temporary ones may be as well."""

    confirmed = forms.BooleanField(required=False)

    def in_use(self) -> QuerySet[Card]:
        return Card.objects.filter(retired_at=None)


class PrintForm(CardsForm):
    """And how, once that has been chosen."""

    layout = forms.ChoiceField(choices=PrintJob.Layout.choices, required=False)
    first_cell = forms.IntegerField(min_value=1, max_value=10, required=False)
    flip = forms.ChoiceField(choices=PrintJob.Flip.choices, required=False)
    reason = forms.CharField(max_length=200, required=False)

    def how(self) -> dict[str, Any]:
        """What `jobs.print_cards` takes, where it was said."""
        names = ("layout", "first_cell", "flip", "reason")
        return {name: value for name in names if (value := self.cleaned_data[name])}


class RestForm(forms.Form):
    """From which card of a job on the rest is printed again."""

    first = forms.IntegerField(min_value=1)


def first_error(form: forms.Form) -> str:
    """The first thing that is wrong, for a message."""
    errors: Any = form.errors
    return str(next(iter(errors.values()))[0])
