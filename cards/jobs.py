"""Many cards as one PDF, in the background worker, with progress that anyone can ask for."""

import logging
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import User
from cards.faces import face_of
from cards.models import Card, IDCardPrintLog, PrintJob, snapshot
from cards.printing import CardFace, prepare_photo, write_cards
from institution.paper import institution
from people.consents import may_print_photos

logger = logging.getLogger(__name__)

CHUNK = 100
# A print file is a folder full of faces: it is fetched, printed, and gone.
KEPT_FOR = timedelta(days=7)


def print_cards(*, card_uuids: list[UUID], layout: str, by: User) -> PrintJob:
    """Queue a print job; the worker sees it only together with its row."""
    with transaction.atomic():
        job = PrintJob.objects.create(
            card_uuids=[str(pk) for pk in card_uuids],
            total=len(card_uuids),
            layout=layout,
            created_by=by,
        )
        _queue(job)
    return job


def print_again(*, job: PrintJob) -> None:
    """Queue a job that failed once more; of two who ask at once one does."""
    with transaction.atomic():
        again = PrintJob.objects.filter(pk=job.pk, state=PrintJob.State.FAILED).update(
            state=PrintJob.State.QUEUED, done=0, warnings=[], finished_at=None
        )
        if again:
            _queue(job)


def _queue(job: PrintJob) -> None:
    async_task("cards.jobs.run", str(job.pk), task_name=f"print {job.pk}")


def note_fetch(*, job: PrintJob) -> None:
    """Remember that the file of this job was downloaded, and when first."""
    PrintJob.objects.filter(pk=job.pk, fetched_at=None).update(fetched_at=timezone.now())


def run(job_id: str) -> None:
    """What the worker calls. A job that is handed out again after a crash starts afresh."""
    job = PrintJob.objects.get(pk=job_id)
    if job.state == PrintJob.State.DONE:
        return
    _progress(job, state=PrintJob.State.RUNNING, done=0, warnings=[])
    try:
        _write(job)
    except Exception:
        # The worker's own log is not where an officer looks: the job itself must say it.
        logger.exception("Print job %s failed", job.pk)
        _finish(job, state=PrintJob.State.FAILED, error="Failed to generate ID card PDF.")


def _write(job: PrintJob) -> None:
    cards = _cards(job)
    with tempfile.TemporaryFile() as out:
        write_cards(
            _faces(cards),
            institution(),
            out,
            layout=job.layout,
            on_progress=lambda done, warnings: _after_card(job, cards, done, warnings),
        )
        out.seek(0)
        job.file.save(f"{job.pk}.pdf", File(out), save=False)
    _finish(job, state=PrintJob.State.DONE)


def _cards(job: PrintJob) -> list[UUID]:
    """The cards that are still there, in the order they were asked for."""
    wanted = [UUID(pk) for pk in job.card_uuids]
    there = set(Card.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return [pk for pk in wanted if pk in there]


def _faces(card_uuids: list[UUID]) -> Iterator[CardFace]:
    """One chunk of cards at a time, whatever their number.

    Reducing a photo takes as long as drawing its card: threads do it ahead, on the other cores.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(card_uuids), CHUNK):
            chunk = card_uuids[start : start + CHUNK]
            cards = Card.objects.with_holders().in_bulk(chunk)
            may_show = may_print_photos([card.person_id for card in cards.values()])
            prepare = partial(_prepared_face, may_show=may_show)
            yield from pool.map(prepare, [cards[pk] for pk in chunk])


def _prepared_face(card: Card, *, may_show: frozenset[UUID]) -> CardFace:
    """Touches no database: the holders came with their cards."""
    face = face_of(card, may_show=may_show)
    if not isinstance(face.photo, bytes):
        return face
    return replace(face, photo=prepare_photo(face.photo))


def _after_card(job: PrintJob, cards: list[UUID], done: int, warnings: Any) -> None:
    pk = str(cards[done - 1])
    job.warnings += [
        {"card_uuid": pk, "code": str(warning.code), "detail": warning.detail}
        for warning in warnings
    ]
    if done % 20 == 0 or done == len(cards):
        _progress(job, done=done, warnings=job.warnings)


def _progress(job: PrintJob, **values: Any) -> None:
    for name, value in values.items():
        setattr(job, name, value)
    job.save(update_fields=list(values))


def _finish(job: PrintJob, *, state: str, error: str = "") -> None:
    """The verdict and the print log, together."""
    with transaction.atomic():
        found = Card.objects.filter(pk__in=_cards(job))
        cards = found.select_related("person").iterator(CHUNK)
        IDCardPrintLog.objects.bulk_create(
            (_log(job, card, error) for card in cards), batch_size=CHUNK
        )
        _progress(job, state=state, file=job.file, finished_at=timezone.now())


def _log(job: PrintJob, card: Card, error: str) -> IDCardPrintLog:
    return IDCardPrintLog(
        **snapshot(card.card_type, card.person, card),
        printed_by_id=job.created_by_id,
        success=not error,
        error_message=error,
        job=job,
    )


def old_files(*, at: datetime) -> QuerySet[PrintJob]:
    """Jobs whose PDFs were fetched, or that nobody fetched for KEPT_FOR."""
    fetched = Q(fetched_at__lt=at - settings.PRINT_FILE_KEPT)
    return PrintJob.objects.exclude(file="").filter(fetched | Q(created_at__lt=at - KEPT_FOR))


def delete_old_files(*, at: datetime) -> int:
    """The jobs and their log stay, and the cards can be printed again."""
    old = list(old_files(at=at))
    for job in old:
        job.file.delete(save=False)
        job.save(update_fields=["file"])
    return len(old)
