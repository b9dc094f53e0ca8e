"""An import in two steps: what a file would do is kept for an officer, who confirms or discards it.

Both steps are `import_people`. What is written is what was shown: if anybody has changed these
people since, the officer sees the new preview instead.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.constraints import NON_FIELD
from core.errors import DomainError
from files.away import delete_on_commit
from people import spreadsheets
from people.doubles import officers_reasons
from people.headings import REFUSAL_COLUMNS, ReadColumns, read_columns
from people.import_reports import FileRow, ImportReport
from people.imports import NO_WISHES, Progress, Wishes, import_people, layout_of, read_people
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportJob, ImportRow
from people.writing import BATCH_SIZE

# A file names hundreds of people: nobody forgets it here.
KEPT_FOR = timedelta(days=7)
# Whoever has not sent all of an album by then begins anew.
UNFINISHED_FOR = timedelta(days=1)
FILE_NAME_LENGTH = 255
NAME_PARTS = ("first_name", "middle_name", "surname", "full_name")


class FileIsGone(DomainError):
    code = "file_is_gone"
    message = _("The file is no longer there. Upload it again.")


class Outcome(Enum):
    APPLIED = "applied"
    CHANGED = "what it would do has changed since it was shown"
    CLOSED = "somebody confirmed or discarded it before"
    BEGUN = "the worker does it"
    BUSY = "the worker does something else with it, and this was not taken"


def keep_import(
    *,
    kind: PersonKind,
    content: bytes,
    file_name: str,
    by: User,
    report: ImportReport[Any],
    is_compared: bool = True,
    instead_of: Import | None = None,
    wishes: Wishes = NO_WISHES,
) -> Import:
    """Keep this file for an officer's decision, with what it would do or, for now, without.

    `instead_of` is the one that was corrected: it is discarded.
    """
    import_ = Import(kind=kind.key, file_name=file_name, uploaded_by=by, wishes=wishes.as_dict())
    with transaction.atomic():
        _keep(import_, report)
        if not is_compared:
            import_.digest = ""  # of no preview: nobody can confirm it
        import_.file.save(file_name, ContentFile(content), save=False)
        import_.save(update_fields=["file", "digest"])
        if instead_of is not None:
            discard_import(import_=instead_of, by=by)
    return import_


def preview_kept(*, import_: Import, on_progress: Progress | None = None) -> None:
    """Find out what the file would do that was kept without; nobody is changed."""
    kind, wishes = kind_named(import_.kind), Wishes.of(import_.wishes)
    report = import_people(
        kind=kind,
        read=read_as_wished(kind, content_of(import_), wishes),
        dry_run=True,
        by=import_.uploaded_by,
        wishes=wishes,
        on_progress=on_progress,
    )
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=import_.pk)
        if locked.is_waiting:
            _keep(locked, report)


def confirm_import(
    *, import_: Import, seen: str, by: User, on_progress: Progress | None = None
) -> Outcome:
    """Write what the preview with the digest `seen` has shown, or show the new preview.

    Raises ImportConflict if somebody registers one of these people at this moment.
    """
    with transaction.atomic():
        # Of two officers who confirm, and of two clicks, the second finds it applied.
        locked = Import.objects.select_for_update().get(pk=import_.pk)
        if not locked.is_waiting:
            return Outcome.CLOSED
        kind, wishes = kind_named(locked.kind), Wishes.of(locked.wishes)
        read = read_as_wished(kind, content_of(locked), wishes)
        with transaction.atomic():
            report = import_people(
                kind=kind,
                read=read,
                dry_run=False,
                by=by,
                about=locked.file_name,
                wishes=wishes,
                on_progress=on_progress,
            )
            as_seen = not report.failed and report.digest == seen
            if not as_seen:
                transaction.set_rollback(True)
        if not as_seen:
            _keep(locked, report)
            return Outcome.CHANGED
        locked.change_id = report.change_id
        close_import(locked, Import.State.APPLIED, by)
    return Outcome.APPLIED


def discard_import(*, import_: Import, by: User | None) -> bool:
    """Forget the file; False if it was confirmed or discarded before."""
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=import_.pk)
        if not locked.is_waiting:
            return False
        close_import(locked, Import.State.DISCARDED, by)
    return True


def close_import(import_: Import, state: Import.State, by: User | None) -> None:
    """What was done stays on record; the file, or the album, and its rows go with the commit."""
    file = import_.file
    storage, name = file.storage, file.name
    import_.rows.all().delete()
    import_.pictures.all().delete()
    import_.forget_parts()
    import_.state, import_.closed_by, import_.closed_at = state, by, timezone.now()
    import_.file = ""
    import_.save(update_fields=["state", "summary", "closed_by", "closed_at", "file", "change_id"])
    if name:
        delete_on_commit(storage, name)


def read_as_wished(kind: PersonKind, content: bytes, wishes: Wishes) -> ReadColumns:
    """By what held of its headings when the list was brought, whatever was said of them since."""
    return read_people(kind=kind, content=content, mapping=wishes.mapping, is_new=False)


def content_of(import_: Import | ImportJob) -> bytes:
    try:
        with import_.file.open("rb") as file:
            content: bytes = file.read()
    except (FileNotFoundError, ValueError) as error:
        raise FileIsGone from error
    return content


# --- the preview ------------------------------------------------------------------------------


def _keep(import_: Import, report: ImportReport[Any]) -> None:
    import_.summary = report.summary
    import_.ignored_columns = [storable(name) for name in report.ignored_columns]
    import_.columns = [
        {**column.as_dict(), "header": storable(column.header)} for column in report.columns
    ]
    import_.sheet, import_.unread_sheets = report.sheet, report.unread_sheets
    import_.asks_date_order = report.asks_date_order
    import_.digest = report.digest
    import_.save()
    import_.rows.all().delete()
    rows = (_kept_row(import_, row) for row in report.rows)
    ImportRow.objects.bulk_create(rows, batch_size=BATCH_SIZE)


def _kept_row(import_: Import, row: FileRow[Any]) -> ImportRow:
    # Who it is: as we know them, or as the file says for somebody new.
    if row.person is not None and not row.is_new:
        full_name = str(row.person.full_name)
    else:
        full_name = " ".join(row.values[name] for name in NAME_PARTS if row.values.get(name))
    return ImportRow(
        of_import=import_,
        number=row.number,
        action=row.action,
        identifier=storable(row.identifier),
        full_name=storable(full_name),
        # Of whoever is perhaps here already, an officer compares the two.
        changes={}
        if row.errors and not row.possible_duplicate_of
        else {**row.changes, **row.beside},
        notes=row.notes,
        possible_duplicate_of=row.possible_duplicate_of,
        errors={
            name: {"cell": storable(row.cells.get(name, "")), "reasons": reasons}
            for name, reasons in row.errors.items()
        },
    )


def storable(text: str) -> str:
    """PostgreSQL stores every character but one."""
    return text.replace("\x00", "\ufffd")


# --- refused rows -----------------------------------------------------------------------------


def refused_rows(import_: Import, *, as_they_were: bool) -> tuple[list[str], Iterator[list[Any]]]:
    """Columns and rows of what was refused, to correct: where each stood, why, and its cells.

    `as_they_were`: with the numbers and days of a workbook; else as text.
    """
    table = columns_of(import_).table

    def value(number: int, at: int, cell: str) -> Any:
        if cell == spreadsheets.NOTHING_STORED:
            return ""  # of a formula whose outcome the file does not hold
        # It comes marked where the file marked it, and is marked again where it is written.
        text = spreadsheets.undefused(cell)
        sort = table.sorts.get((number, at)) if as_they_were else None
        return spreadsheets.cell_value(text, sort)

    problems = {
        row.number: " ".join(
            " ".join(
                officers_reasons(error["reasons"], row.possible_duplicate_of)
                if name == NON_FIELD
                else [f"{name}:", *error["reasons"]]
            )
            for name, error in row.errors.items()
        )
        for row in import_.rows.filter(action=ImportRow.Action.FAILED)
    }
    # A list that comes back a second time has had its two columns before.
    keep = [at for at, name in enumerate(table.columns) if name not in REFUSAL_COLUMNS]
    columns = [*REFUSAL_COLUMNS, *(table.headings[at] for at in keep)]
    rows = (
        [number, problems[number], *(value(number, at, cells[at]) for at in keep)]
        for number, cells in table.rows
        if number in problems
    )
    return columns, rows


def columns_of(import_: Import, *, most_rows: int | None = None) -> ReadColumns:
    """What the file has; also if it lacks what is needed."""
    return read_columns(
        layout=layout_of(kind_named(import_.kind)),
        content=content_of(import_),
        mapping=Wishes.of(import_.wishes).mapping,
        is_new=False,
        most_rows=most_rows,
    )


def missing_columns(import_: Import) -> list[str]:
    """What the file needs, and nobody has said where it is: until then it is not compared."""
    fields = [column["field"] for column in import_.columns]
    return layout_of(kind_named(import_.kind)).missing(fields)


def without_refused(import_: Import) -> Wishes:
    """What to say of the file so that its refused rows are left out.

    A file is imported whole or not at all: what is left out is left out by an officer.
    """
    refused = import_.rows.filter(action=ImportRow.Action.FAILED).values_list("number", flat=True)
    wishes = Wishes.of(import_.wishes)
    return replace(wishes, left_out=wishes.left_out | set(refused))


# --- forgetting -------------------------------------------------------------------------------


def old_imports(*, at: datetime) -> QuerySet[Import]:
    """What nobody has decided on for KEPT_FOR, and albums that nobody could look at in a day."""
    is_old = Q(uploaded_at__lt=at - KEPT_FOR)
    is_unfinished = Q(what=Import.What.PHOTOS, digest="", uploaded_at__lt=at - UNFINISHED_FOR)
    return Import.objects.filter(is_old | is_unfinished, state=Import.State.WAITING)


def discard_old_imports(*, at: datetime) -> int:
    return sum(discard_import(import_=import_, by=None) for import_ in old_imports(at=at))
