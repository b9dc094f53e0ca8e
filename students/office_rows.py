"""Rows about students in the office: incidents, merits, what is proposed, guardians."""

from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from office.chips import portrait
from office.lists import LatestRows, LookOnly, OfficeModelAdmin
from students.models import Student

M = TypeVar("M", bound=Model)


def about_students(rows: QuerySet[M], text: str) -> QuerySet[M]:
    """Rows about the students whom `text` finds; all of them if it says nothing."""
    words = text.replace("\x00", "").strip()
    if not words:
        return rows
    return rows.filter(student__in=Student.objects.all().search(words).values("pk"))


class FoundByStudent(OfficeModelAdmin[M], Generic[M]):
    search_fields = ("student",)  # shows the search box; get_search_results does the search
    search_help_text = _("Any part of the student's name or number.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        return about_students(queryset, search_term), False


class RowsOfStudents(LookOnly, FoundByStudent[M], Generic[M]):
    """Many rows of each student, of those whom the role may know of; the latest first.

    `list_select_related` says what comes along, also on the page of one.
    """

    list_display_links = ("full_name",)
    list_select_related: ClassVar[tuple[str, ...]] = ("student",)
    list_per_page = 50
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows: Any = self.model._default_manager
        seen: QuerySet[M] = rows.seen_by(request.user).select_related(*self.list_select_related)
        return seen

    @admin.display(description="")
    def portrait(self, row: Any) -> str:
        return portrait(photo=row.student.photo, name=row.student.full_name)

    @admin.display(description=_("Name"))
    def full_name(self, row: Any) -> str:
        return str(row.student.full_name)

    @admin.display(description=_("Registration number"))
    def registration_number(self, row: Any) -> str:
        return str(row.student.identifier)
