"""The verification page: both languages, every verdict, few bytes, no script."""

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from django.conf import settings as installation
from django.contrib.staticfiles import finders
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from cards import services
from cards.models import Card
from cards.tests.factories import (
    make_card,
    make_guard,
    make_member,
    make_student,
    make_visitor,
)
from cards.verdict_words import ENGLISH, SWAHILI, WORDS, Words
from institution.declared import NOTICE_LANGUAGE
from institution.paper import institution
from institution.reading import setting
from people.kinds import kinds
from people.models import Person
from people.photos import set_photo
from people.tests.pictures import jpeg

MOST_BYTES = 30_000
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
NOBODY = "/v/XXXXXXXXXXXXXXXX"


def by_card(card: Card) -> str:
    return f"/v/{card.code}"


def page(client: APIClient, url: str, language: str = "sw-TZ") -> Any:
    return client.get(url, headers={"accept": HTML, "accept-language": language})


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


# --- words --------------------------------------------------------------------------------------


def texts(words: Words) -> dict[str, str]:
    """Every text of a language by name, also those in tables."""
    found = {}
    for name, value in asdict(words).items():
        if isinstance(value, str):
            found[name] = value
        else:
            table = value if isinstance(value, dict) else dict(enumerate(value))
            found |= {f"{name}.{key}": each for key, each in table.items()}
    return found


def placeholders(said: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(said) if name is not None)


def test_both_languages_say_everything() -> None:
    english, swahili = texts(ENGLISH), texts(SWAHILI)
    assert set(english) == set(swahili)
    for name, said in english.items():
        assert said.strip()
        assert swahili[name].strip()
        assert swahili[name] != said, name
        assert placeholders(swahili[name]) == placeholders(said), name


def test_there_is_a_word_for_every_role_month_and_language_of_ours() -> None:
    for kind in kinds():
        assert set(kind.roles) == set(WORDS)
    for words in WORDS.values():
        assert len(words.months) == 12
    assert setting(NOTICE_LANGUAGE) in WORDS


def test_a_date_is_written_out() -> None:
    day = datetime(2026, 11, 22, tzinfo=UTC)
    assert ENGLISH.date(day) == "22 November 2026"
    assert SWAHILI.date(day.replace(month=1)) == "22 Januari 2026"


# --- which language -----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("sw", "sw"),
        ("sw-TZ,sw;q=0.9,en-US;q=0.8,en;q=0.7", "sw"),
        ("SW-tz", "sw"),
        ("en-GB,en;q=0.9,sw;q=0.8", "en"),
        ("en;q=0.3,sw;q=0.4", "sw"),
        ("sw;q=0,en;q=0.1", "en"),
        ("fr-FR,fr;q=0.9,sw;q=0.1", "sw"),
        ("fr,de", "en"),
        ("*", "en"),
        ("swa-nonsense;;q=x", "en"),
        ("sw," + "x" * 5000, "sw"),
    ],
)
def test_the_browser_chooses_the_language(anybody: APIClient, header: str, language: str) -> None:
    response = page(anybody, NOBODY, header)
    assert response["Content-Language"] == language
    assert f'<html lang="{language}">' in text(response)
    assert WORDS[language].not_found in text(response)
    assert {"Accept", "Accept-Language"} <= set(response["Vary"].split(", "))


@pytest.mark.django_db
def test_who_asks_for_neither_gets_the_installations_language(
    anybody: APIClient, settings: Settings
) -> None:
    settings.NOTICE_LANGUAGE = "sw"
    assert page(anybody, NOBODY, "fr")["Content-Language"] == "sw"
    assert page(anybody, NOBODY, "en")["Content-Language"] == "en"


@pytest.mark.django_db
def test_programs_are_answered_in_english_whatever_their_language(anybody: APIClient) -> None:
    card = services.retire_card(card=make_card(), reason="lost")
    response = anybody.get(by_card(card), headers={"accept-language": "sw"})
    assert response.json()["message"] == "This card has been withdrawn."
    assert response["Content-Language"] == "en"


# --- what is said -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "role"),
    [
        (make_student, "Mwanafunzi"),
        (make_member, "Mfanyakazi"),
        (make_guard, "Mlinzi"),
        (make_visitor, "Mgeni"),
    ],
)
def test_a_good_card_shows_who_it_is_for_and_until_when(
    anybody: APIClient, make: Callable[[], Any], role: str
) -> None:
    until = datetime(2030, 10, 8, 21, 30, tzinfo=UTC)  # the 9th on campus
    card = services.change_card(card=make_card(make()), changes={"expiry_date": until})
    shown = text(page(anybody, by_card(card)))
    for words in ("Kadi halali", card.person.full_name, role, "Inatumika hadi 9 Oktoba 2030"):
        assert words in shown
    assert 'class="band good"' in shown
    assert card.person.identifier not in shown
    assert card.rfid_number not in shown


@pytest.mark.django_db
def test_the_time_is_told_to_the_second_on_campus(anybody: APIClient) -> None:
    shown = text(page(anybody, by_card(make_card())))
    told = re.search(r"Imekaguliwa (\d+ \w+ \d{4}), \d\d:\d\d:\d\d", shown)
    assert told
    now = timezone.localtime()
    assert told[1] in {SWAHILI.date(now), SWAHILI.date(now - timedelta(seconds=10))}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda card: services.retire_card(card=card, reason="lost"), "card_retired"),
        (lambda card: services.switch_card(card=card, is_active=False), "card_inactive"),
        (
            lambda card: services.change_card(
                card=card, changes={"expiry_date": timezone.now() - timedelta(seconds=1)}
            ),
            "card_expired",
        ),
        (lambda card: Person.objects.update(is_active=False), "holder_inactive"),
        (lambda card: Person.objects.update(status="Suspended"), "holder_inactive"),
    ],
)
@pytest.mark.parametrize("language", WORDS)
def test_a_bad_card_says_why_and_not_whose_it_is(
    anybody: APIClient, spoil: Callable[[Card], object], reason: str, language: str
) -> None:
    card = make_card()
    spoil(card)
    response = page(anybody, by_card(card), language)
    assert response.status_code == 200
    assert 'class="band bad"' in text(response)
    assert WORDS[language].reasons[reason] in text(response)
    assert WORDS[language].do_not_accept in text(response)
    assert card.person.full_name not in text(response)


@pytest.mark.django_db
def test_a_person_without_a_card_is_no_good_card(anybody: APIClient) -> None:
    url = f"/api/cards/verify/student/{make_card().person_id}/"
    assert anybody.get(url).json()["verified"] is True
    shown = text(page(anybody, url))
    assert 'class="band person"' in shown
    assert SWAHILI.no_card_shown in shown
    assert SWAHILI.valid not in shown


@pytest.mark.django_db
@pytest.mark.parametrize("url", [NOBODY, "/v/short", "/api/cards/verify/staff/rubbish/"])
def test_nobody_is_a_page_with_a_404(anybody: APIClient, url: str) -> None:
    response = page(anybody, url)
    assert response.status_code == 404
    assert 'class="band bad"' in text(response)
    assert SWAHILI.not_found in text(response)


@pytest.mark.django_db
@pytest.mark.parametrize("language", WORDS)
def test_who_asks_too_often_is_told_when_to_come_back(
    anybody: APIClient, settings: Settings, language: str
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "verify": "1/min"}
    anybody.get(NOBODY)
    response = page(anybody, NOBODY, language)
    assert response.status_code == 429
    seconds = response["Retry-After"]
    assert 0 < int(seconds) <= 60
    assert WORDS[language].too_many.format(seconds=seconds) in text(response)
    assert "Imekaguliwa" not in text(response)
    assert response["Cache-Control"] == "no-store"
    assert anybody.get(NOBODY).json()["code"] == "throttled"


@pytest.mark.django_db
def test_a_name_is_text_whatever_is_in_it(anybody: APIClient) -> None:
    card = make_card(make_student(first_name="<script>alert(1)</script>"))
    assert "<script" not in text(page(anybody, by_card(card)))


@pytest.mark.django_db
def test_there_is_a_photo_to_compare_or_it_says_that_there_is_none(anybody: APIClient) -> None:
    student = make_student()
    card = make_card(student)
    without = text(page(anybody, by_card(card)))
    assert SWAHILI.no_photo in without
    assert SWAHILI.compare not in without
    set_photo(person=student, upload=BytesIO(jpeg()), size=1)
    shown = text(page(anybody, by_card(card)))
    assert f'alt="Picha ya {student.full_name}"' in shown
    assert SWAHILI.compare in shown


@pytest.mark.django_db
@pytest.mark.parametrize("language", WORDS)
def test_whoever_finds_a_card_is_told_where_to_bring_it(
    anybody: APIClient, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = replace(institution(), name="Chuo Kikuu", contact=("Block C", "+255 22 215 0174"))
    monkeypatch.setattr("cards.verification_page.institution", lambda: ours)
    good, lost = make_card(), services.retire_card(card=make_card(), reason="lost")
    for url in (by_card(good), by_card(lost), NOBODY):
        shown = text(page(anybody, url, language))
        for line in (WORDS[language].found, "Chuo Kikuu", "Block C", "+255 22 215 0174"):
            assert line in shown, url


# --- how it is sent -----------------------------------------------------------------------------


def referenced(html: str) -> set[str]:
    return {url for url in re.findall(r'(?:src|href)="([^"]+)"', html) if "/media/" not in url}


def body_of(client: APIClient, url: str) -> bytes:
    if url.startswith(static := f"/{installation.STATIC_URL.strip('/')}/"):
        found = finders.find(url.removeprefix(static))
        assert isinstance(found, str), url
        return Path(found).read_bytes()
    response: Any = client.get(url)
    assert response.status_code == 200, url
    content: bytes = response.content
    return content


@pytest.mark.django_db
def test_all_but_the_photo_is_under_30_kb(anybody: APIClient) -> None:
    student = make_student(first_name="W" * 100, surname="W" * 100)
    set_photo(person=student, upload=BytesIO(jpeg()), size=1)
    response = page(anybody, by_card(make_card(student)))
    parts = {url: body_of(anybody, url) for url in referenced(text(response))}
    assert len(parts) >= 4  # the icon, the palette, the institution's colours, the page's own
    assert len(response.content) + sum(map(len, parts.values())) < MOST_BYTES
    for url, content in parts.items():
        assert b"url(" not in content, url  # nothing that a part would fetch in turn
        assert b"@import" not in content, url


@pytest.mark.django_db
def test_there_is_no_script_and_no_style_in_it(anybody: APIClient) -> None:
    for url in (by_card(make_card()), NOBODY):
        shown = text(page(anybody, url))
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", shown)


@pytest.mark.django_db
def test_a_head_request_is_answered_like_a_get(anybody: APIClient) -> None:
    url = by_card(make_card())
    response: Any = anybody.head(url, headers={"accept": HTML, "accept-language": "sw"})
    assert (response.status_code, response["Content-Language"]) == (200, "sw")
