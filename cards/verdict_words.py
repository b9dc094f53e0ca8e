"""What the verification page says, in English and in Swahili; programs get the English reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Words:
    """Everything that the page can say in one language; `{...}` stands for what is filled in."""

    valid: str
    not_valid: str
    on_record: str
    wait: str
    away: str
    reasons: Mapping[str, str]  # why a card is no good, by `Verdict.reason`
    not_found: str
    do_not_accept: str
    no_card_shown: str
    scan_the_card: str
    too_many: str  # {seconds}
    try_later: str  # {seconds}
    again: str
    until: str  # {date}
    photo_of: str  # {name}
    no_photo: str
    compare: str
    found: str
    checked: str  # {date}, {time}
    months: tuple[str, ...]

    def date(self, at: datetime) -> str:
        return f"{at.day} {self.months[at.month - 1]} {at.year}"


ENGLISH = Words(
    valid="Valid card",
    not_valid="Not valid",
    on_record="On record",
    wait="Wait a moment",
    away="Cannot check now",
    reasons={
        "card_retired": "This card has been withdrawn.",
        "card_inactive": "This card is switched off.",
        "card_expired": "This card has expired.",
        "card_suspended": "A temporary card stands in for this card at present.",
        "holder_inactive": "The holder is not admitted at present.",
        "not_expected": "The holder is not expected at this time.",
        "unknown_card": "This is not a card of this person.",
    },
    not_found="Not found or not active.",
    do_not_accept="Do not accept it. If in doubt, ask the registration office.",
    no_card_shown="No card was shown: this is about the person.",
    scan_the_card="To check a card, scan the code on that card.",
    too_many="Too many checks from this connection. Try again in {seconds} seconds.",
    try_later="The system does not answer at the moment. Try again in {seconds} seconds.",
    again="Check again",
    until="Valid until {date}",
    photo_of="Photo of {name}",
    no_photo="No photo on record. Ask for another document with a photo.",
    compare="Compare the photo with the person in front of you.",
    found="Found this card? Please bring or send it to:",
    checked="Checked {date}, {time}",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
)

SWAHILI = Words(
    valid="Kadi halali",
    not_valid="Si halali",
    on_record="Amesajiliwa",
    wait="Subiri kidogo",
    away="Imeshindikana kukagua",
    reasons={
        "card_retired": "Kadi hii imefutwa.",
        "card_inactive": "Kadi hii imefungwa.",
        "card_expired": "Kadi hii imeisha muda wake.",
        "card_suspended": "Kadi ya muda inatumika kwa sasa badala ya kadi hii.",
        "holder_inactive": "Mwenye kadi hii haruhusiwi kuingia kwa sasa.",
        "not_expected": "Mwenye kadi hii hatarajiwi kwa wakati huu.",
        "unknown_card": "Kadi hii si ya mtu huyu.",
    },
    not_found="Haijapatikana au haitumiki tena.",
    do_not_accept="Usiikubali. Ukiwa na shaka, uliza ofisi ya usajili.",
    no_card_shown="Hakuna kadi iliyooneshwa: taarifa hii ni ya mtu, si ya kadi.",
    scan_the_card="Ili kukagua kadi, skani alama ya QR iliyo kwenye kadi hiyo.",
    too_many="Umekagua mara nyingi mno. Jaribu tena baada ya sekunde {seconds}.",
    try_later="Mfumo haupatikani kwa sasa. Jaribu tena baada ya sekunde {seconds}.",
    again="Kagua tena",
    until="Inatumika hadi {date}",
    photo_of="Picha ya {name}",
    no_photo="Hakuna picha kwenye kumbukumbu. Omba kitambulisho kingine chenye picha.",
    compare="Linganisha picha na mtu aliye mbele yako.",
    found="Umeokota kadi hii? Tafadhali ilete au itume kwa:",
    checked="Imekaguliwa {date}, {time}",
    months=(
        "Januari",
        "Februari",
        "Machi",
        "Aprili",
        "Mei",
        "Juni",
        "Julai",
        "Agosti",
        "Septemba",
        "Oktoba",
        "Novemba",
        "Desemba",
    ),
)

WORDS = {"en": ENGLISH, "sw": SWAHILI}
