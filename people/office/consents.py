"""Consents on a person's page, with a button to write one down or to withdraw it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.constraints import refusal_in
from core.errors import DomainError
from office.views import OfficeView
from people.consents import give_consent, withdraw_consent
from people.models import Consent, Person


def consents_panel(request: HttpRequest, person: Person) -> str:
    """Empty for whoever does not register people."""
    assert isinstance(request.user, User)
    if not request.user.may(Capability.MANAGE_PEOPLE):
        return ""
    found = list(Consent.objects.filter(person=person.pk).select_related("recorded_by"))
    asked = [
        about
        for about in Consent.About
        if about != Consent.About.NOTICES or person.declared.has_guardians
    ]
    # The latest first: one that holds is the latest.
    rows = [(about, next((each for each in found if each.about == about), None)) for about in asked]
    context = {"person": person, "rows": rows, "ways": Consent.How.choices}
    return render_to_string("people/consents_panel.html", context, request)


class SayConsent(OfficeView):
    route = "people/consent/<uuid:pk>/"
    url_name = "people_say_consent"
    title = _("Consent")
    capability = Capability.MANAGE_PEOPLE

    def post(self, request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponse:
        person = get_object_or_404(Person.objects.seen_by(self.user), pk=pk)
        about, how = request.POST.get("about", ""), request.POST.get("how", "")
        if about not in Consent.About.values:
            raise BadRequest
        try:
            with transaction.atomic():
                if request.POST.get("say") == "withdraw":
                    withdraw_consent(person=person, about=about, by=self.user)
                elif how in Consent.How.values:
                    given_by = " ".join(request.POST.get("given_by", "").split())[:150]
                    give_consent(
                        person=person, about=about, how=how, given_by=given_by, by=self.user
                    )
                else:
                    raise BadRequest
        except (DomainError, IntegrityError) as error:
            refusal = refusal_in(error)
            if refusal is None:
                raise
            for message in refusal.messages:
                messages.error(request, message)
        model = person.declared.model._meta
        return redirect(f"admin:{model.app_label}_{model.model_name}_change", pk)
