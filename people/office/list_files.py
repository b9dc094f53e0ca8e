"""What a list of the office shows, as CSV or XLSX: its columns, its filters, its search, its order.

Any list that a role sees; those of people, guardians and cards for whoever may export people
(contract section 3). It is written down before anything is given (`people.looking`).
"""

from collections.abc import Sequence
from html import unescape
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from office.chips import NOTHING
from office.lists import NEVER_CHOSEN, OfficeModelAdmin, key_of, list_of
from office.views import OfficeView
from people.looking import note_look_at_many
from people.models import Look, Person
from people.views import SPREADSHEETS, spreadsheet_download

MOST: Final = 100_000
CHUNK: Final = 1_000


class ListAsFile(OfficeView):
    """At the list's own query, whose page goes for nothing."""

    route = "list/<str:app>/<str:model>.<str:file_format>"
    url_name = "list_as_file"
    title = _("List")

    def get(self, request: HttpRequest, app: str, model: str, file_format: str) -> HttpResponseBase:
        office = list_of(app, model)
        about: Any = office.model
        if not office.has_view_permission(request) or not may_take(self.user, office):
            raise PermissionDenied
        if file_format not in SPREADSHEETS:
            raise Http404
        query = request.GET.copy()
        query.pop(PAGE_VAR, None)
        try:
            shown = office.list_at(request, query)
        except IncorrectLookupParameters:
            return redirect(office.list_url)
        rows: Any = shown.queryset
        if rows.order_by().values("pk")[: MOST + 1].count() > MOST:
            words = gettext("More than {number:,} rows fit in no file: narrow the list.")
            messages.error(request, words.format(number=MOST))
            return redirect(f"{office.list_url}?{query.urlencode()}")
        held = _people_in(rows)
        if held is not None:
            note_look_at_many(request, Look.What.EXPORT, held=held)
        names = [name for name in shown.list_display if key_of(name) not in NEVER_CHOSEN]
        heads = [capfirst(str(label_for_field(name, about, office))) for name in names]
        lines = (_line(row, names, office) for row in rows.iterator(chunk_size=CHUNK))
        name = f"{slugify(about._meta.verbose_name_plural)}-{timezone.localdate():%Y-%m-%d}"
        return spreadsheet_download(heads, lines, name, file_format)


def may_take(user: User, office: OfficeModelAdmin[Any]) -> bool:
    """Whether this user may take the list, if they see it."""
    return office.file_needs is None or user.may(office.file_needs)


def note_whole_list(request: HttpRequest, rows: Sequence[models.Model]) -> None:
    """On one page to print is taken along as well as in a file."""
    way = _way_to_people(type(rows[0])) if rows else None
    if way:
        held = {getattr(row, way) for row in rows} - {None}
        note_look_at_many(request, Look.What.EXPORT, held=held)


def _people_in(rows: QuerySet[Any]) -> list[UUID] | None:
    """The keys of whoever the rows are about; None if they are about nobody."""
    way = _way_to_people(rows.model)
    if way is None:
        return None
    return [pk for pk in set(rows.order_by().values_list(way, flat=True)) if pk]


def _way_to_people(model: type[models.Model]) -> str | None:
    """By which a row names whom it is about; None: nobody."""
    if issubclass(model, Person):
        return "pk"
    fields = model._meta.concrete_fields
    return next((each.attname for each in fields if _is_person(each.related_model)), None)


def _is_person(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Person)


def _line(row: models.Model, names: Sequence[Any], office: OfficeModelAdmin[Any]) -> list[str]:
    return [_cell(row, name, office) for name in names]


def _cell(row: models.Model, name: Any, office: OfficeModelAdmin[Any]) -> str:
    """As the list says it, without marks and pictures."""
    try:
        field, _, value = lookup_field(name, row, office)
    except ObjectDoesNotExist:
        return ""
    if field is not None and not field.is_relation:
        value = display_for_field(value, field, "")
    said = "" if value is None else str(value)
    text = " ".join((unescape(strip_tags(said)) if isinstance(value, SafeString) else said).split())
    return "" if text == NOTHING else text
