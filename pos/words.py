"""What a reader is told of a tap, in Swahili too; English is what stands in the code."""

from typing import Final

from django.http import HttpRequest

from cards.number_formats import SENTENCES, Fault
from core.languages import liked_language
from pos.models import MESSAGES, Code

ENGLISH, SWAHILI = "en", "sw"
AT: Final = {ENGLISH: "{said}, at {time}{where}.", SWAHILI: "{said}, saa {time}{where}."}
NO_TAP: Final = "This item is no tap; see errors."
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


def language_for(header: str) -> str:
    """By `Accept-Language`; English if that likes nothing that we speak."""
    return liked_language(header, ours=AT) or ENGLISH


def language_of(request: HttpRequest) -> str:
    return language_for(request.headers.get("Accept-Language", ""))


def in_language(sentence: str, language: str) -> str:
    return IN_SWAHILI[sentence] if language == SWAHILI else sentence
