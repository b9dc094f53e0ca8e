"""Whoever asks for Swahili gets no English: neither on a page nor in what is left to translate.

Words that go through gettext are made wide here, so that on a page only what nobody marked, and
what people entered themselves, has ordinary letters.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from django.utils.translation import trans_real

from accounts.models import User
from institution.declared import SETTINGS
from pos.words import IN_SWAHILI
from tools.e2e.test_every_page import LOOK_ALIKE, NO_PAGE, kind_of
from tools.words import DOMAINS, catalogue, extract

WIDE = {
    letter: chr(ord(letter) + 0xFEE0) for letter in map(chr, range(0x21, 0x7F)) if letter.isalpha()
}
WIDENED = str.maketrans(WIDE)
GUIDE = "/admin/help/"  # of each language a document of its own, with numbers and file formats
KEPT = re.compile(r"(%\(\w+\)[a-z]|%[sd]|\{[^{}]*\}|<[^>]+>|&\w+;)")
ZONES = available_timezones()
FREE: Any = (models.CharField, models.TextField, models.JSONField)
# Two letters are initials where a photo is missing.
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]{2,}")
SHOWN = {
    *("title", "aria-label", "placeholder", "alt", "data-label", "data-confirm", "data-say"),
    "value",
}
# Names, and what is spelled the same in both languages.
OF_BOTH = {
    *("TrackXpert", "SMS", "CSV", "PDF", "XLSX", "QR", "RFID", "NFC", "UID", "MQTT", "HTTP"),
    *("API", "TLS", "STARTTLS", "English", "Kiswahili"),
}
# Headings of a file, which have to be written like this.
AS_IT_IS = ("Reg. No.", "Staff No.", "Employee ID", "Visitor No.")


class Wide(trans_real.DjangoTranslation):
    """A catalogue that knows every text there is."""

    def gettext(self, message: str) -> str:
        return widened(message.rpartition("\x04")[2])  # without its context

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def widened(text: str) -> str:
    return "".join(
        part if KEPT.fullmatch(part) else part.translate(WIDENED) for part in KEPT.split(text)
    )


class Texts(HTMLParser):
    """What a page shows or reads out, by pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "code", "kbd", "textarea"}
        values = dict(attrs)
        is_button = tag == "input" and values.get("type") in {"submit", "button"}
        for name, value in values.items():
            if value and name in SHOWN and (name != "value" or is_button):
                self.found.append(value)
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "code", "kbd", "textarea"}

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip() and data.strip().replace(" ", "_") not in ZONES:
            self.found.append(" ".join(data.split()))


def entered_words() -> set[str]:
    """All words of what people entered (the demo): free text and names, no choices."""
    found: set[str] = set()
    tables = connection.introspection.table_names()
    for model in (model for model in apps.get_models() if model._meta.db_table in tables):
        for field in model._meta.concrete_fields:
            if isinstance(field, FREE) and not field.choices:
                for value in model._base_manager.values_list(field.attname, flat=True).distinct():
                    found.update(words_of(value))
    return found


def words_of(value: Any) -> list[str]:
    return WORD.findall(value if isinstance(value, str) else json.dumps(value, default=str))


def walk(client: Client) -> Iterator[tuple[str, list[str]]]:
    """Each kind of page that a link leads to, with what it says."""
    waiting, seen = ["/", "/admin/"], set[str]()
    while waiting:
        address = waiting.pop(0)
        if kind_of(address) in seen:
            continue
        seen.add(kind_of(address))
        answer = client.get(address, follow=True)
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        page = Texts()
        page.feed(answer.content.decode())
        yield kind_of(address), page.found
        at = answer.redirect_chain[-1][0] if answer.redirect_chain else address
        for link in page.links:
            to = urljoin(at, link)
            if urlsplit(to).netloc or to.startswith(GUIDE):
                continue
            if not NO_PAGE.search(to) and not LOOK_ALIKE.search(to):
                waiting.append(to.split("#")[0])


# --- the catalogues ---------------------------------------------------------------------------

needs_gettext = pytest.mark.skipif(
    shutil.which("msgmerge") is None, reason="needs gettext (apt-get install gettext)"
)


def texts_in(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@needs_gettext
def test_every_word_in_the_code_is_in_the_catalogue_and_translated(tmp_path: Path) -> None:
    extract(tmp_path)
    for domain in DOMAINS:
        in_step = str(catalogue(domain, tmp_path))
        for wrong in ("--untranslated", "--only-fuzzy"):
            left = texts_in("msgattrib", wrong, "--no-obsolete", "--no-wrap", in_step)
            assert re.findall(r'^msgid "(?!"$).*', left, re.MULTILINE) == [], "make words"


@needs_gettext
@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_compiled_is_what_was_translated(domain: str, tmp_path: Path) -> None:
    """And nowhere does a translation lack or invent a name in braces: `--check`."""
    compiled = tmp_path / "compiled.mo"
    texts_in("msgfmt", "--check", f"--output-file={compiled}", str(catalogue(domain)))
    committed = catalogue(domain).with_suffix(".mo")
    assert texts_in("msgunfmt", str(committed)) == texts_in("msgunfmt", str(compiled)), "make words"


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_has_the_braces_and_tags_of_the_original(domain: str) -> None:
    with catalogue(domain).with_suffix(".mo").open("rb") as file:
        known = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    for text, translated in known.items():
        if text and isinstance(text, str):  # of plurals msgfmt knows, and "one card" says no number
            assert kept_in(translated) == kept_in(text), text


def kept_in(text: str) -> list[str]:
    """Names in braces without how they are written: a day may be, in another way."""
    return sorted(part.partition(":")[0] for part in KEPT.findall(text))


# --- what is said -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_chooses_a_language_keeps_it_whatever_the_browser_likes(
    make_user: Callable[..., User],
) -> None:
    make_user("administrator")
    browser = Client(headers={"accept-language": "en"})
    assert '<html lang="en">' in browser.get("/admin/login/").content.decode()
    browser.post("/language/", {"language": "sw", "next": "/admin/login/"})
    answer = browser.get("/admin/login/")
    assert '<html lang="sw">' in answer.content.decode()
    assert "Kiswahili" not in answer.content.decode()  # it offers the other one
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.django_db
def test_no_page_says_a_word_that_is_not_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("load_demo", without_photos=True)
    known = entered_words() | OF_BOTH
    for said in (*(each.default for each in SETTINGS.values()), *IN_SWAHILI.values()):
        known.update(words_of(said))
    monkeypatch.setitem(vars(trans_real)["_translations"], "sw", Wide("sw"))
    client = Client(headers={"accept-language": "sw"})
    client.force_login(User.objects.get(username="admin"))
    unmarked: dict[str, str] = {}
    for address, texts in walk(client):
        for text in texts:
            shown = KEPT.sub(" ", text)  # {to} is written like this, too
            for said in AS_IT_IS:
                shown = shown.replace(said, "")
            if set(WORD.findall(shown)) - known:
                unmarked.setdefault(text, address)
    if unmarked:
        pytest.fail("\n".join(f"{address}\t{text}" for text, address in unmarked.items()))
