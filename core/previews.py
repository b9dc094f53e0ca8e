"""`?preview=true`: what a write would do, told and not done."""

from typing import Final

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PREVIEW: Final = OpenApiParameter(
    "preview", bool, description="Only say what it would do; nothing is written."
)


def asks_for_preview(request: Request) -> bool:
    """Raises ValidationError for what is neither true nor false."""
    value = request.query_params.get("preview", "false").lower()
    if value not in {"true", "false", "1", "0"}:
        raise ValidationError({"preview": [gettext("Enter true or false.")]})
    return value in {"true", "1"}
