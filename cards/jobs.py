"""Many cards as one PDF, in the background worker, with progress that anyone can ask for."""

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_noop
from django_q.tasks import async_task

from accounts.models import User
from cards.faces import address_warnings, face_of
from cards.models import REST_OF_JOB, Card, IDCardPrintLog, PrintJob, snapshot
from cards.printers import Printer, printer
from cards.printing import (
    CardFace,
    PrintWarning,
    WarningCode,
    prepare_photo,
    unprintable_letters,
    unread_codes,
    write_cards,
)
from core.errors import DomainError
from files.away import delete_or_note
from institution.paper import institution
from people.consents import may_print_photos

logger = logging.getLogger(__name__)

CHUNK = 100
# A print file is a folder full of faces: it is fetched, printed, and gone.
KEPT_FOR = timedelta(days=7)
MOST_LETTERS = 500  # of PrintJob.error


def print_cards(
    *,
    card_uuids: list[UUID],
    layout: str,
    by: User,
    first_cell: int = 1,
    flip: str = PrintJob.Flip.LONG,
    reason: str = "",
) -> PrintJob:
    """Queue a print job; the worker sees it only together with its row."""
    with transaction.atomic():
        job = PrintJob.objects.create(
            card_uuids=[str(pk) for pk in card_uuids],
            total=len(card_uuids),
            layout=layout,
            first_cell=first_cell,
            flip=flip,
            reason=reason,
            created_by=by,
        )
        _queue(job)
    return job


def print_rest(*, job: PrintJob, first: int, by: User) -> PrintJob:
    """The cards of a job from the `first` one on, as after a jam, in the same way."""
    return print_cards(
        card_uuids=[UUID(pk) for pk in job.card_uuids[first - 1 :]],
        layout=job.layout,
        flip=job.flip,
        reason=REST_OF_JOB.format(first=first, total=job.total),
        by=by,
    )


def print_again(*, job: PrintJob) -> None:
    """Queue a job that failed once more; of two who ask at once one does."""
    with transaction.atomic():
        again = PrintJob.objects.filter(pk=job.pk, state=PrintJob.State.FAILED).update(
            state=PrintJob.State.QUEUED, done=0, warnings=[], error="", finished_at=None
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
    _progress(job, state=PrintJob.State.RUNNING, done=0, warnings=[], error="")
    try:
        printed = _write(job)
    except CannotBeMade as error:
        logger.warning("Print job %s: %s", job.pk, error.message)
        _finish(job, _cards(job), error=error.message)
    except Exception:
        # The worker's own log is not where an officer looks: the job itself must say it.
        logger.exception("Print job %s failed", job.pk)
        _finish(job, _cards(job), error=CannotBeMade.message)
    else:
        _finish(job, printed)


class CannotBeMade(DomainError):
    """Why there is no file, in words for whoever asked for it: in English, as it is kept."""

    code = "print_failed"
    message = gettext_noop("Failed to generate ID card PDF.")


@dataclass
class _Deck:
    """The cards of a job while they are drawn."""

    job: PrintJob
    printed: list[UUID] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    """What the QR codes of the printed ones should say."""
    left_out: int = 0
    without_photo: list[str] = field(default_factory=list)
    """Whose photo is not where it is kept."""

    def leave_out(self, card: Card, code: WarningCode, *letters: str) -> None:
        self.left_out += 1
        name = card.person.full_name
        detail = f"{name}: {', '.join(letters)}" if letters else name
        self.note(card.pk, [PrintWarning(code, detail)])

    def after_card(self, done: int, warnings: Iterable[PrintWarning]) -> None:
        self.note(self.printed[done - 1], warnings)
        if (done + self.left_out) % 20 == 0:
            _progress(self.job, done=done + self.left_out, warnings=self.job.warnings)

    def note(self, card: UUID | None, warnings: Iterable[PrintWarning]) -> None:
        """None: about all cards."""
        self.job.warnings += [
            {
                "card_uuid": card and str(card),
                "code": str(warning.code),
                "detail": warning.detail,
            }
            for warning in warnings
        ]

    def check(self) -> None:
        """Raises CannotBeMade."""
        if self.without_photo:
            names, number = ", ".join(self.without_photo[:5]), len(self.without_photo)
            raise CannotBeMade(
                f"{number} photo{'s are' if number > 1 else ' is'} missing from where photos are "
                f"kept: {names}{' and others' if number > 5 else ''}. Upload them again, or bring "
                "the photos back from the backup."
            )
        if self.left_out and not self.printed:
            raise CannotBeMade(
                gettext_noop("None of these cards can be printed; see the warnings.")
            )


def _write(job: PrintJob) -> list[UUID]:
    """The file, and which cards are in it. Raises CannotBeMade."""
    deck = _Deck(job)
    deck.note(None, address_warnings())
    by = printer(job.layout)
    with tempfile.TemporaryFile() as out:
        on_pages = write_cards(
            _faces(deck, _cards(job)),
            institution(),
            out,
            layout=job.layout,
            first_cell=job.first_cell,
            is_short_edge=job.flip == PrintJob.Flip.SHORT,
            **by.how,
            on_progress=deck.after_card,
        )
        deck.check()
        _check_codes(deck, out, on_pages, by)
        out.seek(0)
        name = f"{job.pk}.pdf"
        # Of a run that was killed, whose file nothing names.
        job.file.storage.delete(job.file.field.generate_filename(job, name))
        job.file.save(name, File(out), save=False)
    return deck.printed


def _check_codes(deck: _Deck, out: BinaryIO, on_pages: list[int], by: Printer) -> None:
    """Nobody can check a card whose code no scanner reads. Raises CannotBeMade."""
    unread = [
        deck.printed[index]
        for index in unread_codes(
            out, deck.addresses, on_pages, is_turned=by.is_turned, is_moved=by.is_moved
        )
    ]
    if unread:
        first = Card.objects.select_related("person").filter(pk__in=unread[:5])
        raise CannotBeMade(
            f"The QR codes of {len(unread)} of {len(deck.printed)} cards cannot be read from the "
            f"finished file: {', '.join(str(card.person) for card in first)}"
            f"{' and others' if len(unread) > 5 else ''}."
        )


def _cards(job: PrintJob) -> list[UUID]:
    """The cards that are still there, in the order they were asked for."""
    wanted = [UUID(pk) for pk in job.card_uuids]
    there = set(Card.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return [pk for pk in wanted if pk in there]


def _faces(deck: _Deck, card_uuids: list[UUID]) -> Iterator[CardFace]:
    """One chunk of cards at a time, whatever their number.

    Reducing a photo takes as long as drawing its card: threads do it ahead, on the other cores.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(card_uuids), CHUNK):
            chunk = card_uuids[start : start + CHUNK]
            found = Card.objects.with_holders().in_bulk(chunk)
            # Whoever goes on after a jam, or asks once more, asks for what was good then.
            retired = [card for card in found.values() if card.is_retired]
            for card in retired:
                deck.leave_out(found.pop(card.pk), WarningCode.CARD_RETIRED)
            cards = [found[pk] for pk in chunk if pk in found]
            may_show = may_print_photos([card.person_id for card in cards])
            # Photos are read here, where the connection to the database is.
            drawn = [face_of(card, may_show=may_show) for card in cards]
            for card, face in zip(cards, pool.map(_prepared, drawn), strict=True):
                if letters := unprintable_letters(face):
                    deck.leave_out(card, WarningCode.NAME_UNPRINTABLE, *letters)
                    continue
                if face.photo == b"":
                    deck.without_photo.append(str(card.person))
                deck.printed.append(card.pk)
                deck.addresses.append(face.verify_url)
                yield face


def _prepared(face: CardFace) -> CardFace:
    if not isinstance(face.photo, bytes):
        return face
    return replace(face, photo=prepare_photo(face.photo))


def _progress(job: PrintJob, **values: Any) -> None:
    for name, value in values.items():
        setattr(job, name, value)
    job.save(update_fields=list(values))


def _finish(job: PrintJob, cards: list[UUID], *, error: str = "") -> None:
    """The verdict and the print log, together."""
    state = PrintJob.State.FAILED if error else PrintJob.State.DONE
    done = job.done if error else job.total
    with transaction.atomic():
        found = Card.objects.filter(pk__in=cards).select_related("person").iterator(CHUNK)
        IDCardPrintLog.objects.bulk_create(
            (_log(job, card, has_failed=bool(error)) for card in found), batch_size=CHUNK
        )
        _progress(
            job,
            state=state,
            done=done,
            warnings=job.warnings,
            error=Truncator(error).chars(MOST_LETTERS),
            file=job.file,
            finished_at=timezone.now(),
        )


def _log(job: PrintJob, card: Card, *, has_failed: bool) -> IDCardPrintLog:
    """The job itself says why: whose photo is missing is not written down at everybody's card."""
    return IDCardPrintLog(
        **snapshot(card.card_type, card.person, card),
        printed_by_id=job.created_by_id,
        success=not has_failed,
        error_message=CannotBeMade.message if has_failed else "",
        reason=job.reason,
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
        name, job.file = str(job.file.name), ""
        job.save(update_fields=["file"])
        delete_or_note(job.file.storage, name)
    return len(old)
