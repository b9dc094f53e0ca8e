"""How discipline is put in words."""

from django.utils.translation import ngettext


def points_in_words(number: int) -> str:
    """`1 point`, `25 points`."""
    return ngettext("{number} point", "{number} points", number).format(number=number)
