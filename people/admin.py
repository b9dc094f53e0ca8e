"""What the registration office shows of every person; the apps add their own columns."""

from typing import Any, ClassVar, Generic, TypeVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.office import OfficeModelAdmin
from people.models import Person, PersonQuerySet

P = TypeVar("P", bound=Person)


class PersonAdmin(OfficeModelAdmin[P], Generic[P]):
    list_per_page = 50
    list_filter: ClassVar[Any] = ("is_active",)
    search_fields = ("search_text",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of a name or number, in any order."
    readonly_fields = ("portrait", "created_at", "updated_at")
    actions = ("deactivate", "activate")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[P], search_term: str
    ) -> tuple[QuerySet[P], bool]:
        people = cast("PersonQuerySet[P]", queryset)
        return people.search(search_term.replace("\x00", "")), False

    def save_model(self, request: HttpRequest, obj: P, form: ModelForm[P], change: bool) -> None:
        obj.save(update_fields=[*form.changed_data, "updated_at"] if change else None)

    @admin.display(description="Photo")
    def portrait(self, person: P) -> str:
        if not person.photo:
            return "—"
        return format_html(
            '<img src="{}" alt="Portrait of {}" width="48" height="60" loading="lazy">',
            person.photo.url,
            person.full_name,
        )

    @admin.action(description="Deactivate: they have left", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[P]) -> None:
        self._switch(request, people, is_active=False)

    @admin.action(description="Activate: they are back", permissions=["change"])
    def activate(self, request: HttpRequest, people: QuerySet[P]) -> None:
        self._switch(request, people, is_active=True)

    def _switch(self, request: HttpRequest, people: QuerySet[P], *, is_active: bool) -> None:
        changed = cast("PersonQuerySet[P]", people).switch(is_active=is_active)
        self.message_user(request, f"{changed} changed.")
