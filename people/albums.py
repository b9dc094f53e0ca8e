"""An album of photos in two steps, as a list is imported in `people.previews`: what its pictures
would become is kept for an officer, who confirms or discards it.

The ZIP comes in parts, each a request of ordinary size, and a stored file. When the last is there,
its pictures are made ready one after the other; from then on they are the album, and the parts go.
"""

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import IO, Any, Final

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from files.pieces import Pieces
from people.imports import Progress
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportPart, ImportPicture, ImportRow
from people.photo_uploads import (
    ArchiveRefused,
    Outcome,
    PhotoReport,
    PictureRow,
    check_size,
    opened,
    set_photos,
)
from people.previews import FILE_NAME_LENGTH, FileIsGone, close_import, storable
from people.previews import Outcome as Decided
from people.reports import ACTIONS

# Pictures that are looked at while their sender waits: a tenth of a second each.
AT_ONCE: Final = 30


class OutOfTurn(DomainError):
    """Some of the file is missing, or is there already; `received` is where to go on."""

    status_code: int = HTTPStatus.CONFLICT
    code = "out_of_turn"
    message = _("This part of the file does not follow what has come.")

    def __init__(self, received: int) -> None:
        super().__init__()
        self.received = received


# --- how it comes -----------------------------------------------------------------------------


def begin_album(
    *, kind: PersonKind, file_name: str, size: int, by: User, wishes: dict[str, Any]
) -> Import:
    """An album of which nothing has come yet. Raises ArchiveTooLarge.

    `wishes`: `crop` (whether the middle is taken of what is wider than high) and whatever the pages
    that follow want to know.
    """
    check_size(size, settings.ALBUM_MAX_BYTES)
    return Import.objects.create(
        what=Import.What.PHOTOS,
        kind=kind.key,
        file_name=storable(file_name)[:FILE_NAME_LENGTH],
        size=size,
        uploaded_by=by,
        summary={"total": 0, **dict.fromkeys(ACTIONS, 0)},
        # Whoever looks at it says what is wrong with a picture in the language of who sent it.
        wishes={**wishes, "language": get_language()},
    )


def add_part(*, album: Import, start: int, content: File[Any]) -> int:
    """Keep what comes of the file from this byte on; how much is there then.

    Raises OutOfTurn, FileIsGone if somebody discarded the album, ArchiveRefused beyond its size.
    """
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=album.pk)
        if not locked.is_waiting or locked.digest:
            raise FileIsGone
        received = received_of(locked)
        if start != received:
            raise OutOfTurn(received)
        size = content.size or 0
        if received + size > locked.size:
            raise ArchiveRefused(_("More has come of this file than it has."))
        part = ImportPart(of_import=locked, number=locked.parts.count(), size=size)
        part.file.save("part", content, save=False)
        part.save()
    return received + size


def received_of(album: Import) -> int:
    return album.parts.aggregate(size=Sum("size"))["size"] or 0


def is_unfinished(album: Import) -> bool:
    """Whether some of it has not come yet; then nobody can look at it."""
    return album.is_waiting and not album.digest and received_of(album) < album.size


def pictures_in(album: Import) -> int:
    """How many there are, told by the end of the file. Raises what `opened` raises."""
    with whole(album) as file, opened(file, **_limits(album)) as unpacked:
        return len(unpacked.entries)


def _limits(album: Import) -> dict[str, int]:
    return {"size": album.size, "most_bytes": settings.ALBUM_MAX_BYTES}


@contextmanager
def whole(album: Import) -> Iterator[IO[bytes]]:
    """What has come of it, as one file."""
    parts = _Parts(list(album.parts.all()))
    with io.BufferedReader(parts, parts.AT_A_TIME) as file:
        yield file


class _Parts(Pieces):
    """The parts as one file; one of them is open."""

    AT_A_TIME: Final = 256 * 1024

    def __init__(self, parts: list[ImportPart]) -> None:
        self._parts = parts
        ends = [0]
        for part in parts:
            ends.append(ends[-1] + part.size)
        self._starts, self.size = ends[:-1], ends[-1]
        self._open = -1
        self._file: File[Any] | None = None

    def read_at(self, at: int, most: int) -> bytes:
        number = max(n for n, start in enumerate(self._starts) if start <= at)
        if number != self._open:
            self._close_part()
            self._file, self._open = self._parts[number].file.open("rb"), number
        assert self._file is not None
        self._file.seek(at - self._starts[number])
        data: bytes = self._file.read(most)
        return data

    def close(self) -> None:
        self._close_part()
        super().close()

    def _close_part(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


# --- what its pictures would become -----------------------------------------------------------


@dataclass
class KeptPicture(PictureRow):
    """A picture of an album: read when it is looked at or written, and not before."""

    album: Import | None = None

    def whole(self) -> bytes:
        assert self.album is not None
        found = self.album.pictures.filter(number=self.number)
        return bytes(found.values_list("jpeg", flat=True).get())


def look_at(*, album: Import, on_progress: Progress | None = None) -> None:
    """Make its pictures ready and find out what they would become; nobody is changed.

    Raises ArchiveRefused or ArchiveTooLarge.
    """
    with override(album.wishes["language"]), transaction.atomic():
        with whole(album) as file, opened(file, **_limits(album)) as unpacked:
            for row in unpacked.pictures():
                _keep_picture(album, row)
                if on_progress:
                    on_progress(row.number)
        report = _report(album, dry_run=True, by=album.uploaded_by)
        locked = Import.objects.select_for_update().get(pk=album.pk)
        if locked.is_waiting:
            _keep(locked, report)
            locked.forget_parts()
        else:  # discarded meanwhile
            locked.pictures.all().delete()


def confirm_album(
    *,
    album: Import,
    seen: str,
    cropped: Collection[int],
    by: User,
    on_progress: Progress | None = None,
) -> Decided:
    """Set the photos that the preview with the digest `seen` has shown, or show the new preview.

    Those `cropped`, by their numbers, are taken the middle of if they are wider than high; what
    does not fit is left out.
    """
    with override(album.wishes["language"]), transaction.atomic():
        # Of two officers who confirm, and of two clicks, the second finds it applied.
        locked = Import.objects.select_for_update().get(pk=album.pk)
        if not locked.is_waiting:
            return Decided.CLOSED
        report = _report(
            locked, dry_run=False, by=by, seen=seen, cropped=cropped, on_progress=on_progress
        )
        if not report.is_as_seen:
            _keep(locked, report)
            return Decided.CHANGED
        locked.summary, locked.change_id = report.summary, report.change_id
        close_import(locked, Import.State.APPLIED, by)
    return Decided.APPLIED


def _report(
    album: Import,
    *,
    dry_run: bool,
    by: User,
    seen: str | None = None,
    cropped: Collection[int] | None = None,
    on_progress: Progress | None = None,
) -> PhotoReport:
    """`cropped`: None where the officer has not said it picture by picture."""
    rows: list[PictureRow] = []
    for each in album.pictures.defer("jpeg"):
        row = KeptPicture(
            each.number,
            PurePosixPath(each.file_name).stem,
            file=each.file_name,
            width=each.width,
            height=each.height,
            album=album,
        )
        if each.problem:
            row.leave(Outcome.UNREADABLE, each.problem)
        is_cropped = album.wishes["crop"] if cropped is None else each.number in cropped
        row.fit(is_cropped=is_cropped)
        rows.append(row)
    return set_photos(
        kind=kind_named(album.kind),
        rows=rows,
        dry_run=dry_run,
        by=by,
        about=album.file_name,
        skip_failed=True,
        seen=seen,
        on_progress=on_progress,
    )


def _keep_picture(album: Import, row: PictureRow) -> None:
    ImportPicture.objects.create(
        of_import=album,
        number=row.number,
        file_name=storable(row.file),
        jpeg=row.jpeg,
        width=row.width,
        height=row.height,
        problem=" ".join(row.errors.get("file", ())),
    )


def _keep(album: Import, report: PhotoReport) -> None:
    album.summary, album.digest = report.summary, report.whose
    album.save(update_fields=["summary", "digest"])
    album.rows.all().delete()
    ImportRow.objects.bulk_create(
        ImportRow(
            of_import=album,
            number=row.number,
            action=row.action,
            identifier=storable(row.identifier),
            full_name=str(row.person.full_name) if row.person else "",
            errors={
                name: {"cell": storable(row.file), "reasons": reasons}
                for name, reasons in row.errors.items()
            },
        )
        for row in report.rows
    )
