"""The ledger page by page: millions of taps, of which somebody wants twenty.

It is counted up to 10,000; the API hands out the pages beyond all the same, the office does not.
"""

from collections.abc import Container
from typing import Any

from django.core.paginator import Page

from core.pagination import AllRows, LatestRows, PageNumberPagination
from pos.models import BY_DAY, BY_RECEIPT, TapQuerySet

OF_DAYS = ("date", "from", "to")


def order_of(asked: Container[str], *, reader: str, days: tuple[str, ...]) -> tuple[Any, ...]:
    """The latest first, as an index has those that were asked for.

    Without, PostgreSQL would go back from the latest of all until it meets the first of them.
    """
    if any(name in asked for name in days):
        return BY_DAY
    return BY_RECEIPT if reader in asked else ("-tap_id",)


class _FoundFirst(LatestRows):
    def page(self, number: int | str) -> Page[Any]:
        """A few are found by what they are, and then put in order."""
        rows: Any = self.object_list
        # The office pages through a tap's history by this as well.
        if not self.is_capped and isinstance(rows, TapQuerySet):
            self.object_list = rows.found_first()
        return super().page(number)


class LatestTaps(_FoundFirst):
    """In the office."""


class EveryTap(_FoundFirst, AllRows):
    """In the API."""


class LedgerPagination(PageNumberPagination):
    django_paginator_class = EveryTap
    last_page_strings = ()  # which it is nobody knows without counting all

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"]["count"]["description"] = (
            f"On all pages together; {EveryTap.MOST:,} and more: at least so many. `next` goes on "
            "to the end."
        )
        return page
