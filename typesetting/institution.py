"""Whose paper it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Institution:
    """What cards and reports say of the institution. Colours as #RRGGBB."""

    name: str
    short_name: str = ""
    """For the emblem where there is no logo, as DIT."""
    primary: str = "#12346B"
    accent: str = "#F2A900"
    logo: bytes | None = None
    design: str = "band"
    """Of the front of cards: `band` or `panel`."""
    contact: tuple[str, ...] = ()
    """Where a found card goes, a line each."""
    website: str = ""
    holder_signature_label: str = "Holder's signature"
    signature_label: str = "Authorised signature"
    terms: str = (
        "This card remains the property of the institution and is not transferable. "
        "Carry it on campus and show it on request. Report its loss at once."
    )
