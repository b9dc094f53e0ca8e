"""An import in two steps: what a file would do is kept for an officer, who confirms or discards it.

Both steps are `import_people`. What is written is what was shown: if anybody has changed these
people since, the officer sees the new preview instead.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.constraints import NON_FIELD
from core.errors import DomainError
from people import spreadsheets
from people.imports import REFUSAL_COLUMNS, Report, Row, import_people
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportRow, Person

# A file names hundreds of people: nobody forgets it here.
KEPT_FOR = timedelta(days=7)
BATCH_SIZE = 1000
FILE_NAME_LENGTH = 255
NAME_PARTS = ("first_name", "middle_name", "surname", "full_name")


class FileIsGone(DomainError):
    code = "file_is_gone"
    message = "The file is no longer there. Upload it again."


class Outcome(Enum):
    APPLIED = "applied"
    CHANGED = "what it would do has changed since it was shown"
    CLOSED = "somebody confirmed or discarded it before"


def preview_import(
    *,
    kind: PersonKind,
    content: bytes,
    file_name: str,
    by: User,
    instead_of: Import | None = None,
) -> Import:
    """Keep this file and what it would do; nobody is changed.

    `instead_of` is the one that was corrected: it is discarded.
    Raises what `import_people` raises for the file as a whole; then nothing is kept.
    """
    report = import_people(kind=kind, content=content, dry_run=True)
    upload = Import(kind=kind.key, file_name=file_name, uploaded_by=by)
    with transaction.atomic():
        _keep(upload, report)
        upload.file.save(file_name, ContentFile(content), save=False)
        upload.save(update_fields=["file"])
        if instead_of is not None:
            discard_import(upload=instead_of, by=by)
    return upload


def confirm_import(*, upload: Import, seen: str, by: User) -> Outcome:
    """Write what the preview with the digest `seen` has shown, or show the new preview.

    Raises ImportConflict if somebody registers one of these people at this moment.
    """
    with transaction.atomic():
        # Of two officers who confirm, and of two clicks, the second finds it applied.
        locked = Import.objects.select_for_update().get(pk=upload.pk)
        if not locked.is_waiting:
            return Outcome.CLOSED
        report = _write_as_seen(locked, seen)
        if report is not None:
            _keep(locked, report)
            return Outcome.CHANGED
        _close(locked, Import.State.APPLIED, by)
    return Outcome.APPLIED


class _Unseen(Exception):
    """Rolls back what nobody has confirmed; it never leaves this module."""

    def __init__(self, report: Report[Any]) -> None:
        self.report = report


def _write_as_seen(upload: Import, seen: str) -> Report[Any] | None:
    """Import for good; a report that is not the one that was seen undoes it and is returned."""
    content = content_of(upload)
    try:
        with transaction.atomic():
            report = import_people(kind=kind_named(upload.kind), content=content, dry_run=False)
            if report.failed or digest_of(report) != seen:
                raise _Unseen(report)
    except _Unseen as unseen:
        return unseen.report
    return None


def discard_import(*, upload: Import, by: User | None) -> bool:
    """Forget the file; False if it was confirmed or discarded before."""
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=upload.pk)
        if not locked.is_waiting:
            return False
        _close(locked, Import.State.DISCARDED, by)
    return True


def _close(upload: Import, state: Import.State, by: User | None) -> None:
    """What was done stays on record; the file and its rows go with the commit."""
    file = upload.file
    storage, name = file.storage, file.name
    upload.rows.all().delete()
    upload.state, upload.closed_by, upload.closed_at = state, by, timezone.now()
    upload.file = ""
    upload.save(update_fields=["state", "closed_by", "closed_at", "file"])
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def content_of(upload: Import) -> bytes:
    try:
        with upload.file.open("rb") as file:
            content: bytes = file.read()
    except (FileNotFoundError, ValueError) as error:
        raise FileIsGone from error
    return content


# --- the preview ------------------------------------------------------------------------------


def _keep(upload: Import, report: Report[Any]) -> None:
    upload.summary = report.summary
    upload.ignored_columns = [_storable(name) for name in report.ignored_columns]
    upload.digest = digest_of(report)
    upload.save()
    upload.rows.all().delete()
    rows = (_preview_row(upload, row) for row in report.rows)
    ImportRow.objects.bulk_create(rows, batch_size=BATCH_SIZE)


def digest_of(report: Report[Any]) -> str:
    """The same for two runs that would do the same."""
    rows = [[row.number, row.action, row.changes, row.errors] for row in report.rows]
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()


def _preview_row(upload: Import, row: Row[Any]) -> ImportRow:
    return ImportRow(
        upload=upload,
        number=row.number,
        action=row.action,
        identifier=_storable(row.identifier),
        full_name=_storable(_name(row)),
        changes={} if row.errors else row.changes,
        errors={
            name: {"cell": _storable(row.cells.get(name, "")), "reasons": reasons}
            for name, reasons in row.errors.items()
        },
    )


def _name(row: Row[Any]) -> str:
    """Who it is: as we know them, or as the file says for somebody new."""
    if row.person is not None and not row.is_new:
        return str(row.person.full_name)
    return " ".join(row.values[name] for name in NAME_PARTS if row.values.get(name))


def _storable(text: str) -> str:
    """PostgreSQL stores every character but one."""
    return text.replace("\x00", "\ufffd")


# --- refused rows -----------------------------------------------------------------------------


def refused_rows(upload: Import) -> Iterator[bytes]:
    """The rows that were refused, as CSV to correct: where each stood, why, and its cells."""
    table = spreadsheets.read_table(content_of(upload))
    refused = {row.number: row for row in upload.rows.filter(action=ImportRow.Action.FAILED)}
    lines = (
        [number, _problem(refused[number]), *cells]
        for number, cells in table.rows
        if number in refused
    )
    # A list that comes back a second time has had its two columns before.
    keep = [at for at, name in enumerate(table.columns) if name not in REFUSAL_COLUMNS]
    columns = [*REFUSAL_COLUMNS, *(table.columns[at] for at in keep)]
    rows = ([*line[:2], *(line[2 + at] for at in keep)] for line in lines)
    return spreadsheets.csv_stream(columns, rows)


def _problem(row: ImportRow) -> str:
    return " ".join(
        " ".join(error["reasons"]) if name == NON_FIELD else f"{name}: {' '.join(error['reasons'])}"
        for name, error in row.errors.items()
    )


def without_refused(*, upload: Import, by: User) -> Import:
    """A new import of the rows that were not refused; this one is discarded.

    A file is imported whole or not at all: what is left out is left out by an officer.
    """
    table = spreadsheets.read_table(content_of(upload))
    refused = upload.rows.filter(action=ImportRow.Action.FAILED).values_list("number", flat=True)
    left_out = set(refused)
    rows = [cells for number, cells in table.rows if number not in left_out]
    return preview_import(
        kind=kind_named(upload.kind),
        content=spreadsheets.csv_bytes(table.columns, rows),
        file_name=f"Rest of {upload.file_name}"[:FILE_NAME_LENGTH],
        by=by,
        instead_of=upload,
    )


# --- forgetting -------------------------------------------------------------------------------


def discard_old_imports(*, at: datetime) -> int:
    """Discard what nobody has decided on for KEPT_FOR."""
    old = Import.objects.filter(state=Import.State.WAITING, uploaded_at__lt=at - KEPT_FOR)
    return sum(discard_import(upload=upload, by=None) for upload in old)


def discard_imports_about(person: Person) -> int:
    """Discard what waits and names this person: their data is in the file as well."""
    waiting = Import.objects.filter(
        kind=person.kind,
        state=Import.State.WAITING,
        rows__identifier__iexact=person.identifier,
    )
    return sum(discard_import(upload=upload, by=None) for upload in waiting.distinct())
