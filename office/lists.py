"""Lists and forms of models in the office."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, NotRegistered
from django.contrib.admin.options import TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, unquote
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR, ChangeList
from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.constraints import refusal_in
from core.errors import DomainError
from core.history import Change, history_of, logs_of
from core.history_words import HistoryLine, told
from core.pagination import LatestRows as LatestRows  # what lists of the office name
from office.registry import contributions
from office.rooms import Room
from office.saved_views import ViewLink, views_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

M = TypeVar("M", bound=models.Model)


# What the browser brings: a phone's own calendar beats any that we could draw.
DAY_INPUT = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
TIME_INPUT = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
MOMENT_INPUT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local"})


@dataclass(frozen=True, slots=True)
class NextStep:
    """What there is to do where there is nothing yet."""

    action: str
    url: str


COLUMN_VAR: Final = "column"
# Asks for as much of a list as anybody prints, on one page.
WHOLE_VAR: Final = "whole"
WHOLE: Final = "1"
MOST_PRINTED: Final = 500
# Set on a request that wants a list's rows, and no page of them.
PAGELESS: Final = "is_pageless"
# The box to choose a row by, and its picture.
NEVER_CHOSEN: Final = ("action_checkbox", "portrait")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    key: str
    label: str
    is_shown: bool


def key_of(name: Any) -> str:
    """Of a column, which may be a function."""
    return name if isinstance(name, str) else str(getattr(name, "__name__", name))


class DeclaredList(ChangeList):
    """What an address may ask of a list: its filters, its search, its sortable columns, a page.

    Django narrows a list by any column of its table and by any relation of a filter, shown or not,
    and sorts it by any column that it shows. So one could spell out what is masked, letter by
    letter, or ask who has incidents without a right to see any.
    """

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        """As Django calls it: the model, then `list_display` and the links among it."""
        model, shown, links, *others = args
        office: Any = others[-3]
        self.is_whole = request.GET.get(WHOLE_VAR) == WHOLE
        if WHOLE_VAR in request.GET and not self.is_whole:
            raise IncorrectLookupParameters
        self.phone_columns = office.phone_columns
        always = {*(links or ()), *NEVER_CHOSEN}  # None: a list of what nobody may change
        offered = {key_of(name): name for name in (*shown, *office.further_columns(request))}
        chosen = set(request.GET.getlist(COLUMN_VAR))
        if not chosen <= offered.keys() - always:
            raise IncorrectLookupParameters
        if chosen:
            self.phone_columns = ()
            shown = [name for key, name in offered.items() if key in chosen | always]
        self.column_choices = [
            ColumnChoice(key, capfirst(str(label_for_field(name, model, office))), name in shown)
            for key, name in offered.items()
            if key not in always
        ]
        assert isinstance(request.user, User)
        self._user, self._request = request.user, request
        super().__init__(request, model, shown, links, *others)

    @cached_property
    def saved_views(self) -> list[ViewLink]:
        """Read where they are shown: neither a popup nor a file nor an action shows any."""
        office: Any = self.model_admin
        return views_of(self._user, office.list_name, self.get_query_string())

    @property
    def kept_for_columns(self) -> list[tuple[str, str]]:
        """What stays in the address when other columns are chosen: the order is by place."""
        return self._kept(COLUMN_VAR, ORDER_VAR)

    @property
    def kept_for_search(self) -> list[tuple[str, str]]:
        return self._kept(SEARCH_VAR)

    def _kept(self, *gone: str) -> list[tuple[str, str]]:
        """By name and value, as hidden fields of a form; of no page in particular."""
        asked = self.filter_params.items()
        return [(name, value) for name, values in asked if name not in gone for value in values]

    def get_filters_params(self, params: Any = None) -> Any:
        asked = super().get_filters_params(params)
        asked.pop(COLUMN_VAR, None)
        asked.pop(WHOLE_VAR, None)
        return asked

    @property
    def whole_query(self) -> str:
        """The way to as many of them on a page as anybody prints; empty on it."""
        if not self.multi_page or self.is_whole:
            return ""
        return str(self.get_query_string({WHOLE_VAR: WHOLE}))

    @property
    def narrowed(self) -> list[str]:
        """What the list is narrowed to, in words; of other filters no choices are read."""
        chosen = (
            f"{capfirst(str(spec.title))}: {choice['display']}"
            for spec in self.filter_specs
            if spec.used_parameters
            for choice in list(spec.choices(self))[1:]
            if choice["selected"]
        )
        words = [f"“{self.query}”"] if self.query else []
        return [*words, *chosen]

    def get_filters(self, request: HttpRequest) -> Any:
        """Whatever no filter of the list has taken for itself leads back to the list."""
        try:
            found = super().get_filters(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters from error
        _, _, not_taken, _, _ = found
        if not_taken:
            raise IncorrectLookupParameters
        return found

    def get_results(self, request: HttpRequest) -> None:
        if self.is_whole:
            self.list_per_page = MOST_PRINTED
        if getattr(request, PAGELESS, False):
            return
        super().get_results(request)
        if self.is_whole and request.method == "GET":
            for noted in contributions().whole_lists:
                noted(request, list(self.result_list))

    @cached_property
    def next_steps(self) -> list[NextStep]:
        """What to do first where there is nothing yet."""
        office: Any = self.model_admin
        is_empty = not self.result_list and not self.query and not self.has_active_filters
        return office.next_steps(self._request) if is_empty else []

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """By its own order, or by columns that it offers to be sorted by."""
        columns = self.params.get(ORDER_VAR, "")
        if columns and not all(map(self._is_sortable, columns.split("."))):
            raise IncorrectLookupParameters
        return super().get_ordering(request, queryset)

    def _is_sortable(self, column: str) -> bool:
        number = column.removeprefix("-")
        if not re.fullmatch(r"[0-9]{1,3}", number) or int(number) >= len(self.list_display):
            return False
        name = self.list_display[int(number)]
        return name in (self.sortable_by or ()) and self.get_ordering_field(name) is not None


class OfficeModelAdmin(admin.ModelAdmin[M], Generic[M]):
    """A model in the office: nothing is deleted, and a refusal is a message, not a crash."""

    # The room that has a door to the list, and which of its doors that is.
    room: ClassVar[Room | None] = None
    place: ClassVar[int] = 0
    show_full_result_count = False
    formfield_overrides = {
        models.DateField: {"widget": DAY_INPUT},
        models.TimeField: {"widget": TIME_INPUT},
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MOMENT_INPUT},
    }

    # What whoever takes the list as a file needs, beside the right to see it.
    file_needs: ClassVar[Capability | None] = None
    # Columns that are offered beside those of `list_display`.
    further: ClassVar[tuple[str, ...]] = ()
    # On a phone a row has its picture, its name, and one line of these; none: all, with labels.
    phone_columns: ClassVar[tuple[str, ...]] = ()
    # The one of them that is cut where they are too long together.
    phone_gives_way: ClassVar[str] = ""

    @property
    def list_name(self) -> str:
        """As addresses and saved views call it."""
        return f"{self.opts.app_label}_{self.opts.model_name}"

    @property
    def list_url(self) -> str:
        return reverse(f"admin:{self.list_name}_changelist")

    def further_columns(self, request: HttpRequest) -> list[str]:
        """Of those, what this user's role sees."""
        assert isinstance(request.user, User)
        return [name for name in self.further if name not in request.user.hidden_names]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeclaredList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What holds a NUL leads back to the list, and so does a field that leads to no row."""
        if any("\x00" in value for name, value in request.GET.items() if name != SEARCH_VAR):
            raise IncorrectLookupParameters
        to_field = request.GET.get(TO_FIELD_VAR)
        if to_field and not self.to_field_allowed(request, to_field):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

    def list_at(self, request: HttpRequest, query: QueryDict) -> Any:
        """The list as this address narrows it: its queryset, its columns, and no page.

        Raises IncorrectLookupParameters.
        """
        own = request.GET
        request.GET = query  # type: ignore[assignment]  # a list takes its address from there
        setattr(request, PAGELESS, True)
        try:
            return self.get_changelist_instance(request)
        finally:
            request.GET = own
            delattr(request, PAGELESS)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """By a column: Django asks a relation from elsewhere whether it is a key, and breaks."""
        columns = {name for each in self.opts.concrete_fields for name in (each.name, each.attname)}
        return to_field in columns and super().to_field_allowed(request, to_field)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Whether it may be one of its filters': DeclaredList sees whether it is."""
        assert request is not None
        names = (_name_of(each) for each in self.get_list_filter(request))
        return any(lookup == name or lookup.startswith(f"{name}__") for name in names)

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        """What an empty list offers to this user; by itself, to add the first."""
        if not self.has_add_permission(request):
            return []
        url = reverse(f"admin:{self.list_name}_add")
        return [NextStep(gettext("Add the first {name}").format(name=self.opts.verbose_name), url)]

    def history_of(self, obj: M) -> list[Change]:
        """What happened to it, latest first; an app that says it in better words overrides this."""
        return history_of(obj)

    def changes_told(self, request: HttpRequest, obj: M) -> list[Change]:
        """As much of it as this user may know."""
        return self.history_of(obj)

    def in_words(self, changes: Iterable[Change]) -> list[HistoryLine]:
        return told(changes, self.model)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own log, which has the API's and the importers' changes too, where there is one."""
        lines = {}
        if logs_of(self.model):
            obj = self.get_object(request, unquote(object_id))
            lines = {"lines": self.in_words(self.changes_told(request, obj)) if obj else []}
        return super().history_view(request, object_id, {**lines, **(extra_context or {})})

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (DomainError, IntegrityError) as error:
            refusal = refusal_in(error)
            if refusal is None:
                raise
            for message in refusal.messages:
                messages.error(request, message)
        return HttpResponseRedirect(request.get_full_path())


def _name_of(list_filter: Any) -> str:
    """What an address calls it."""
    if isinstance(list_filter, tuple):
        list_filter = list_filter[0]
    return str(getattr(list_filter, "parameter_name", list_filter))


class LookOnly:
    """A ledger: nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DailyAdmin(OfficeModelAdmin[M], Generic[M]):
    """Rows of a day, by the thousand: neither counted nor sorted but by their index.

    The search takes days such as 2026-11-20 beside words; `about` says what words mean.
    """

    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    search_fields = ("date",)  # shows the search box; get_search_results does the search
    search_help_text: ClassVar["StrOrPromise"] = _(
        "Any part of a name or number; a day such as 2026-11-20; or both."
    )

    def about(self, rows: QuerySet[M], words: str, *, seen_by: User) -> QuerySet[M]:
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        words = []
        for word in search_term.split():
            if day := _day(word):
                queryset = queryset.filter(date=day)
            else:
                words.append(word)
        if not words:
            return queryset, False
        assert isinstance(request.user, User)
        return self.about(queryset, " ".join(words), seen_by=request.user), False


def _day(word: str) -> date | None:
    # Only so: `fromisoformat` takes 20261120 as well, which may be somebody's number.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word):
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def list_of(app: str, model: str) -> OfficeModelAdmin[Any]:
    """Of an address. Raises Http404."""
    try:
        office = admin.site.get_model_admin(apps.get_model(app, model))
    except (LookupError, NotRegistered):
        raise Http404 from None
    if not isinstance(office, OfficeModelAdmin):
        raise Http404
    return office
