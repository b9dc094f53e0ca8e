"""Lists of more rows than anybody counts: people, cards, their logs."""

from typing import Any, Generic, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from office.lists import DeclaredList, LatestRows, OfficeModelAdmin

M = TypeVar("M", bound=models.Model)

FOUND_PER_PAGE = 25


class FoundRows(LatestRows):
    """The first 1,000 rows that a search found: one scan of its index, for count and page alike.

    Asked for a page in the list's order, PostgreSQL would walk the index of that order and look
    into each row for the words: quick for a common word, and the whole table for a rare one. So it
    is asked for the keys first, in no order. As long as these are all, a page is made of them: of
    `everything`, as the words would be looked for again. Otherwise the word is common.
    """

    # Nobody turns forty pages of what they look for; twice as many keys took 9 ms more.
    MOST = 1_000

    def __init__(self, found: QuerySet[Any], *args: Any, everything: QuerySet[Any]) -> None:
        super().__init__(found, *args)
        self.everything = everything

    @cached_property
    def keys(self) -> list[Any]:
        rows: Any = self.object_list
        return list(rows.order_by().values_list("pk", flat=True)[: self.MOST])

    @cached_property
    def count(self) -> int:
        return len(self.keys)

    def page(self, number: int | str) -> Page[Any]:
        valid = self.validate_number(number)
        start = (valid - 1) * self.per_page
        return Page(self._in_order()[start : min(start + self.per_page, self.MOST)], valid, self)

    def _in_order(self) -> QuerySet[Any]:
        found: Any = self.object_list
        if self.count == self.MOST:
            return cast("QuerySet[Any]", found)
        shown = self.everything.filter(pk__in=self.keys).order_by(*found.query.order_by)
        shown.query.select_related = found.query.select_related
        return shown


class LongList(DeclaredList):
    def get_results(self, request: HttpRequest) -> None:
        """Whoever searches looks for one; whoever filters looks at a class."""
        if self.query:
            self.list_per_page = FOUND_PER_PAGE
        super().get_results(request)


class LongListAdmin(OfficeModelAdmin[M], Generic[M]):
    """Counted no further than anybody turns pages, and drawn at little cost."""

    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongList

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> Paginator[Any]:
        how = (per_page, orphans, allow_empty_first_page)
        if request.GET.get(SEARCH_VAR, "").strip():
            return FoundRows(queryset, *how, everything=self.get_queryset(request))
        return self.paginator(queryset, *how)

    def action_checkbox(self, obj: M) -> SafeString:
        """As Django's, without a template for each row: that was a quarter of the page's time."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            gettext("Select {name}").format(name=obj),
        )
