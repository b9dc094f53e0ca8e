"""A QR code on a page of the office: drawn in the page itself, for our policy allows no style."""

from itertools import groupby
from typing import Any, Final

from django.utils.html import format_html
from qrcode.main import QRCode

QUIET: Final = 4
"""Modules of white on each side (ISO/IEC 18004, 5.3.8)."""


def qr_svg(text: str, *, label: str) -> str:
    """`label` says what a scanner finds in it."""
    code: QRCode[Any] = QRCode(border=0)
    code.add_data(text)
    code.make()
    rows: list[list[bool]] = code.get_matrix()
    size = len(rows) + 2 * QUIET
    runs = "".join(_row(number, modules) for number, modules in enumerate(rows, QUIET))
    return format_html(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">'
        '<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path fill="#000" d="{2}"/></svg>',
        size,
        label,
        runs,
    )


def _row(y: int, modules: list[bool]) -> str:
    x, drawn = QUIET, ""
    for is_dark, group in groupby(modules):
        length = len(list(group))
        if is_dark:
            drawn += f"M{x} {y}h{length}v1h-{length}z"
        x += length
    return drawn
