"""Many portraits at once: a ZIP of pictures that are named by identification number (section 5).

Each picture passes the checks of a single photo. The dry run does all that the real run does but
the writing. A picture that cannot be used stops a real run, unless it is to be left out.
"""

import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import IO, Any, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import CharField, Func, Value
from django.db.models.functions import Upper
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from accounts.models import User
from core.errors import DomainError
from core.locks import for_change, take_turns
from files.away import delete_or_note
from people.deed_models import Deed
from people.deeds import Touch, changed, record_deed
from people.fields import one_line
from people.kinds import PersonKind
from people.models import Person
from people.photos import UNREADABLE, PhotoRefused, keep_photo, prepared
from people.reports import Report, ReportRow

MOST_PICTURES: Final = 1000
# Pictures are packed already: what unpacks to so many times the most that may come is no album.
MOST_UNPACKED: Final = 4
# On a card of 27 x 34.7 mm that is 100 dpi; below, nobody knows a face again.
SMALLEST: Final = (106, 137)
# So large is a picture at most that shows what would be cut off.
FRAMED: Final = (192, 144)
# What systems put beside pictures by themselves.
NOT_MEANT = re.compile(r"(^|/)(__MACOSX/|\.|thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
SEPARATORS: Final = str.maketrans("/-", "__")
# What `zipfile` raises for archives that lie about themselves, beside its own error.
BROKEN_ARCHIVE = (*UNREADABLE, NotImplementedError, zipfile.BadZipFile)


class ArchiveRefused(DomainError):
    status_code: int = HTTPStatus.BAD_REQUEST
    code = "invalid_zip"


class ArchiveTooLarge(ArchiveRefused):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "zip_too_large"


class Outcome(StrEnum):
    """What a picture is; all but the first are not used."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    UNREADABLE = "unreadable"
    TOO_SMALL = "too_small"
    LANDSCAPE = "landscape"
    DUPLICATE = "duplicate"


@dataclass
class PictureRow(ReportRow[Person]):
    """A picture of the archive, and whose portrait it becomes."""

    file: str = ""
    outcome: Outcome = Outcome.MATCHED
    jpeg: bytes = b""
    width: int = 0
    height: int = 0
    is_cut: bool = False
    """Whether only the middle of it is taken."""

    def leave(self, outcome: Outcome, message: str) -> None:
        self.outcome = outcome
        self.refuse("file", message)

    def fit(self, *, is_cropped: bool) -> None:
        """Be a portrait, `is_cropped` if it is wider than high, or be left out."""
        if self.errors:
            return
        self.is_cut = is_cropped and self.width > self.height
        width = width_of_middle(self.height) if self.is_cut else self.width
        if width < SMALLEST[0] or self.height < SMALLEST[1]:
            words = _("It is smaller than {width} × {height} pixels.")
            self.leave(Outcome.TOO_SMALL, words.format(width=SMALLEST[0], height=SMALLEST[1]))
        elif width > self.height:
            self.leave(Outcome.LANDSCAPE, _("It is wider than high: a portrait is not."))

    def whole(self) -> bytes:
        """The picture as it was prepared."""
        return self.jpeg

    def portrait(self) -> bytes:
        return middle_of(self.whole()) if self.is_cut else self.whole()

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "file": self.file, "outcome": self.outcome.value}


@dataclass
class PhotoReport(Report[Person]):
    """`skip_failed`: pictures that cannot be used are left out. `is_as_seen`: whose they are is
    still what somebody has seen; else nothing was written.
    """

    rows: list[PictureRow]
    skip_failed: bool = False
    is_as_seen: bool = True

    @property
    def is_refused(self) -> bool:
        return super().is_refused and not self.skip_failed

    @property
    def whose(self) -> str:
        """The same as long as the same people have the same photos, whatever is cropped."""
        owners = [
            (row.file, row.person and (str(row.person.pk), row.person.photo.name))
            for row in self.rows
        ]
        return hashlib.sha256(json.dumps(owners).encode()).hexdigest()

    @property
    def summary(self) -> dict[str, int]:
        outcomes = Counter(row.outcome for row in self.rows)
        return {**super().summary, **{each.value: outcomes[each] for each in Outcome}}


def upload_photos(
    *,
    kind: PersonKind,
    archive: IO[bytes],
    size: int,
    dry_run: bool,
    by: User,
    about: str = "",
    skip_failed: bool = False,
    crop_landscape: bool = False,
) -> PhotoReport:
    """Give people of this kind the pictures of this ZIP, all or none.

    `skip_failed`: those that cannot be used are left out. `crop_landscape`: the middle is taken of
    what is wider than high. Raises ArchiveRefused or ArchiveTooLarge for the file as a whole.
    """
    with opened(archive, size=size, most_bytes=settings.MAX_UPLOAD_BYTES) as album:
        rows = list(album.pictures())
    for row in rows:
        row.fit(is_cropped=crop_landscape)
    return set_photos(
        kind=kind, rows=rows, dry_run=dry_run, by=by, about=about, skip_failed=skip_failed
    )


def set_photos(
    *,
    kind: PersonKind,
    rows: list[PictureRow],
    dry_run: bool,
    by: User,
    about: str = "",
    skip_failed: bool = False,
    seen: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> PhotoReport:
    """The same of pictures that are unpacked and fitted.

    `seen`: nothing is written unless they are still those people's (`PhotoReport.whose`).
    """
    report = PhotoReport(dry_run, rows, skip_failed=skip_failed)
    written: list[str] = []
    with _gone_unless_written_down(written), transaction.atomic():
        # As an import does: an undo, or another upload, of the same people waits, and whoever was
        # taken back is nobody's picture.
        take_turns(f"import {kind.plural_key}")
        _match(report.rows, kind)
        _refuse_doubles(report.rows)
        taken = [row for row in report.rows if row.person is not None and not row.errors]
        _compare(taken, kind)
        report.is_as_seen = seen in (None, report.whose)
        if report.is_as_seen and not (dry_run or report.is_refused):
            report.change_id = _write(report, kind, by, about, _kept(rows, written, on_progress))
    return report


# --- what is in the archive -------------------------------------------------------------------


@dataclass(frozen=True)
class OpenedAlbum:
    """A ZIP of pictures; no more than one of them is unpacked at a time."""

    archive: zipfile.ZipFile
    entries: list[zipfile.ZipInfo]

    def pictures(self) -> Iterator[PictureRow]:
        """Each prepared as a single photo is, or refused as that would be."""
        for number, entry in enumerate(self.entries, 1):
            path = PurePosixPath(entry.filename.replace("\\", "/"))
            name = one_line(path.name).replace("\x00", "")
            row = PictureRow(number, PurePosixPath(name).stem, file=name)
            try:
                with self.archive.open(entry) as packed:
                    # What says less of itself than it holds is not read any further.
                    content = packed.read(settings.PHOTO_MAX_BYTES + 1)
                row.jpeg = prepared(io.BytesIO(content), size=len(content))
                with Image.open(io.BytesIO(row.jpeg)) as image:
                    row.width, row.height = image.size
            except PhotoRefused as error:
                row.leave(Outcome.UNREADABLE, str(error))
            except BROKEN_ARCHIVE:
                row.leave(Outcome.UNREADABLE, _("This picture cannot be unpacked."))
            yield row


@contextmanager
def opened(file: IO[bytes], *, size: int, most_bytes: int) -> Iterator[OpenedAlbum]:
    """Raises ArchiveRefused or ArchiveTooLarge."""
    check_size(size, most_bytes)
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN_ARCHIVE as error:
        raise ArchiveRefused(_("This is not a readable ZIP file.")) from error
    with archive:
        entries = [each for each in archive.infolist() if _is_meant(each)]
        if len(entries) > MOST_PICTURES:
            raise ArchiveTooLarge(
                _("The file has more than {number:,} pictures.").format(number=MOST_PICTURES)
            )
        most_unpacked = most_bytes * MOST_UNPACKED
        if sum(entry.file_size for entry in entries) > most_unpacked:
            raise ArchiveTooLarge(
                _("Unpacked it is larger than {number} MB.").format(number=most_unpacked >> 20)
            )
        if not entries:
            raise ArchiveRefused(_("There is no picture in this file."))
        yield OpenedAlbum(archive, entries)


def check_size(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise ArchiveTooLarge(
            _("The file is larger than {number} MB.").format(number=most_bytes >> 20)
        )


def _is_meant(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and not NOT_MEANT.search(entry.filename)


# --- what is wider than high ------------------------------------------------------------------


def width_of_middle(height: int) -> int:
    """In the shape of a card's photo."""
    return round(height * SMALLEST[0] / SMALLEST[1])


def middle_of(jpeg: bytes) -> bytes:
    """Of its full height."""
    cropped = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        image.crop(_middle(image)).save(cropped, "PNG")
    return prepared(cropped, size=0)


def framed(jpeg: bytes) -> bytes:
    """Small; what would be cut off is dark."""
    with Image.open(io.BytesIO(jpeg)) as image:
        small = ImageOps.contain(image, FRAMED)
    left, top, right, bottom = middle = _middle(small)
    shown = ImageEnhance.Brightness(small).enhance(0.35)
    shown.paste(small.crop(middle), middle)
    ImageDraw.Draw(shown).rectangle((left, top, right - 1, bottom - 1), outline="white", width=2)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=75)
    return out.getvalue()


def _middle(image: Image.Image) -> tuple[int, int, int, int]:
    width = width_of_middle(image.height)
    left = (image.width - width) // 2
    return left, 0, left + width, image.height


# --- whose they are ---------------------------------------------------------------------------


def file_stem(number: str) -> str:
    """What the picture of whoever has this number is called, without its ending."""
    return number.replace("/", "_")


def as_file_name(number: str) -> str:
    """The same for a number and for what its picture may be called."""
    return number.upper().translate(SEPARATORS)


def _match(rows: list[PictureRow], kind: PersonKind) -> None:
    """Names fit in any case, with `_` or `-` for what a file's name cannot hold."""
    wanted = {as_file_name(row.identifier) for row in rows}
    spelled = Func(
        Upper("identifier"),
        Value("/-"),
        Value("__"),
        function="translate",
        output_field=CharField(),
    )
    found: dict[str, list[Any]] = {}
    people: Any = kind.model.objects.of_kind(kind).alias(spelled=spelled)
    for person in people.filter(spelled__in=wanted).order_by("pk"):
        found.setdefault(as_file_name(person.identifier), []).append(person)
    for row in rows:
        fitting = found.get(as_file_name(row.identifier), [])
        exact = [each for each in fitting if each.identifier.upper() == row.identifier.upper()]
        owner = (exact or fitting)[0] if len(exact or fitting) == 1 else None
        if owner is not None:
            row.person, row.identifier = owner, owner.identifier
        elif not row.errors:
            several, nobody = _("{name} fits several people."), _("{name} is no {noun}'s number.")
            words = (several if fitting else nobody).format(name=row.identifier, noun=kind.noun)
            row.leave(Outcome.UNMATCHED, words)


def _refuse_doubles(rows: list[PictureRow]) -> None:
    """Of two pictures of one person nobody knows which is meant."""
    whose = Counter(row.person.pk for row in rows if row.person and not row.errors)
    for row in rows:
        if row.person and not row.errors and whose[row.person.pk] > 1:
            words = _("There is another picture of {name}.").format(name=row.identifier)
            row.leave(Outcome.DUPLICATE, words)


# --- writing ----------------------------------------------------------------------------------


def _compare(rows: list[PictureRow], kind: PersonKind) -> None:
    """What would change; the same picture again changes nothing. The people are locked."""
    people: Any = kind.model.objects
    theirs = people.filter(pk__in=[row.person.pk for row in rows if row.person])
    locked = for_change(theirs.order_by("pk")).in_bulk()
    for row in rows:
        assert row.person is not None
        row.person = person = locked[row.person.pk]
        stored = picture_of(person)
        if stored is None or stored != row.portrait():
            row.changes = {"photo": {"before": person.photo.name or "", "after": row.file}}


def picture_of(person: Person) -> bytes | None:
    """What is stored; None if there is none, or its file is gone."""
    if not person.photo.name:
        return None
    try:
        with person.photo.storage.open(person.photo.name) as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return None
    return content


@contextmanager
def _gone_unless_written_down(written: list[str]) -> Iterator[None]:
    """Around the transaction: what is noted within it goes with it."""
    try:
        yield
    except BaseException:
        for name in written:
            delete_or_note(default_storage, name)
        raise


def _write(
    report: PhotoReport, kind: PersonKind, by: User, about: str, touches: Iterator[Touch]
) -> Any:
    deed = record_deed(
        what=Deed.What.PHOTOS,
        kind=kind,
        by=by,
        about=about,
        summary=report.summary,
        touches=touches,
    )
    return deed.pk if deed else None


def _kept(
    rows: list[PictureRow], written: list[str], tell: Callable[[int], None] | None
) -> Iterator[Touch]:
    """Keeps one picture after the other, whose file is then in `written`."""
    for row in rows:
        if row.person is None or not row.changes or row.errors:
            continue
        before, old = row.person.photo.name or "", picture_of(row.person)
        keep_photo(person=row.person, jpeg=row.portrait())
        row.jpeg = b""  # of a thousand pictures few are in memory twice
        name = row.person.photo.name or ""
        written.append(name)
        change = {"photo": {"before": before, "after": name}}
        if tell:
            tell(row.number)
        yield changed(row.person, change, number=row.number, photo=old)
