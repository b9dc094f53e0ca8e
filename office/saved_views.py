"""Views of lists that somebody keeps, as the list shows them."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.contrib.admin.views.main import PAGE_VAR

from accounts.models import User
from office.models import SavedView


@dataclass(frozen=True, slots=True)
class ViewLink:
    """`query` begins with its `?`; `is_current`: it is what the list shows now."""

    pk: int
    name: str
    query: str
    is_current: bool


def views_of(user: User, list_name: str, query: str) -> list[ViewLink]:
    now = without_page(query)
    views = SavedView.objects.filter(user=user, list_name=list_name)
    return [ViewLink(view.pk, view.name, f"?{view.query}", view.query == now) for view in views]


def without_page(query: str) -> str:
    """Of an address: all but the page, always in the same order."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return urlencode(sorted(pair for pair in pairs if pair[0] != PAGE_VAR))
