"""The kind of people that a page of the office is asked for."""

from django.http import HttpRequest
from django.utils.functional import cached_property

from people.kinds import PersonKind, is_kind, kind_named, kinds


class AskedKind:
    """Mix into a view: what `?kind=` names, or the first kind."""

    request: HttpRequest

    @cached_property
    def kind(self) -> PersonKind:
        asked = self.request.GET.get("kind", "")
        return kind_named(asked) if is_kind(asked) else kinds()[0]
