"""Incidents in the registration office; `office` has what is done to them, merits and points."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from discipline.models import Incident, Merit, PointsLeft, Proposal, Threshold
from discipline.office.entries import EntryAdmin, struck
from discipline.office.merits import MeritAdmin
from discipline.office.points_left import PointsLeftAdmin
from discipline.office.proposals import ProposalAdmin, ThresholdAdmin
from discipline.office.recording import IncidentForm
from discipline.office.voiding import VoidedFilter
from discipline.services import record_incident
from office.rooms import Room
from office.tasks import Tone


@admin.register(Incident)
class IncidentAdmin(EntryAdmin[Incident]):
    room = Room.DISCIPLINE
    place = 1
    form = IncidentForm
    words_once_recorded = _("The incident is recorded.")
    tone_of_standing = Tone.WARN
    change_form_template = "discipline/change_form.html"
    list_display = (
        "portrait",
        "full_name",
        "registration_number",
        "day",
        "kind",
        "points",
        "recorded_by",
        "state",
    )
    phone_columns = ("kind", "points", "day")
    phone_gives_way = "kind"
    list_filter = ("date_of_incident", "category", VoidedFilter)

    def save_model(
        self, request: HttpRequest, obj: Incident, form: ModelForm[Incident], change: bool
    ) -> None:
        assert isinstance(form, IncidentForm)
        assert isinstance(request.user, User)
        obj.pk = record_incident(by=request.user, **form.facts()).pk

    @admin.display(description=_("Day"))
    def day(self, incident: Incident) -> str:
        return date_format(incident.date_of_incident, "D j M Y")

    @admin.display(description=_("Kind"))
    def kind(self, incident: Incident) -> str:
        return struck(incident, incident.get_category_display() or gettext("Not named"))

    @admin.display(description=_("Points"))
    def points(self, incident: Incident) -> str:
        return struck(incident, str(incident.points_deducted))


admin.site.register(Merit, MeritAdmin)
admin.site.register(PointsLeft, PointsLeftAdmin)
admin.site.register(Threshold, ThresholdAdmin)
admin.site.register(Proposal, ProposalAdmin)
