"""Small things that the office's templates need."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from office.chips import portrait
from office.lists import NEVER_CHOSEN, key_of

register = template.Library()


@register.filter
def portrait_of(person: Any, size: str = "small") -> Any:
    """A person's photo or initials; `size` is small or large."""
    return portrait(photo=person.photo, name=person.full_name, size=size)


@register.filter
def labelled(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> list[SafeString]:
    """A row's cells, each with the name of its column: on a phone a row becomes a small form.

    Django renders the cells itself, so the name goes into the tag that is there.
    """
    return [_labelled(cell, header) for cell, header in zip(cells, headers, strict=False)]


@register.filter
def shortened(cells: Sequence[SafeString], shown: Any) -> Sequence[SafeString]:
    """A row's cells; what a phone leaves out of the list `shown`, or cuts, says so in its tag."""
    if not shown.phone_columns:
        return cells
    keys = map(key_of, shown.list_display)
    return [_shortened(key, cell, shown) for key, cell in zip(keys, cells, strict=True)]


def _shortened(key: str, cell: SafeString, shown: Any) -> SafeString:
    if key in NEVER_CHOSEN or cell.startswith("<th"):
        return cell
    if key not in shown.phone_columns:
        return mark_safe(f"<td data-rest{cell[3:]}")  # noqa: S308  (a cell that Django made)
    if key == shown.model_admin.phone_gives_way:
        return mark_safe(f"<td data-gives-way{cell[3:]}")  # noqa: S308  (likewise)
    return cell


def _labelled(cell: SafeString, header: dict[str, Any]) -> SafeString:
    if "action-checkbox" in str(header.get("class_attrib") or ""):
        return cell
    text = str(header["text"])
    label = escape(text[:1].upper() + text[1:])
    tag, rest = cell[:3], cell[3:]  # <td or <th
    return mark_safe(f'{tag} data-label="{label}"{rest}')  # noqa: S308  (both parts are escaped)
