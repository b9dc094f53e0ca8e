from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer


class CSVRenderer(BaseRenderer):
    """Lets a list be asked for as `?format=csv` or `Accept: text/csv`.

    The view streams the file itself; errors are always JSON (`trackxpert.exceptions`).
    """

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raise NotImplementedError("a view that offers CSV streams it")
