"""Lists: `page`, `page_size` -> `count, next, previous, results` (contract section 4)."""

from typing import Any

from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response


def _relative(url: str | None, request: Request) -> str | None:
    """`/api/cards/?page=2`, as in the seed: right behind every proxy and host name."""
    return url and url.removeprefix(request.build_absolute_uri("/")[:-1])


class PageNumberPagination(pagination.PageNumberPagination):
    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int | None:
        """At most 100 whatever was asked; a size that is no positive number is a bad filter."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (asked.isascii() and asked.isdigit() and asked.strip("0")):
            raise ValidationError({self.page_size_query_param: ["Enter a whole number above 0."]})
        return super().get_page_size(request)

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
