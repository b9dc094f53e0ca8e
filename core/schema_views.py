"""`/api/schema/` and `/api/docs/`, which know no more parameters than what they read either."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core.strict import StrictView


class SchemaView(StrictView, SpectacularAPIView):
    more_parameters = frozenset({"lang", "version"})


class DocsView(StrictView, SpectacularSwaggerSplitView):
    """`script`: the page asks itself for its script, which our policy lets no page contain."""

    more_parameters = frozenset({"lang", "version", "script"})
