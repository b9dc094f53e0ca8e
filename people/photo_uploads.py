"""Many portraits at once: a ZIP of pictures that are named by identification number (section 5).

Each picture passes the checks of a single photo. The dry run does all that the real run does but
the writing. A picture that cannot be used stops a real run, unless it is to be left out.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
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
# Pictures are packed already: what unpacks to much more than it came as is no album.
MOST_UNPACKED: Final = 4 * settings.MAX_UPLOAD_BYTES
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
    framed: bytes = b""
    """Of what is wider than high: small, with a frame around the middle of it."""

    def leave(self, outcome: Outcome, message: str) -> None:
        self.outcome = outcome
        self.refuse("file", message)

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "file": self.file, "outcome": self.outcome.value}


@dataclass
class PhotoReport(Report[Person]):
    """`skip_failed`: pictures that cannot be used are left out."""

    rows: list[PictureRow]
    skip_failed: bool = False

    @property
    def is_refused(self) -> bool:
        return super().is_refused and not self.skip_failed

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
    cropped: Collection[str] = (),
) -> PhotoReport:
    """Give people of this kind the pictures of this ZIP, all or none.

    `skip_failed`: those that cannot be used are left out. `crop_landscape`: the middle is taken of
    what is wider than high; else of those `cropped`, by the names of their files. Raises
    ArchiveRefused or ArchiveTooLarge for the file as a whole.
    """
    rows = _rows(archive, size, lambda name: crop_landscape or name in cropped)
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
        if not (dry_run or report.is_refused):
            report.change_id = _write(report, kind, by, about, written)
    return report


# --- what is in the archive -------------------------------------------------------------------


def _rows(archive: IO[bytes], size: int, is_cropped: Callable[[str], bool]) -> list[PictureRow]:
    if size > settings.MAX_UPLOAD_BYTES:
        raise ArchiveTooLarge(
            _("The file is larger than {number} MB.").format(number=settings.MAX_UPLOAD_BYTES >> 20)
        )
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [each for each in opened.infolist() if _is_meant(each)]
            if len(entries) > MOST_PICTURES:
                raise ArchiveTooLarge(
                    _("The file has more than {number:,} pictures.").format(number=MOST_PICTURES)
                )
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
                raise ArchiveTooLarge(
                    _("Unpacked it is larger than {number} MB.").format(number=MOST_UNPACKED >> 20)
                )
            rows = list(_pictures(opened, entries, is_cropped))
    except BROKEN_ARCHIVE as error:
        raise ArchiveRefused(_("This is not a readable ZIP file.")) from error
    if not rows:
        raise ArchiveRefused(_("There is no picture in this file."))
    return rows


def _is_meant(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and not NOT_MEANT.search(entry.filename)


def _pictures(
    opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], is_cropped: Callable[[str], bool]
) -> Iterator[PictureRow]:
    for number, entry in enumerate(entries, 1):
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        name = one_line(path.name).replace("\x00", "")
        row = PictureRow(number, PurePosixPath(name).stem, file=name)
        try:
            with opened.open(entry) as packed:
                # What says less of itself than it holds is not read any further.
                content = packed.read(settings.PHOTO_MAX_BYTES + 1)
            _look_at(row, content, is_cropped=is_cropped(name))
        except PhotoRefused as error:
            row.leave(Outcome.UNREADABLE, str(error))
        except BROKEN_ARCHIVE:
            row.leave(Outcome.UNREADABLE, _("This picture cannot be unpacked."))
        yield row


def _look_at(row: PictureRow, content: bytes, *, is_cropped: bool) -> None:
    jpeg = prepared(io.BytesIO(content), size=len(content))
    with Image.open(io.BytesIO(jpeg)) as image:
        width, height = image.size
        if width > height:
            row.framed = _framed(image)
        if width > height and is_cropped:
            jpeg = _middle(image)
            width = round(height * SMALLEST[0] / SMALLEST[1])
    if width < SMALLEST[0] or height < SMALLEST[1]:
        words = _("It is smaller than {width} × {height} pixels.")
        row.leave(Outcome.TOO_SMALL, words.format(width=SMALLEST[0], height=SMALLEST[1]))
    elif width > height:
        row.leave(Outcome.LANDSCAPE, _("It is wider than high: a portrait is not."))
    row.jpeg = jpeg


def _middle(image: Image.Image) -> bytes:
    """Of its full height, in the shape of a card's photo."""
    cropped = io.BytesIO()
    image.crop(_middle_of(image)).save(cropped, "PNG")
    return prepared(cropped, size=0)


def _middle_of(image: Image.Image) -> tuple[int, int, int, int]:
    width = round(image.height * SMALLEST[0] / SMALLEST[1])
    left = (image.width - width) // 2
    return left, 0, left + width, image.height


def _framed(image: Image.Image) -> bytes:
    """What would be cut off is dark."""
    small = ImageOps.contain(image, FRAMED)
    left, top, right, bottom = middle = _middle_of(small)
    framed = ImageEnhance.Brightness(small).enhance(0.35)
    framed.paste(small.crop(middle), middle)
    ImageDraw.Draw(framed).rectangle((left, top, right - 1, bottom - 1), outline="white", width=2)
    out = io.BytesIO()
    framed.save(out, "JPEG", quality=75)
    return out.getvalue()


# --- whose they are ---------------------------------------------------------------------------


def file_stem(number: str) -> str:
    """What the picture of whoever has this number is called, without its ending."""
    return number.replace("/", "_")


def _match(rows: list[PictureRow], kind: PersonKind) -> None:
    """Names fit in any case, with `_` or `-` for what a file's name cannot hold."""
    wanted = {row.identifier.upper().translate(SEPARATORS) for row in rows}
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
        found.setdefault(person.identifier.upper().translate(SEPARATORS), []).append(person)
    for row in rows:
        fitting = found.get(row.identifier.upper().translate(SEPARATORS), [])
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
        if picture_of(person) != row.jpeg:
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


def _write(report: PhotoReport, kind: PersonKind, by: User, about: str, written: list[str]) -> Any:
    deed = record_deed(
        what=Deed.What.PHOTOS,
        kind=kind,
        by=by,
        about=about,
        summary=report.summary,
        touches=_kept(report.rows, written),
    )
    return deed.pk if deed else None


def _kept(rows: list[PictureRow], written: list[str]) -> Iterator[Touch]:
    """Keeps one picture after the other, whose file is then in `written`."""
    for row in rows:
        if row.person is None or not row.changes or row.errors:
            continue
        before, old = row.person.photo.name or "", picture_of(row.person)
        keep_photo(person=row.person, jpeg=row.jpeg)
        row.jpeg = b""  # of a thousand pictures few are in memory twice
        name = row.person.photo.name or ""
        written.append(name)
        change = {"photo": {"before": before, "after": name}}
        yield changed(row.person, change, number=row.number, photo=old)
