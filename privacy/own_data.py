"""Everything that is kept about one person, for that person: a ZIP of JSON and a PDF to read.

`TOPICS` names each table whose rows lead to a person, and by what way; `LEFT_OUT` those that are
not given, with the reason. A test walks all models: a new one stands in one of the two.
"""

import io
import json
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from people.kinds import PersonKind
from people.models import Person
from reports.paper import MARGIN, Sheet, first_page, next_page, put
from typesetting.document import Document
from typesetting.drawing import Drawing
from typesetting.typefaces import REGULAR, SEMIBOLD

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class NobodyToExport(DomainError):
    code = "not_found"
    message = _("Nobody has this number.")


@dataclass(frozen=True)
class Topic:
    """One table: the name of its file, what the PDF calls it, and the way to the person."""

    name: str
    title: "StrOrPromise"
    label: str
    way: str = "person"
    without: frozenset[str] = frozenset()
    """Fields that say something of somebody else, or nothing to anybody."""


TECHNICAL = frozenset({"search_text", "more_words", "transaction_id", "content", "digest"})
OF_HISTORY = frozenset({"pgh_id", "pgh_obj", "pgh_context"})
# Who looked a card up is somebody else.
LOOKERS = frozenset({"ip_address", "user_agent"})

TOPICS: tuple[Topic, ...] = (
    Topic("person", _("Who you are"), "people.Person", "pk"),
    Topic("student", _("As a student"), "students.Student", "pk"),
    Topic("staff", _("As a member of staff"), "staff.StaffMember", "pk"),
    Topic("security", _("As security personnel"), "security.SecurityPersonnel", "pk"),
    Topic("visitor", _("As a visitor"), "visitors.Visitor", "pk"),
    Topic("cards", _("Cards"), "cards.Card"),
    Topic("cards-received", _("Cards received"), "cards.HandOut", "card__person"),
    Topic(
        "cards-not-received",
        _("Cards not received after all"),
        "cards.HandOutTakenBack",
        "card__person",
    ),
    Topic("guardians", _("Guardians"), "notifications.Guardian", "student"),
    Topic("days", _("Days of attendance"), "attendance.Attendance"),
    Topic("days-without-a-card", _("Days without a card that works"), "attendance.NoCardDay"),
    Topic("absences", _("Absences"), "attendance.Absence"),
    Topic("meals", _("Meals"), "kitchen.KitchenService"),
    Topic("incidents", _("Incidents"), "discipline.Incident", "student"),
    Topic("merits", _("Merits"), "discipline.Merit", "student"),
    Topic("proposed-acts", _("Acts that were proposed"), "discipline.Proposal", "student"),
    Topic("notices", _("Notices to guardians"), "notifications.Notice", "student"),
    Topic("taps", _("Taps"), "pos.Tap"),
    Topic("roll-calls", _("In roll-calls"), "presence.RollCallEntry"),
    Topic("roll-call-marks", _("Found in roll-calls"), "presence.RollCallMark"),
    Topic("taps-taken-back", _("Taps taken back"), "pos.TapAnnulment", "tap__person"),
    Topic("prints", _("Prints of cards"), "cards.IDCardPrintLog"),
    Topic("verifications", _("Verifications"), "cards.IDCardVerificationLog", without=LOOKERS),
    Topic("webhooks", _("Sent to other programs"), "webhooks.Delivery"),
    Topic("consents", _("Consents"), "people.Consent"),
    Topic(
        *("consents-guardians", _("Consents of guardians"), "notifications.GuardianConsent"),
        way="guardian__student",
    ),
    Topic("looks", _("Who looked at this"), "people.Look", without=LOOKERS | {"held"}),
    Topic(
        *("looks-at-many", _("Exports and reports that held this"), "people.Look"),
        way="held__contains",
        without=LOOKERS | {"held"},
    ),
    Topic("history-person", _("Changes of who you are"), "people.PersonEvent", "pgh_obj"),
    Topic("history-student", _("Changes as a student"), "students.StudentEvent", "pgh_obj"),
    Topic("history-staff", _("Changes as staff"), "staff.StaffMemberEvent", "pgh_obj"),
    Topic(
        "history-security", _("Changes as security"), "security.SecurityPersonnelEvent", "pgh_obj"
    ),
    Topic("history-visitor", _("Changes as a visitor"), "visitors.VisitorEvent", "pgh_obj"),
    Topic("history-cards", _("Changes of cards"), "cards.CardEvent"),
    Topic("history-guardians", _("Changes of guardians"), "notifications.GuardianEvent", "student"),
    Topic(
        *("history-days", _("Corrections of days"), "attendance.AttendanceCorrection"),
        way="pgh_obj__person",
    ),
)
LEFT_OUT: dict[str, str] = {}


def everything_about(person: Person) -> Iterator[tuple[Topic, list[dict[str, Any]]]]:
    """Each topic of which something is kept, with its rows as words and values."""
    for topic in TOPICS:
        rows = _rows(topic, person).order_by("pk")
        if told := [_told(row, topic) for row in rows.iterator()]:
            yield topic, told


def _rows(topic: Topic, person: Person) -> models.QuerySet[Any]:
    model: Any = apps.get_model(topic.label)
    value = [person.pk] if topic.way.endswith("__contains") else person.pk
    rows: models.QuerySet[Any] = model._default_manager.filter(**{topic.way: value})
    return rows


def _told(row: models.Model, topic: Topic) -> dict[str, Any]:
    # A kind's own table: what all people have is told once.
    fields = row._meta.local_concrete_fields if topic.way == "pk" else row._meta.concrete_fields
    hidden = TECHNICAL | OF_HISTORY | topic.without
    return {
        _words(field): _value(row, field)
        for field in fields
        if field.name not in hidden and not _is_way(field)
    }


def _is_way(field: Any) -> bool:
    """To the person: it would be said on each row."""
    return field.is_relation and issubclass(field.related_model, Person)


def _words(field: Any) -> str:
    named = {"pgh_created_at": gettext("changed at"), "pgh_label": gettext("what was done")}
    words = named.get(field.name, str(field.verbose_name)).removeprefix("is ")
    return words[:1].upper() + words[1:]


def _value(row: Any, field: Any) -> Any:
    if field.is_relation:
        related = getattr(row, field.name, None)
        return None if related is None else str(related)
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    value = getattr(row, field.name)
    if isinstance(field, models.FileField):
        return PurePath(str(value)).name
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return value


def find(kind: PersonKind, number: str) -> Person:
    """Raises NobodyToExport."""
    people: Any = kind.model.objects.with_values("identifier", [number.strip()])
    person: Person | None = people.first()
    if person is None:
        raise NobodyToExport
    return person


def write_zip(person: Person, out: BinaryIO) -> None:
    """The whole of it; files are the photo and what was given as evidence."""
    told = list(everything_about(person))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for topic, rows in told:
            content = json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            archive.writestr(f"{topic.name}.json", content)
        pdf = io.BytesIO()
        write_pdf(person, told, pdf)
        archive.writestr("everything.pdf", pdf.getvalue())
        for folder, file in _files(person):
            try:
                with file.open("rb") as content_of:
                    archive.writestr(f"{folder}/{PurePath(file.name).name}", content_of.read())
            except FileNotFoundError:
                continue


def _files(person: Person) -> Iterator[tuple[str, Any]]:
    for topic in TOPICS:
        model: Any = apps.get_model(topic.label)
        if hasattr(model, "pgh_tracked_model"):
            continue  # where files were that have gone
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.FileField):
                for row in _rows(topic, person).exclude(**{field.name: ""}):
                    yield field.name, getattr(row, field.name)


# --- the PDF ----------------------------------------------------------------------------------

TEXT, HEADING = 8.0, 12.0
LINE = 4.4
LETTERS_IN_A_LINE = 112
FIRST_TOP, NEXT_TOP, FOOT = 48.0, 24.0, 22.0
NOTE = _(
    "This is what is kept about you under your number. What is written about somebody else and"
    " names you is not part of it; ask the institution. Backups hold the same for a while."
)

Line = tuple[str, bool]
"""A text, and whether it is a heading."""


def write_pdf(
    person: Person, told: list[tuple[Topic, list[dict[str, Any]]]], out: BinaryIO
) -> None:
    sheet = Sheet(
        title=gettext("Everything that is kept about"),
        subtitle="",
        span=f"{person.full_name} ({person.identifier})",
        made_at=timezone.localtime(),
        pages=1,
    )
    pages = list(_in_pages(_lines(told), sheet))
    sheet = replace(sheet, pages=len(pages))
    document = Document(out, title=f"{sheet.title} {sheet.span}")
    for number, lines in enumerate(pages, start=1):
        drawing = first_page(sheet) if number == 1 else next_page(sheet, number)
        _draw(drawing, sheet, lines, FIRST_TOP if number == 1 else NEXT_TOP)
        document.add_page(drawing)
    document.finish()


def _lines(told: list[tuple[Topic, list[dict[str, Any]]]]) -> Iterator[Line]:
    yield from _wrapped(str(NOTE))
    for topic, rows in told:
        yield "", False
        yield f"{topic.title} ({len(rows):,})", True
        for row in rows:
            said = (f"{name}: {_plain(value)}" for name, value in row.items() if _is_said(value))
            yield from _wrapped("; ".join(said))


def _is_said(value: Any) -> bool:
    """Ids tell a reader nothing; they stand in the files."""
    return value not in (None, "", [], {}) and not isinstance(value, UUID)


def _plain(value: Any) -> str:
    match value:
        case bool():
            return gettext("yes") if value else gettext("no")
        case dict():
            return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
        case list():
            return ", ".join(map(_plain, value))
        case date() | time():
            return value.isoformat()
    return str(value)


def _wrapped(text: str) -> Iterator[Line]:
    for number, line in enumerate(textwrap.wrap(text, LETTERS_IN_A_LINE)):
        yield ("   " if number else "") + line, False


def _in_pages(lines: Iterator[Line], sheet: Sheet) -> Iterator[list[Line]]:
    page: list[Line] = []
    room = int((sheet.height - FIRST_TOP - FOOT) / LINE)
    for line in lines:
        if len(page) >= room or (line[1] and len(page) >= room - 2):
            yield page
            page, room = [], int((sheet.height - NEXT_TOP - FOOT) / LINE)
        page.append(line)
    yield page


def _draw(drawing: Drawing, sheet: Sheet, lines: list[Line], top: float) -> None:
    width = sheet.width - 2 * MARGIN
    for number, (text, is_heading) in enumerate(lines):
        if text:
            style, size = (SEMIBOLD, HEADING) if is_heading else (REGULAR, TEXT)
            put(drawing, text, style, size, MARGIN, top + number * LINE, width=width)
