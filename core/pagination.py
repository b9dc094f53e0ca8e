"""Lists: `page`, `page_size` -> `count, next, previous, results` (contract section 4)."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response


def _relative(url: str | None, request: Request) -> str | None:
    """`/api/cards/?page=2`, as in the seed: right behind every proxy and host name."""
    return url and url.removeprefix(request.build_absolute_uri("/")[:-1])


WHOLE = {"type": "integer", "minimum": 1}
# What the schema says of pages of what is no list of rows.
PAGE_PARAMETERS = [
    OpenApiParameter("page", WHOLE, description="From 1 on."),
    OpenApiParameter("page_size", WHOLE, description="20, at most 100."),
]

# Past this many, fetching the keys of all that was found costs more than counting them.
MOST_KEYS = 2_000


def is_search(request: Request) -> bool:
    return bool(request.query_params.get("search", "").strip())


class LatestRows(Paginator[Any]):
    """The first 10,000 rows of a list that grows by thousands a day.

    Counting millions costs more than showing fifty, and nobody turns two hundred pages: a filter
    or the search finds what is older.
    """

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by().values("pk")[: self.MOST].count()
        return found

    @property
    def is_capped(self) -> bool:
        """There are more than `count` says."""
        return self.count >= self.MOST


class AllRows(LatestRows):
    """All of them, for a program that turns every page: only the count ends.

    Beyond, it is how many are known of from the page that was asked for: one more than it shows,
    if there is another.
    """

    MOST_PAGES = 1_000_000_000  # what PostgreSQL can pass over is a number of 64 bits

    def page(self, number: int | str) -> Page[Any]:
        if self.is_capped:
            self.count = max(self.count, self._known_from(number))
        return super().page(number)

    @property
    def num_pages(self) -> int:
        """Of the count, which grows."""
        return max(1, -(-self.count // self.per_page))

    def _known_from(self, number: int | str) -> int:
        try:
            last = int(number) * self.per_page
        except ValueError:
            return 0
        if not self.count <= last <= self.MOST_PAGES * self.per_page:
            return 0
        rows: Any = self.object_list
        begin = last - self.per_page
        further = len(rows.values("pk")[begin : last + 1])
        return begin + further if further else 0


class PageNumberPagination(pagination.PageNumberPagination):
    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int | None:
        """At most 100 whatever was asked; a size that is no positive number is a bad filter."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (asked.isascii() and asked.isdigit() and asked.strip("0")):
            message = gettext("Enter a whole number above 0.")
            raise ValidationError({self.page_size_query_param: [message]})
        return super().get_page_size(request)

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        """A search scans its index once, for the count and the page alike."""
        keys = self.found_keys(queryset) if is_search(request) else None
        if keys is None:
            return super().paginate_queryset(queryset, request, view)
        page = super().paginate_queryset(keys, request, view)
        found = {row.pk: row for row in queryset.filter(pk__in=page)} if page else {}
        return [found[key] for key in page or () if key in found]

    def found_keys(self, queryset: Any) -> list[Any] | None:
        """The keys of all that was found, in order; None when that is too much to fetch."""
        keys = list(queryset.values_list("pk", flat=True)[: MOST_KEYS + 1])
        return keys if len(keys) <= MOST_KEYS else None

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        return [{**each, "schema": {**each["schema"], **WHOLE}} for each in parameters]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = {
            "type": ["string", "null"],
            "format": "uri-reference",
            "description": "A path with its query, or null.",
        }
        properties = {
            "count": {"type": "integer", "description": "On all pages together."},
            "next": page,
            "previous": page,
            "results": schema,
        }
        return {"type": "object", "properties": properties, "required": list(properties)}

    def get_paginated_response(self, data: Any) -> Response:
        assert self.request is not None and self.page is not None  # noqa: PT018
        return Response(
            {
                "count": self.page.paginator.count,
                "next": _relative(self.get_next_link(), self.request),
                "previous": _relative(self.get_previous_link(), self.request),
                "results": data,
            }
        )
