"""Erase who somebody was, and keep what can be counted.

The row of the person stays, under a name that is nobody's, and with it what refers to it: taps,
days, meals, incidents. What told of the person is overwritten or deleted wherever it was copied.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import pgtrigger
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Upper
from django.utils import timezone

from attendance.models import Attendance
from cards.models import (
    Card,
    HandOut,
    HandOutTakenBack,
    IDCardPrintLog,
    IDCardVerificationLog,
    PrintJob,
    new_code,
)
from cards.number_formats import BadNumber, NumberFormat, Reading, as_enrolled, read_number
from cards.services import retire_card
from core.errors import DomainError
from core.locks import for_change
from discipline.models import Incident, Merit, Proposal
from doors.models import Command, Message, QuarantinedLine
from files.away import delete_on_commit
from notifications.models import Guardian, Notice
from office.models import SavedView
from people.deed_models import DeedRow
from people.import_jobs import DISCARDED, DISCARDED_WORDS, end
from people.kinds import ERASED_NUMBER, PersonKind
from people.models import Consent, Import, ImportJob, Person
from people.photo_uploads import as_file_name
from people.previews import content_of, discard_import
from people.spreadsheets import lines_of
from pos.models import ConflictingTap, Tap
from privacy.files import files_with
from privacy.guards import guards
from privacy.known_by import KnownBy, strings_in
from privacy.lives import known_by_of
from privacy.texts import erase_mentions, tables_with
from webhooks.models import Delivery, Follower

ERASED = "Erased."
NAMES_IN_PARTS = {"first_name": "Erased", "middle_name": "", "surname": "person"}
NAMES_IN_ONE = {"whole_name": "Erased person"}
NOWHERE = "0.0.0.0"  # noqa: S104 - written where an address was, never bound
# What would write an erasure down as one more correction of each day.
RECORDER = "attendance.Attendance:update_update"


class NobodyOfThisNumber(DomainError):
    code = "not_found"
    message = "Nobody has this number."


class InWaitingImport(DomainError):
    code = "in_waiting_import"


class StillActive(DomainError):
    code = "still_active"
    message = "This person is active: switch them off first, when they have left."


@dataclass(frozen=True)
class Erasure:
    """What was, or would be, done.

    `found` counts, by table, the rows that told who it was; `done` rows by what happened to them.
    `left` counts, by table, rows that still do: somebody else's of the same name, a telephone that
    a family shares. `perhaps` counts texts that say one part of the name, which may be anybody's.
    `files` are the paths of files that still tell.
    """

    full_name: str
    pseudonym: str
    found: dict[str, int]
    done: Counter[str]
    left: dict[str, int]
    perhaps: dict[str, int]
    files: list[str]


def erase_person(
    *, kind: PersonKind, number: str, really: bool, discard_imports: bool = False
) -> Erasure:
    """Erase the person of this number; without `really` everything is done, and undone.

    An import that waits and holds the person would bring them back: it is discarded if that is
    asked for. Raises NobodyOfThisNumber, StillActive or InWaitingImport. Files go when the change
    is committed.
    """
    with transaction.atomic():
        person = _locked(kind, number)
        if person.is_active:
            raise StillActive
        traces = _traces(person)
        found = tables_with(traces.known_by)
        discarded = _settle_imports(traces, discard=discard_imports)
        with pgtrigger.ignore(RECORDER, *guards()):
            done = _erase(person, traces)
            done["texts about others"], perhaps = erase_mentions(traces.known_by)
        done["imports that wait"] = discarded
        left = tables_with(traces.known_by)
        files = [path for path in files_with(traces.known_by) if path not in traces.gone]
        transaction.set_rollback(not really)
    return Erasure(
        full_name=person.full_name,
        pseudonym=_erased_number(person.pk),
        found=found,
        done=+done,
        left=left,
        perhaps=dict(perhaps),
        files=files,
    )


def _locked(kind: PersonKind, number: str) -> Person:
    """The row's lock stops somebody who activates the person at the same moment."""
    people: Any = kind.model.objects.with_values("identifier", [number.strip()])
    person: Person | None = for_change(people).first()
    if person is None:
        raise NobodyOfThisNumber
    return person


@dataclass(frozen=True)
class _Traces:
    """By what the person can be found, read before it is overwritten.

    `numbers` are those that nobody else ever had: a temporary card's says of nobody whose it is.
    `gone` are the files that go with the commit.
    """

    cards: frozenset[uuid.UUID]
    numbers: frozenset[str]
    codes: frozenset[str]
    known_by: KnownBy
    gone: set[str] = field(default_factory=set)

    def delete(self, file: Any) -> None:
        storage, name = file.storage, file.name
        self.gone.add(name)
        delete_on_commit(storage, name)


def _traces(person: Person) -> _Traces:
    # Their history has the cards that were deleted, and the numbers that were changed.
    ever = ("card_uuid", "rfid_number", "code")
    now, before = Card.objects.of(person), _events(Card).filter(person=person.pk)
    cards = [*now.values_list(*ever), *before.values_list(*ever)]
    had = {number for _, number, _ in cards}
    numbers = frozenset(had - _numbers_of_others(person, had))
    codes = frozenset(code for _, _, code in cards)
    return _Traces(
        cards=frozenset(pk for pk, _, _ in cards),
        numbers=numbers,
        codes=codes,
        known_by=known_by_of(person, numbers=numbers | codes),
    )


def _numbers_of_others(person: Person, numbers: set[str]) -> set[str]:
    others = (rows.exclude(person=person.pk) for rows in (Card.objects.all(), _events(Card)))
    return {
        number
        for rows in others
        for number in rows.filter(rfid_number__in=numbers).values_list("rfid_number", flat=True)
    }


def _events(model: type[models.Model]) -> QuerySet[Any]:
    """The rows of the model's history."""
    events: QuerySet[Any] = model.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    return events


def _erase(person: Person, traces: _Traces) -> Counter[str]:
    done: Counter[str] = Counter()
    done["deliveries to webhooks"] = _erase_deliveries(person)
    done["entries of the office's log"] = _erase_log_entries(person)
    done += _erase_guardians(person)
    done += _erase_incidents(person, traces)
    done["reasons of corrections"] = _erase_corrections(person)
    done["taps"] = _erase_taps(person, traces)
    done["conflicting taps"] = _erase_conflicting_taps(traces)
    done["messages of terminals"] = _erase_messages()
    done += _erase_card_logs(person, traces)
    done["print files"] = _erase_print_files(traces)
    done["reports of imports"] = _erase_reports(traces)
    done["views of lists"] = _erase_views(traces)
    done["changes of many people"] = _deleted(DeedRow.objects.filter(person=person.pk))
    done += _erase_cards(person, traces)
    agreed = Consent.objects.filter(person=person.pk).exclude(given_by="")
    done["names in consents"] = agreed.update(given_by="")
    done["photos"] = _erase_photo(person, traces)
    # Last: what the triggers have written on the way is history as well.
    for model in (Person, type(person)):
        done["entries of history"] += _deleted(_events(model).filter(pgh_obj=person.pk))
    _anonymise(person)
    return +done


def _deleted(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]


def _erase_deliveries(person: Person) -> int:
    """Receivers keep what they were sent: docs/operators.md tells operators so."""
    # The race with a follower who has read the name and not written it yet: it ends first, and
    # whatever is told afterwards is read anew.
    list(Follower.objects.select_for_update(no_key=True))
    return _deleted(Delivery.objects.filter(person=person.pk))


# --- imports that wait ------------------------------------------------------------------------


def _settle_imports(traces: _Traces, *, discard: bool) -> int:
    """How many were discarded. Raises InWaitingImport unless that is asked for."""
    waiting = [
        each
        for each in Import.objects.filter(state=Import.State.WAITING)
        if _holds(each, traces.known_by)
    ]
    # The worker's next: it locks the person before the job, and so do we.
    queued = [
        each
        for each in ImportJob.objects.filter(finished_at=None, of_import=None)
        if _is_in_file(each, traces.known_by)
    ]
    if (waiting or queued) and not discard:
        names = ", ".join(
            [
                *(f"{each.file_name} of {each.uploaded_at:%Y-%m-%d}" for each in waiting),
                *(f"a file of {each.total} rows of {each.created_at:%Y-%m-%d}" for each in queued),
            ]
        )
        raise InWaitingImport(
            f"An import that waits holds this person, and would bring them back: {names}."
            " Confirm or discard it first."
        )
    for each in waiting:
        traces.gone.update([str(each.file.name), *each.parts.values_list("file", flat=True)])
        discard_import(import_=each, by=None)
    for job in queued:
        traces.gone.add(str(job.file.name))
        end(job, state=ImportJob.State.FAILED, code=DISCARDED, detail=DISCARDED_WORDS)
    return len(waiting) + len(queued)


def _holds(import_: Import, known_by: KnownBy) -> bool:
    """Told by the numbers, whatever their length, and by all the cells, which rows do not keep."""
    numbers = {number.upper() for number in known_by.numbers}
    rows = import_.rows.values_list(
        "identifier", "full_name", "changes", "errors", "possible_duplicate_of"
    )
    for identifier, *texts in rows.iterator():
        if identifier.upper() in numbers or known_by.is_in(" ".join(strings_in(texts))):
            return True
    if import_.what == Import.What.PHOTOS:
        return _is_in_album(import_, known_by)
    return _is_in_file(import_, known_by)


def _is_in_album(album: Import, known_by: KnownBy) -> bool:
    """Told by what pictures are called; whom one shows that nobody has looked at, nobody knows."""
    called = {as_file_name(stem) for stem in album.rows.values_list("identifier", flat=True)}
    return not album.digest or not called.isdisjoint(map(as_file_name, known_by.numbers))


def _is_in_file(import_: Import | ImportJob, known_by: KnownBy) -> bool:
    numbers = {number.upper() for number in known_by.numbers}
    try:
        return any(
            known_by.is_in(" ".join(cells)) or not numbers.isdisjoint(map(str.upper, cells))
            for cells in lines_of(content_of(import_))
        )
    except DomainError:  # gone, or no list any more
        return False


def _erase_reports(traces: _Traces) -> int:
    """What the worker said of imports that are done; others are in it, and have read it."""
    over = ImportJob.objects.exclude(finished_at=None).exclude(report=None)
    theirs = [
        job.pk
        for job in over.iterator(chunk_size=1)
        if traces.known_by.is_in(" ".join(strings_in(job.report)))
    ]
    return _deleted(ImportJob.objects.filter(pk__in=theirs))


def _erase_views(traces: _Traces) -> int:
    """Whole: `[erased]` finds nobody, and one list has only one view of that name."""
    theirs = [view.pk for view in SavedView.objects.all() if _says(view, traces.known_by)]
    return _deleted(SavedView.objects.filter(pk__in=theirs))


def _says(view: SavedView, known_by: KnownBy) -> bool:
    """A view's query is written as in an address: `%2B255` is +255, and no accent is a letter."""
    text = f"{view.name}\n{unquote_plus(view.query)}"
    return known_by.is_in(text) or known_by.without(text) != text


# --- around the person ------------------------------------------------------------------------


def _erase_log_entries(person: Person) -> int:
    """Django's log names what was changed in the office: the person, and all that is theirs."""
    changed = 0
    for model, rows in _rows_about(person):
        ids = rows.annotate(as_text=Cast("pk", models.TextField())).values("as_text")
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(model), object_id__in=ids
        )
        changed += entries.update(object_repr=ERASED, change_message="")
    return changed


def _rows_about(person: Person) -> list[tuple[type[models.Model], QuerySet[models.Model]]]:
    manager = type(person)._default_manager
    rows: list[tuple[Any, Any]] = [(type(person), manager.filter(pk=person.pk))]
    for relation in type(person)._meta.related_objects:
        model: Any = relation.related_model
        if not hasattr(model, "pgh_tracked_model"):
            rows.append((model, model.objects.filter(**{relation.field.name: person.pk})))
    return rows


def _erase_guardians(person: Person) -> Counter[str]:
    """Notices go with them: nobody is told anything any more."""
    return Counter(
        {
            # First, in the order of whoever writes notices: else the two could wait for each other.
            "guardians": _deleted(Guardian.objects.filter(student=person.pk)),
            "notices": _deleted(Notice.objects.filter(student=person.pk)),
            "entries of history": _deleted(_events(Guardian).filter(student=person.pk)),
        }
    )


def _erase_incidents(person: Person, traces: _Traces) -> Counter[str]:
    """Points, day and kind stay: they are in the sum, and in the reports."""
    incidents = Incident.objects.filter(student=person.pk)
    merits = Merit.objects.filter(student=person.pk)
    proposals = Proposal.objects.filter(student=person.pk)
    _delete_evidence(person, traces)
    return Counter(
        {
            "files of evidence": incidents.exclude(evidence="").update(evidence=""),
            "reasons of voided incidents": incidents.exclude(void_reason="").update(
                void_reason=ERASED
            ),
            "descriptions of incidents": incidents.update(incident_description=ERASED),
            "reasons of voided merits": merits.exclude(void_reason="").update(void_reason=ERASED),
            "descriptions of merits": merits.update(description=ERASED),
            "notes of proposed acts": proposals.exclude(note="").update(note=ERASED),
        }
    )


def _delete_evidence(person: Person, traces: _Traces) -> None:
    """An incident of several has one file for all of them: it stays for the others.

    The rows are held, in key order: of two who are erased at once the later one deletes it.
    """
    theirs = Incident.objects.filter(student=person.pk).exclude(evidence="").values("evidence")
    naming = list(Incident.objects.filter(evidence__in=theirs).order_by("pk").select_for_update())
    of_others = {each.evidence.name for each in naming if each.student_id != person.pk}
    for incident in naming:
        if incident.evidence.name not in of_others:
            traces.delete(incident.evidence)


def _erase_corrections(person: Person) -> int:
    days = Attendance.objects.filter(person=person.pk)
    changed = days.exclude(correction_reason="").update(correction_reason=ERASED)
    # Of a day that went with its correction nobody knows any more whose it was.
    is_theirs = Q(pgh_obj__in=days.values("pk"))
    is_nobodys = ~Exists(Attendance.objects.filter(pk=OuterRef("pgh_obj_id")))
    history = _events(Attendance).filter(is_theirs | is_nobodys).exclude(correction_reason="")
    return changed + history.update(correction_reason=ERASED)


# --- taps -------------------------------------------------------------------------------------


def _erase_taps(person: Person, traces: _Traces) -> int:
    """Also those of the cards' numbers before anybody knew whose they were."""
    is_theirs = Q(person=person.pk) | Q(number__in=traces.numbers)
    return Tap.objects.filter(is_theirs).update(card_text="", number="")


def _erase_conflicting_taps(traces: _Traces) -> int:
    theirs = [
        tap.pk
        for tap in ConflictingTap.objects.select_related("device").iterator()
        if _is_of(traces, tap.sent.get("card"), NumberFormat(tap.device.number_format))
    ]
    return ConflictingTap.objects.filter(pk__in=theirs).update(sent={})


def _erase_messages() -> int:
    """All there are: they spell cards and people as terminals do, and live for a day anyhow.

    What terminals are to be told of people is made anew within a minute.
    """
    told = Command.objects.filter(kind=Command.Kind.USER)
    said = _deleted(Message.objects.all()) + _deleted(QuarantinedLine.objects.all())
    return said + _deleted(told)


def _is_of(traces: _Traces, text: Any, number_format: NumberFormat) -> bool:
    reading = _reading(text, number_format) if isinstance(text, str) else None
    if reading is None:
        return False
    return reading.code in traces.codes or any(map(reading.matches, traces.numbers))


def _reading(text: str, number_format: NumberFormat) -> Reading | None:
    try:
        return read_number(text, number_format)
    except BadNumber:
        return as_enrolled(text)


# --- cards ------------------------------------------------------------------------------------


def _erase_card_logs(person: Person, traces: _Traces) -> Counter[str]:
    theirs = Q(person=person.pk) | Q(card_uuid__in=traces.cards)
    nobody = {"full_name": "", "identifier": "", "rfid_number": ""}
    # A code is typed in small letters as well.
    asked = IDCardVerificationLog.objects.alias(asked_folded=Upper("asked"))
    looked_up = theirs | Q(asked_folded__in=[*traces.codes, str(person.pk).upper()])
    return Counter(
        {
            "prints": IDCardPrintLog.objects.filter(theirs).update(
                **nobody, error_message="", reason=""
            ),
            "verifications": asked.filter(looked_up).update(
                **nobody, asked="", user_agent="", ip_address=NOWHERE
            ),
        }
    )


def _erase_print_files(traces: _Traces) -> int:
    """Others are in them as well; they are there for a week only, and can be printed again."""
    jobs = PrintJob.objects.filter(
        _any_of(Q(card_uuids__contains=[str(pk)]) for pk in traces.cards)
    )
    files = 0
    for job in jobs if traces.cards else []:
        files += bool(job.file)
        if job.file:
            traces.delete(job.file)
        job.file, job.error = "", ""
        job.warnings = [each for each in job.warnings if not _is_about(each, traces)]
        job.save(update_fields=["file", "warnings", "error"])
    return files


def _any_of(conditions: Any) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def _is_about(warning: dict[str, Any], traces: _Traces) -> bool:
    return warning.get("card_uuid") in {str(pk) for pk in traces.cards}


def _erase_cards(person: Person, traces: _Traces) -> Counter[str]:
    """A new code and no number: neither the chip nor the printed QR leads here any more."""
    # First, as what it writes is history too: the own card's, which stood back.
    for card in for_change(Card.objects.temporary().of(person).filter(retired_at=None)):
        retire_card(card=card, reason=Card.Reason.EXPIRED)
    events = _events(Card).filter(Q(person=person.pk) | Q(pgh_obj__in=traces.cards))
    history = _deleted(events)
    HandOut.objects.filter(card__person=person.pk).delete()
    HandOutTakenBack.objects.filter(card__person=person.pk).delete()
    cards = Card.objects.of(person)
    for card in cards:
        cards.filter(pk=card.pk).update(
            rfid_number=_erased_number(card.pk),
            code=new_code(),
            is_active=False,
            updated_at=timezone.now(),
        )
    return Counter({"cards": len(cards), "entries of history": history})


# --- the person -------------------------------------------------------------------------------


def _erase_photo(person: Person, traces: _Traces) -> int:
    if person.photo:
        traces.delete(person.photo)
    return int(bool(person.photo))


def _anonymise(person: Person) -> None:
    """One statement a table, so that the history which begins here has never known another."""
    number = _erased_number(person.pk)
    private = person.declared.private_fields.items()
    values: dict[str, Any] = {
        "identifier": number,
        **(NAMES_IN_ONE if person.whole_name else NAMES_IN_PARTS),
        "phone_number": "",
        "email": "",
        "card_name": "",
        "diet_note": "",
        "terminal_pin": "",
        "photo": "",
        "updated_at": timezone.now(),
        **{name: number if value == ERASED_NUMBER else value for name, value in private},
    }
    type(person)._default_manager.filter(pk=person.pk).update(**values)


def _erased_number(pk: uuid.UUID) -> str:
    return f"ERASED-{pk.hex[:12].upper()}"
