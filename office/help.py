"""Help on each page: the section of docs/officers.md that is about it.

A section names its pages in a comment below its heading: `<!-- pages: /admin/cards/desk/ -->`, with
`*` for one part of an address. Of all that an address begins with the longest is meant. The guide
in another language names the same section: `<!-- section: temporary-cards -->`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from markdown_it import MarkdownIt
from markdown_it.token import Token

from office.views import OfficeView

DOCUMENTS: Path = settings.BASE_DIR / "docs"
GUIDES = {"en": DOCUMENTS / "officers.md", "sw": DOCUMENTS / "officers.sw.md"}
PICTURES = DOCUMENTS / "images" / "officers"
OF_PAGES = re.compile(r"<!-- pages: (.+?) -->")
OF_SECTION = re.compile(r"<!-- section: (\S+) -->")
NO_WORD = re.compile(r"[^\w\- ]")
MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    """As the heading's anchor is where Markdown is read."""
    title: str
    pages: tuple[str, ...]
    tokens: list[Token]

    @property
    def html(self) -> str:
        return str(MARKDOWN.renderer.render(self.tokens, MARKDOWN.options, {}))


@cache
def sections(language: str = "en") -> Mapping[str, Section]:
    """All of them by slug, in the order of the guide."""
    tokens = MARKDOWN.parse(GUIDES[language].read_text())
    starts = [at for at, token in enumerate(tokens) if _is_heading(token)]
    ends = [*starts[1:], len(tokens)]
    found = (_section(tokens[start:end]) for start, end in zip(starts, ends, strict=True))
    return {section.slug: section for section in found}


def help_of(path: str) -> str:
    """The slug of the section that is about this address."""
    fitting = (
        (len(page), slug) for page, slug in _pages() if _begins(path.split("/"), page.split("/"))
    )
    return max(fitting, default=(0, next(iter(sections()))))[1]


def _is_heading(token: Token) -> bool:
    return token.type == "heading_open" and token.tag == "h2"


def _section(tokens: list[Token]) -> Section:
    """Of the tokens from one heading, which take three, to the next."""
    title, body = tokens[1].content, tokens[3:]
    said = "".join(token.content for token in body if token.type == "html_block")
    pages = tuple(page for named in OF_PAGES.findall(said) for page in named.split())
    section = OF_SECTION.search(said)
    slug = section[1] if section else NO_WORD.sub("", title.lower()).replace(" ", "-")
    shown = [token for token in body if token.type != "html_block"]
    for token in shown:
        token.children = list(_within_reach(token.children)) if token.children else []
    return Section(slug, title, pages, shown)


def _within_reach(tokens: list[Token]) -> Iterator[Token]:
    """With the addresses that pictures and sections have here; other documents are not here."""
    is_here = True
    for token in tokens:
        if token.type == "image":
            name = Path(str(token.attrs["src"])).name
            token.attrs["src"] = reverse("admin:help_picture", args=[name])
        elif token.type == "link_open":
            is_here = str(token.attrs["href"]).startswith("#")
            if is_here:
                slug = str(token.attrs["href"])[1:]
                token.attrs["href"] = reverse("admin:help", args=[slug])
        if is_here or not token.type.startswith("link_"):
            yield token


@cache
def _pages() -> list[tuple[str, str]]:
    return [(page, section.slug) for section in sections().values() for page in section.pages]


def _begins(path: list[str], page: list[str]) -> bool:
    """`/admin/cards/*/` is how `/admin/cards/1/change/` begins; `/` is by itself alone."""
    *parts, _end = page
    if len(parts) == 1:
        return path == page
    known = zip(path, parts, strict=False)
    return len(path) > len(parts) and all(part in ("*", there) for there, part in known)


class Help(OfficeView, TemplateView):
    """One section; a script takes it from here into the page where it was asked for."""

    route = "help/<slug:section>/"
    url_name = "help"
    title = _("Help")
    template_name = "admin/help_page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        guide = sections(get_language() or "en")
        section = guide.get(kwargs["section"])
        if section is None:
            raise Http404
        shown = {"section": section, "sections": guide.values(), "title": section.title}
        return super().get_context_data(**{**kwargs, **shown, "help_url": ""})


class HelpPicture(OfficeView):
    route = "help/pictures/<str:name>"
    url_name = "help_picture"
    title = _("Help")

    def get(self, request: HttpRequest, name: str) -> HttpResponse | FileResponse:
        slug, _, ending = name.partition(".")
        if ending != "png" or slug not in sections():
            raise Http404
        return FileResponse((PICTURES / name).open("rb"), headers={"Cache-Control": "max-age=3600"})
