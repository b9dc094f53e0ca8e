"""What the lists and pages of incidents and of merits have in common."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from discipline.models import Incident, Merit
from office.chips import chip
from office.lists import OfficeModelAdmin
from office.tasks import Tone
from students.models import Student
from students.office_rows import RowsOfStudents

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Entry = TypeVar("Entry", Incident, Merit)


def struck(entry: Incident | Merit, text: str) -> str:
    """Struck through once it is voided; the chip beside it says so in words."""
    return format_html("<s>{}</s>", text) if entry.is_voided else text


def without_ways_out(student: Any) -> None:
    """Buttons beside a field that would lead away from the form, and on a phone beyond its edge."""
    widget = student.widget
    widget.can_add_related = widget.can_change_related = widget.can_view_related = False


class EntryAdmin(RowsOfStudents[Entry], Generic[Entry]):
    """Recorded here and voided; nothing of an entry is ever changed."""

    autocomplete_fields = ("student",)
    list_select_related = ("student", "recorded_by", "voided_by")
    words_once_recorded: "ClassVar[StrOrPromise]"
    tone_of_standing: ClassVar[Tone]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return OfficeModelAdmin.has_add_permission(self, request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one_button = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**one_button, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_void"] = self.has_add_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: Entry, post_url_continue: str | None = None
    ) -> HttpResponse:
        student = Student.objects.get(pk=obj.student_id)
        points = student.discipline_points
        left = ngettext(
            "{name} has {points} point left.", "{name} has {points} points left.", points
        ).format(name=student.full_name, points=points)
        messages.success(request, f"{self.words_once_recorded} {left}")
        return redirect(f"admin:{self.list_name}_change", obj.pk)

    @admin.display(description=_("State"))
    def state(self, entry: Entry) -> str:
        return (
            chip(pgettext("entry", "Voided"), Tone.QUIET)
            if entry.is_voided
            else chip(gettext("Stands"), self.tone_of_standing)
        )
