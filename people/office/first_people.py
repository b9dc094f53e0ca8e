"""What a page about people offers while nobody is registered."""

from django.contrib import admin
from django.http import HttpRequest

from office.lists import NextStep, OfficeModelAdmin
from people.kinds import PersonKind, kinds
from people.models import Person


def first_steps(request: HttpRequest, kind: PersonKind | None = None) -> list[NextStep] | None:
    """What leads to the first of this kind, or of any; None if somebody is registered."""
    people = Person.objects.of_kind(kind) if kind else Person.objects.all()
    if people.exists():
        return None
    office = admin.site.get_model_admin((kind or kinds()[0]).model)
    assert isinstance(office, OfficeModelAdmin)
    return office.next_steps(request)
