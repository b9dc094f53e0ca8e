"""Cards as PDF: plain data in, pages out. Knows no Django, no database and no settings.

printed = render_card(face, institution)
printed.pdf, printed.warnings

with open("cards.pdf", "wb") as out:
    write_cards(faces, institution, out, layout="a4")
"""

from cards.printing.checking import unread_codes
from cards.printing.face import CardFace, CardStyle, RenderedCard
from cards.printing.naming import unprintable_letters
from cards.printing.production import Layout, prepare_photo, render_card, write_cards
from typesetting.institution import Institution
from typesetting.qr import QRDoesNotFit
from typesetting.warnings import PrintWarning, WarningCode

__all__ = [
    "CardFace",
    "CardStyle",
    "Institution",
    "Layout",
    "PrintWarning",
    "QRDoesNotFit",
    "RenderedCard",
    "WarningCode",
    "prepare_photo",
    "render_card",
    "unprintable_letters",
    "unread_codes",
    "write_cards",
]
