"""What a reader is told of a tap, in Swahili too; English is what stands in the code."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.http import HttpRequest

from cards.number_formats import SENTENCES, Fault
from core.languages import liked_language
from pos.models import (
    MAX_EVENT_ID,
    MAX_FOOD_ITEM,
    MAX_SEQ,
    MAX_SERIES,
    MAX_TEXT,
    MESSAGES,
    Code,
)

ENGLISH, SWAHILI = "en", "sw"
AT: Final = {ENGLISH: "{said}, at {time}{where}.", SWAHILI: "{said}, saa {time}{where}."}
NO_TAP: Final = "This item is no tap; see errors."
SPOILT: Final = "This begins as JSON and cannot be read as such."
USED: Final = "This event id was used for another tap. It is kept for review."
IN_SWAHILI: Final = {
    NO_TAP: "Hii si taarifa ya kugusa kadi; angalia errors.",
    USED: (
        "Namba hii ya tukio ilishatumika kwa mguso mwingine wa kadi. Mguso huu umehifadhiwa ili "
        "ukaguliwe."
    ),
    MESSAGES[Code.OK]: "Imekubaliwa.",
    MESSAGES[Code.UNKNOWN_CARD]: "Kadi hii haijulikani hapa.",
    MESSAGES[Code.CARD_INACTIVE]: "Kadi hii imefungwa.",
    MESSAGES[Code.CARD_RETIRED]: "Kadi hii imefutwa.",
    MESSAGES[Code.CARD_EXPIRED]: "Kadi hii imeisha muda wake.",
    MESSAGES[Code.CARD_SUSPENDED]: "Kadi ya muda inatumika kwa sasa badala ya kadi hii.",
    MESSAGES[Code.HOLDER_INACTIVE]: "Mwenye kadi hii haruhusiwi kutumia kadi kwa sasa.",
    MESSAGES[Code.NOT_EXPECTED]: "Mwenye kadi hii hatarajiwi kwa wakati huu.",
    MESSAGES[Code.ALREADY_SERVED]: "Ameshapata chakula katika kipindi hiki cha mlo.",
    MESSAGES[Code.NO_MEAL_PERIOD]: "Hakuna mlo unaotolewa kwa wakati huu.",
    MESSAGES[Code.NOT_ENTITLED]: "Chakula kinachotolewa sasa si cha mwenye kadi hii.",
    MESSAGES[Code.AMBIGUOUS_CARD]: "Kisomaji hiki hakiwezi kutofautisha kadi hii na nyingine.",
    MESSAGES[Code.BAD_NUMBER]: "Kisomaji hakikutuma namba ya kadi.",
    SENTENCES[Fault.EMPTY]: "Kisomaji hakikutuma namba yoyote.",
    SENTENCES[Fault.BAD_CHARACTERS]: (
        "Namba hii ina alama ambazo hazimo katika mfumo wa namba wa kisomaji hiki."
    ),
    SENTENCES[Fault.LOST_ZEROS]: (
        "Namba hii ina baiti yenye tarakimu moja tu ya hex: programu ya kisomaji inaacha sifuri za "
        "baiti ndogo, na hakuna anayeweza kujua ni ipi. Lazima itume tarakimu mbili kwa kila baiti."
    ),
    SENTENCES[Fault.PERHAPS_LOST_ZEROS]: (
        "Hakuna chipu yenye namba ya baiti nyingi hivi: kisomaji kinasoma sehemu yake tu, au "
        "programu yake inaacha sifuri za baiti ndogo. Lazima itume tarakimu mbili kwa kila baiti."
    ),
    SENTENCES[Fault.BAD_LENGTH]: (
        "Namba hii ni ndefu mno au fupi mno kwa mfumo wa namba wa kisomaji hiki."
    ),
    SENTENCES[Fault.OUT_OF_RANGE]: "Namba hii ni kubwa kuliko mfumo wa kisomaji hiki unavyoruhusu.",
    SENTENCES[Fault.CASCADE_TAG]: (
        "Hii ni nusu ya namba ndefu zaidi: kisomaji kinasoma baiti 4 tu."
    ),
    SENTENCES[Fault.UNREAD]: "Hivi ndivyo kisomaji kinavyotuma kinaposhindwa kusoma kadi.",
    SENTENCES[Fault.BAD_PARITY]: (
        "Biti moja imepotea kati ya kisomaji na kidhibiti: pariti si sahihi."
    ),
}
# What is wrong with a value of a tap, as `pos.protocol` says it.
FAULTS_IN_SWAHILI: Final = {
    SPOILT: "Hii inaanza kama JSON lakini haisomeki kama JSON.",
    "A tap is an object.": "Taarifa ya mguso lazima iwe kamusi (object).",
    "This field is required.": "Sehemu hii ni ya lazima.",
    "A card number is text: as a JSON number it loses digits.": (
        "Namba ya kadi ni maandishi: ikiwa namba ya JSON hupoteza tarakimu."
    ),
    f"Enter 1 to {MAX_TEXT} characters.": f"Weka herufi 1 hadi {MAX_TEXT}.",
    "Enter a time such as 2026-11-21T07:31:02+03:00.": (
        "Weka muda kama 2026-11-21T07:31:02+03:00."
    ),
    "Enter in or out, or leave it out.": "Weka in au out, au usiiweke kabisa.",
    f"Enter at most {MAX_FOOD_ITEM} printable characters.": (
        f"Weka herufi zinazoonekana zisizozidi {MAX_FOOD_ITEM}."
    ),
    f"Enter 1 to {MAX_EVENT_ID} printable characters.": (
        f"Weka herufi zinazoonekana 1 hadi {MAX_EVENT_ID}."
    ),
    f"Enter at most {MAX_SERIES} printable characters, the first no bracket.": (
        f"Weka herufi zinazoonekana zisizozidi {MAX_SERIES}, ya kwanza isiwe mabano."
    ),
    f"Enter a whole number from 0 to {MAX_SEQ}.": f"Weka namba kamili kuanzia 0 hadi {MAX_SEQ}.",
    "Enter true or false.": "Weka true au false.",
    "Enter accepted or denied, or leave it out.": "Weka accepted au denied, au usiiweke kabisa.",
    "Enter a list of 1 to 500 taps.": "Weka orodha ya miguso 1 hadi 500.",
}


def language_for(header: str) -> str:
    """By `Accept-Language`; English if that likes nothing that we speak."""
    return liked_language(header, ours=AT) or ENGLISH


def language_of(request: HttpRequest) -> str:
    return language_for(request.headers.get("Accept-Language", ""))


def in_language(sentence: str, language: str) -> str:
    return IN_SWAHILI[sentence] if language == SWAHILI else sentence


def fields_in(fields: Mapping[str, Sequence[str]], language: str) -> dict[str, list[str]]:
    """What is wrong with each field; what is not about a tap is left as it is said."""
    known = FAULTS_IN_SWAHILI if language == SWAHILI else {}
    return {name: [known.get(text, text) for text in said] for name, said in fields.items()}
