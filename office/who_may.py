"""Who may what, read from the table of roles itself: so the page is what the doors go by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import CAPABILITIES, DETAILS, OF_OWN_CLASSES, Capability, Detail, Role
from office.views import OfficeView

SEEN: Final = {
    Detail.PHONE: _("phone numbers: see"),
    Detail.EMAIL: _("e-mail addresses: see"),
    Detail.BIRTH_DATE: _("birth dates: see"),
    Detail.GUARDIANS: _("guardians: see"),
    Detail.CHIP_NUMBERS: _("chip numbers: see"),
    Detail.POINTS: _("points: see"),
    Detail.DIET: _("what the kitchen must know: see"),
}


@dataclass(frozen=True, slots=True)
class Right:
    """One line: what, and role by role `yes`, `own classes` or nothing."""

    what: str
    roles: list[str]

    @property
    def cells(self) -> list[tuple[str, str]]:
        """With the role beside each, as a phone shows it."""
        return list(zip(map(str, Role.labels), self.roles, strict=True))


def rights() -> Iterator[Right]:
    for capability in Capability:
        yield Right(gettext(capability.value), _by_role(capability, CAPABILITIES))
    for detail, words in SEEN.items():
        yield Right(str(words), _by_role(detail, DETAILS))


def _by_role(right: Enum, table: Mapping[Role, Any]) -> list[str]:
    words = {role: "own classes" if role in OF_OWN_CLASSES else "yes" for role in Role}
    return [words[role] if right in table[role] else "" for role in Role]


class WhoMayWhat(OfficeView, TemplateView):
    """For everybody who works here."""

    route = "who-may-what/"
    url_name = "who_may_what"
    title = _("Who may what")
    template_name = "admin/who_may_what.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = self.user.get_role_display()
        return super().get_context_data(roles=Role.labels, own=own, rights=rights(), **kwargs)
