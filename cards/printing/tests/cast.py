"""The people whose cards the tests print, and the institution that issues them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

from PIL import Image

from cards.printing import CardFace, CardStyle, Institution

INSTITUTION = Institution(
    name="DAR ES SALAAM INSTITUTE OF TECHNOLOGY",
    short_name="DIT",
    contact=("Office of the Registrar", "P.O. Box 2958, Dar es Salaam", "+255 22 215 0174"),
    website="www.dit.ac.tz",
)
STUDENT, STAFF = CardStyle("STUDENT", "plain"), CardStyle("STAFF", "double")
SECURITY = CardStyle("SECURITY", "hazard")
VISITOR = CardStyle("VISITOR", "dashed")
STYLES = (STUDENT, STAFF, SECURITY, VISITOR)
LINES = {
    STUDENT: (
        ("Program", "BACHELOR OF ENGINEERING IN COMPUTER ENGINEERING"),
        ("Department", "Computer Studies"),
    ),
    STAFF: (("Position", "Senior Lecturer"), ("Department", "Electrical Engineering")),
    SECURITY: (("Badge", "SEC-0042"),),
    VISITOR: (("Company", "Tanzania Telecommunications"),),
}
SHORT_ADDRESS = "HTTPS://CARDS.DIT.AC.TZ/V/K7Q2M9XW4T"
LOCAL_ADDRESS = "http://127.0.0.1:8000/v/K7Q2M9XW4T"


def photo(width: int = 480, height: int = 600, colour: str = "#8d6748", **save: Any) -> bytes:
    """A JPEG with a bright head on a dark ground, in the upper middle."""
    image = Image.new("RGB", (width, height), "#203040")
    head = (width // 3, height // 8, width * 2 // 3, height // 2)
    image.paste(Image.new("RGB", (head[2] - head[0], head[3] - head[1]), colour), head[:2])
    jpeg = io.BytesIO()
    image.save(jpeg, save.pop("format", "JPEG"), **save)
    return jpeg.getvalue()


PHOTO = photo()


def card(style: CardStyle = STUDENT, **changes: Any) -> CardFace:
    face = CardFace(
        style=style,
        full_name="Neema Joseph Mwakyusa",
        identifier_label="Reg. No.",
        identifier="DIT/2024/01234",
        lines=LINES.get(style, ()),
        chip=("Class", "CS2024A") if style is STUDENT else None,
        photo=PHOTO,
        card_number="RF123456789",
        verify_url=SHORT_ADDRESS,
        issued_on=date(2024, 10, 14),
        expires_on=date(2027, 9, 30),
    )
    return replace(face, **changes)


def numbered(count: int, **changes: Any) -> list[CardFace]:
    """Cards that differ in everything a card is found by."""
    return [
        card(
            full_name=f"Holder Number{index:04}",
            identifier=f"DIT/2024/{index:05}",
            card_number=f"RF{index:09}",
            verify_url=f"HTTPS://CARDS.DIT.AC.TZ/V/{index:010}",
            **changes,
        )
        for index in range(count)
    ]
