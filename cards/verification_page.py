"""The verification page: a verdict in colour, sign and words, in the language of the phone.

It is plain HTML for a cheap phone on a bad line: no script, and under 30 kB beside the photo.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from cards.models import Card
from cards.verdict import Verdict
from cards.verdict_words import WORDS, Words
from core.languages import liked_language
from institution.declared import NOTICE_LANGUAGE
from institution.paper import institution
from institution.reading import setting

# What a browser gets a page for as well; anything else that goes wrong here is JSON.
PROBLEMS = frozenset({429, 503})


@dataclass(frozen=True)
class Band:
    """The top of the page; `look` gives its colour and sign: good, bad, person or wait."""

    look: str
    heading: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublicPortrait:
    """What a good verdict shows of its holder."""

    name: str
    role: str
    photo_url: str
    photo_of: str
    until: str


@dataclass(frozen=True)
class Finder:
    """Where whoever found a card brings it: the institution and its lines of contact."""

    heading: str
    lines: tuple[str, ...]


def verdict_page(request: HttpRequest, verdict: Verdict | None, photo_url: str) -> HttpResponse:
    """The verdict, or a 404 that looks like one when there is nobody to speak of."""
    words = WORDS[language_of(request)]
    response = _page(
        request,
        band=_band(words, verdict),
        portrait=_portrait(request, verdict, photo_url) if verdict and verdict.verified else None,
        checked=_checked(words),
        finder=_finder(words),
    )
    response.status_code = 200 if verdict else 404
    return response


def problem_page(request: HttpRequest, *, status_code: int, seconds: str) -> HttpResponse:
    """Why nothing was checked, and after how many seconds another try is worth it."""
    words = WORDS[language_of(request)]
    texts = {429: (words.wait, words.too_many), 503: (words.away, words.try_later)}
    heading, line = texts[status_code]
    response = _page(request, band=Band("wait", heading, (line.format(seconds=seconds),)))
    response.status_code = status_code
    response["Retry-After"] = seconds
    return response


def language_of(request: HttpRequest) -> str:
    """Whichever of our languages the browser likes best; else the installation's."""
    header = request.headers.get("Accept-Language", "")
    return liked_language(header, ours=WORDS) or setting(NOTICE_LANGUAGE)


def _page(request: HttpRequest, **context: object) -> HttpResponse:
    language = language_of(request)
    context |= {"language": language, "words": WORDS[language]}
    response = render(request, "cards/verify.html", context)
    response["Content-Language"] = language
    return response


def _band(words: Words, verdict: Verdict | None) -> Band:
    if verdict is None or verdict.reason:
        reason = words.reasons[verdict.reason] if verdict else words.not_found
        return Band("bad", words.not_valid, (reason, words.do_not_accept))
    if verdict.shown is None:
        return Band("person", words.on_record, (words.no_card_shown, words.scan_the_card))
    return Band("good", words.valid)


def _portrait(request: HttpRequest, verdict: Verdict, photo_url: str) -> PublicPortrait:
    language, holder = language_of(request), verdict.holder
    words = WORDS[language]
    return PublicPortrait(
        name=holder.full_name,
        role=verdict.kind.roles[language],
        photo_url=photo_url,
        photo_of=words.photo_of.format(name=holder.full_name),
        until=_until(words, verdict.shown),
    )


def _finder(words: Words) -> Finder:
    """On every verdict: a card may be lost before anybody has said so."""
    ours = institution()
    lines = (ours.name, *ours.contact, ours.website)
    return Finder(words.found, tuple(line for line in lines if line))


def _until(words: Words, card: Card | None) -> str:
    if card is None or card.expiry_date is None:
        return ""
    return words.until.format(date=words.date(timezone.localtime(card.expiry_date)))


def _checked(words: Words) -> str:
    """With seconds: a page that was kept or copied is told by its time."""
    now = timezone.localtime()
    return words.checked.format(date=words.date(now), time=f"{now:%H:%M:%S}")
