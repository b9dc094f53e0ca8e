"""Long imports in the background, with progress that whoever may import can ask for.

A file of few rows is worked off while its sender waits; what is longer than
IMPORT_BACKGROUND_ROWS the worker does, by the same `import_people`, in one transaction with the
verdict on the job: whoever kills the worker in between leaves nothing half-written.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pghistory
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from accounts.models import User
from core.errors import DomainError
from core.locks import for_change
from files.away import delete_on_commit
from people import albums, previews
from people.deed_models import ABOUT_LENGTH
from people.headings import read_columns
from people.import_reports import ImportReport
from people.imported_lists import list_named
from people.imports import (
    NO_WISHES,
    Progress,
    Wishes,
    import_people,
    layout_of,
    read_people,
)
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportJob
from people.previews import Outcome
from people.spreadsheets import Table

logger = logging.getLogger(__name__)

# What it says of people is there for whoever started it, and not for long.
KEPT_FOR = timedelta(days=7)
# The worker hands a task out again whose process was killed; at some point the file is to blame.
MOST_TRIES = 3
TELL_EVERY = 0.2
"""Seconds between two writes of the progress."""
# Whoever confirms what they have not seen.
NOTHING_SEEN = "-"
STOPPED = "stopped"
STOPPED_WORDS = gettext_noop(
    "The worker was stopped each time it did this. Nothing was imported; try again."
)
BROKEN = "import_failed"
BROKEN_WORDS = gettext_noop(
    "The import failed. Nothing was imported; the log of the worker says why."
)
CHANGED_WORDS = gettext_noop(
    "Nothing is imported yet: somebody has changed these people since you saw the preview. "
    "Look at the new one and confirm again."
)
DISCARDED = "discarded"
DISCARDED_WORDS = gettext_noop("The file was discarded. Nothing was imported.")


class JobIsOver(Exception):
    """Somebody ended the job while it was done: what it has written is rolled back."""


def is_long(table: Table) -> bool:
    return len(table.rows) > settings.IMPORT_BACKGROUND_ROWS


# --- what is queued ---------------------------------------------------------------------------


def queue_import(
    *,
    kind: PersonKind,
    content: bytes,
    file_name: str,
    rows: int,
    dry_run: bool,
    by: User,
    wishes: Wishes,
    list_key: str = "",
) -> ImportJob:
    """A file of the API's; the worker sees the job only together with its row and its file."""
    job = ImportJob(
        kind=kind.key,
        list_key=list_key,
        dry_run=dry_run,
        file_name=file_name[:ABOUT_LENGTH],
        total=rows,
        created_by=by,
        wishes=wishes.as_dict(),
    )
    with transaction.atomic():
        job.file.save("import", ContentFile(content), save=False)
        job.save()
        _queue(job)
    return job


def preview_file(
    *,
    kind: PersonKind,
    content: bytes,
    file_name: str,
    by: User,
    instead_of: Import | None = None,
    wishes: Wishes = NO_WISHES,
) -> Import:
    """Keep this file and what it would do, or have the worker find that out; nobody is changed.

    Where a column is missing that may be there by another name, it is kept for an officer to say
    so. Raises what `read_people` and `import_people` raise; then nothing is kept.
    """
    read = read_columns(
        layout=layout_of(kind), content=content, mapping=wishes.mapping, is_new=False
    )
    if not read.can_be_mapped:
        read.check()
    is_clear, is_later = not read.missing, is_long(read.table)
    is_now = is_clear and not is_later
    wishes = replace(wishes, mapping=read.said)
    report = ImportReport[Any].of(read, [], dry_run=True)
    if is_now:
        report = import_people(kind=kind, read=read, dry_run=True, by=by, wishes=wishes)
    with transaction.atomic():
        import_ = previews.keep_import(
            kind=kind,
            content=content,
            file_name=file_name,
            by=by,
            report=report,
            is_compared=is_now,
            instead_of=instead_of,
            wishes=wishes,
        )
        if is_clear and is_later:
            _queue_step(import_, rows=len(read.table.rows), by=by)
    return import_


def say_columns(*, import_: Import, mapping: Mapping[str, str | None], by: User) -> Outcome:
    """Which column is which field; it is remembered, and the file is compared anew.

    Raises what `read_people` raises of a `mapping`.
    """
    kind = kind_named(import_.kind)
    content = previews.content_of(import_)
    read = read_people(kind=kind, content=content, mapping=mapping)
    wishes = replace(Wishes.of(import_.wishes), mapping=read.said)
    return compare_anew(import_=import_, wishes=wishes, rows=len(read.table.rows), by=by)


def compare_anew(*, import_: Import, wishes: Wishes, by: User, rows: int | None = None) -> Outcome:
    """Preview a file that is kept, now that more is known of it: CHANGED, or BEGUN by the worker.

    `rows` of the file; None: as many as there were. CLOSED if it was decided before, BUSY if the
    worker is at it: then nothing is kept of the wishes.
    """
    if _step_under_way(import_):  # which may hold the row for as long as an import takes
        return Outcome.BUSY
    try:
        with transaction.atomic():
            # Not so strong that whoever queues a step beside us could not commit it.
            locked = for_change(Import.objects.filter(pk=import_.pk)).get()
            if not locked.is_waiting:
                return Outcome.CLOSED
            rows = locked.summary["total"] if rows is None else rows
            locked.wishes, locked.digest = wishes.as_dict(), ""
            locked.save(update_fields=["wishes", "digest"])
            if rows <= settings.IMPORT_BACKGROUND_ROWS:
                previews.preview_kept(import_=locked)
                return Outcome.CHANGED
            _queue_step(locked, rows=rows, by=by)
    except IntegrityError:  # somebody was faster by a moment
        if not _step_under_way(import_):
            raise
        return Outcome.BUSY
    return Outcome.BEGUN


def confirm(*, import_: Import, seen: str, by: User) -> Outcome:
    """As `previews.confirm_import`; BEGUN if the worker does it.

    BUSY if it is comparing the file anew: what would be confirmed is then another preview.
    """
    if already := _step_under_way(import_):
        return already
    rows = import_.summary["total"]
    if not import_.is_waiting or rows <= settings.IMPORT_BACKGROUND_ROWS:
        return previews.confirm_import(import_=import_, seen=seen, by=by)
    try:
        with transaction.atomic():
            _queue_step(import_, rows=rows, by=by, seen=seen)
    except IntegrityError:  # somebody was faster by a moment: it is one job
        already = _step_under_way(import_)
        if already is None:
            raise
        return already
    return Outcome.BEGUN


def look_at_album(*, album: Import, by: User) -> None:
    """Now that all of it is there: at once, or by the worker if that takes long.

    Raises ArchiveRefused or ArchiveTooLarge; then nothing is kept of it.
    """
    try:
        number = albums.pictures_in(album)
    except DomainError:
        with transaction.atomic():
            album.forget_parts()
            album.delete()
        raise
    if number <= albums.AT_ONCE:
        albums.look_at(album=album)
        return
    try:
        with transaction.atomic():
            _queue_step(album, rows=number, by=by)
    except IntegrityError:  # the last part came twice: it is one job
        if not _step_under_way(album):
            raise


def confirm_album(*, album: Import, seen: str, cropped: Collection[int], by: User) -> Outcome:
    """As `albums.confirm_album`; BEGUN if the worker does it."""
    if already := _step_under_way(album):
        return already
    number = album.summary["total"]
    if not album.is_waiting or number <= albums.AT_ONCE:
        return albums.confirm_album(album=album, seen=seen, cropped=cropped, by=by)
    try:
        with transaction.atomic():
            wishes = {"cropped": sorted(cropped)}
            _queue_step(album, rows=number, by=by, seen=seen or NOTHING_SEEN, wishes=wishes)
    except IntegrityError:  # somebody was faster by a moment: it is one job
        already = _step_under_way(album)
        if already is None:
            raise
        return already
    return Outcome.BEGUN


def _step_under_way(import_: Import) -> Outcome | None:
    """BEGUN: the worker imports the file; BUSY: it compares it; None: neither."""
    under_way = import_.jobs.filter(finished_at=None)
    is_comparison = under_way.values_list("dry_run", flat=True).first()
    if is_comparison is None:
        return None
    return Outcome.BUSY if is_comparison else Outcome.BEGUN


def _queue_step(
    import_: Import, *, rows: int, by: User, seen: str = "", wishes: dict[str, Any] | None = None
) -> None:
    job = ImportJob.objects.create(
        kind=import_.kind,
        dry_run=not seen,
        of_import=import_,
        seen=seen,
        total=rows,
        created_by=by,
        wishes=wishes or {},
    )
    _queue(job)


def _queue(job: ImportJob) -> None:
    async_task("people.import_jobs.run", str(job.pk), task_name=f"import {job.pk}")


# --- what the worker does ---------------------------------------------------------------------


def run(job_id: str) -> None:
    """What the worker calls. A job that is handed out again after a crash starts afresh."""
    job = ImportJob.objects.select_related("of_import", "created_by").get(pk=job_id)
    if job.is_over:
        return
    if job.tries >= MOST_TRIES:
        end(job, state=ImportJob.State.FAILED, code=STOPPED, detail=STOPPED_WORDS)
        return
    job.state, job.done, job.tries = ImportJob.State.RUNNING, 0, job.tries + 1
    job.save(update_fields=["state", "done", "tries"])
    try:
        with _in_the_name_of(job), _progress_beside(job) as tell, transaction.atomic():
            (_do_step if job.of_import else _do_file)(job, tell)
    except JobIsOver:
        logger.info("Import job %s was ended while it ran", job.pk)
    except DomainError as error:
        end(job, state=ImportJob.State.FAILED, code=error.code, detail=error.message)
    except Exception:
        # The worker's own log is not where an officer looks: the job itself must say it.
        logger.exception("Import job %s failed", job.pk)
        end(job, state=ImportJob.State.FAILED, code=BROKEN, detail=BROKEN_WORDS)


def _do_file(job: ImportJob, tell: Progress) -> None:
    content, wishes = previews.content_of(job), Wishes.of(job.wishes)
    import_ = _import_list if job.list_key else _import_people
    report = import_(
        job,
        content,
        wishes,
        dry_run=job.dry_run,
        by=job.created_by,
        about=job.file_name,
        on_progress=tell,
    )
    state = ImportJob.State.FAILED if report.is_refused else ImportJob.State.DONE
    if not end(job, state=state, done=job.total, report=_storable(report)):
        raise JobIsOver


def _import_people(
    job: ImportJob, content: bytes, wishes: Wishes, **said: Any
) -> ImportReport[Any]:
    kind = kind_named(job.kind)
    read = previews.read_as_wished(kind, content, wishes)
    return import_people(kind=kind, read=read, wishes=wishes, **said)


def _import_list(job: ImportJob, content: bytes, wishes: Wishes, **said: Any) -> ImportReport[Any]:
    sort = list_named(job.list_key)
    read = sort.read(content=content, mapping=wishes.mapping, is_new=False)
    return sort.import_(read=read, **said)


def _do_step(job: ImportJob, tell: Progress) -> None:
    import_ = job.of_import
    assert import_ is not None
    said: dict[str, str] = {}
    is_album = import_.what == Import.What.PHOTOS
    if job.dry_run and is_album:
        albums.look_at(album=import_, on_progress=tell)
    elif job.dry_run:
        previews.preview_kept(import_=import_, on_progress=tell)
    else:
        confirmed = _confirm_album if is_album else _confirm_list
        outcome = confirmed(import_, job, tell)
        if outcome is Outcome.CHANGED:
            said = {"code": "changed", "detail": CHANGED_WORDS}
    state = ImportJob.State.FAILED if said else ImportJob.State.DONE
    if not end(job, state=state, done=job.total, **said):
        raise JobIsOver


def _confirm_list(import_: Import, job: ImportJob, tell: Progress) -> Outcome:
    return previews.confirm_import(
        import_=import_, seen=job.seen, by=job.created_by, on_progress=tell
    )


def _confirm_album(import_: Import, job: ImportJob, tell: Progress) -> Outcome:
    return albums.confirm_album(
        album=import_,
        seen=job.seen,
        cropped=set(job.wishes["cropped"]),
        by=job.created_by,
        on_progress=tell,
    )


def _storable(report: ImportReport[Any]) -> dict[str, Any]:
    """As the API answers it, without the one character that PostgreSQL does not store."""
    said = report.as_dict()
    for row in said["rows"]:
        row["identifier"] = previews.storable(row["identifier"])
    for column in said["columns"]:
        column["header"] = previews.storable(column["header"])
    said["ignored_columns"] = [previews.storable(name) for name in said["ignored_columns"]]
    return said


def end(job: ImportJob, *, state: ImportJob.State, **said: Any) -> bool:
    """The verdict; the file goes with it. False if the job was over."""
    storage, name = job.file.storage, job.file.name
    with transaction.atomic():
        ended = ImportJob.objects.filter(pk=job.pk, finished_at=None).update(
            state=state, finished_at=timezone.now(), file="", **said
        )
        if ended and name:
            delete_on_commit(storage, name)
    return bool(ended)


@contextmanager
def _in_the_name_of(job: ImportJob) -> Iterator[None]:
    """The histories say who imported: as a request does, which the worker has none of."""
    with pghistory.context(user=str(job.created_by_id), method="POST", url=str(job.pk)):
        yield


@contextmanager
def _progress_beside(job: ImportJob) -> Iterator[Callable[[int], None]]:
    """Says how many rows are done to everybody, while the import's transaction is open."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    told_at = monotonic()

    def tell(done: int) -> None:
        nonlocal told_at
        if monotonic() - told_at < TELL_EVERY:
            return
        told_at = monotonic()
        with beside.cursor() as cursor:
            cursor.execute(
                "UPDATE people_importjob SET done = %s WHERE job_id = %s", [done, job.pk]
            )

    try:
        yield tell
    finally:
        beside.close()


# --- forgetting -------------------------------------------------------------------------------


def old_jobs(*, at: datetime) -> QuerySet[ImportJob]:
    """With what their reports say of people."""
    return ImportJob.objects.filter(finished_at__lt=at - KEPT_FOR)


def end_stuck_jobs(*, at: datetime) -> None:
    """Those that no worker has done in KEPT_FOR, whose files wait."""
    for job in ImportJob.objects.filter(finished_at=None, created_at__lt=at - KEPT_FOR):
        end(job, state=ImportJob.State.FAILED, code=STOPPED, detail=STOPPED_WORDS)
