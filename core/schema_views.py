"""`/api/schema/` and `/api/docs/`, which know no more parameters than what they read either.

They are for developers, and in English whatever a browser likes best: one document, of which tools
make clients and tell versions apart. `?lang=` asks for another language.
"""

from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from core.strict import StrictView


class _EnglishView(StrictView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Until the answer is rendered, which is after the view is through."""
        translation.activate(settings.LANGUAGE_CODE)
        super().initial(request, *args, **kwargs)


class SchemaView(_EnglishView, SpectacularAPIView):
    more_parameters = frozenset({"lang", "version"})


class DocsView(_EnglishView, SpectacularSwaggerSplitView):
    """`script`: the page asks itself for its script, which our policy lets no page contain."""

    more_parameters = frozenset({"lang", "version", "script"})
