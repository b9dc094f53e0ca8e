"""Writing down what is done to many people at once, so that `people.undoing` can take it back.

Whoever does such a thing collects a `Touch` of each row that it creates or changes, and hands them
to `record_deed` in the same transaction; where each is done in a transaction of its own, to a
`GrowingDeed`. The rows may be of any table: guardians and cards as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from accounts.models import User
from people.deed_models import ABOUT_LENGTH, UNDOABLE_FOR, Deed, DeedRow
from people.kinds import PersonKind, kind_named
from people.models import Person

BATCH_SIZE = 1000
PICTURES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Touch:
    """What becomes of one row: the values of fields, by the names of the API and as JSON."""

    number: int
    thing: models.Model
    person: UUID
    identifier: str
    after: dict[str, Any]
    before: dict[str, Any] | None = None
    """None: it was created."""
    photo: bytes | None = None
    """The picture that there was before."""


def record_deed(
    *,
    what: Deed.What,
    kind: PersonKind,
    by: User,
    about: str,
    summary: dict[str, int],
    touches: Iterable[Touch],
) -> Deed | None:
    """Write it down; nothing if it has touched nothing. `touches` may do it, one after the other:
    those that carry pictures are written before there are many of them.
    """
    deed, left = None, iter(touches)
    size = PICTURES_AT_ONCE if what == Deed.What.PHOTOS else BATCH_SIZE
    while batch := list(islice(left, size)):
        deed = deed or Deed.objects.create(
            what=what, kind=kind.key, made_by=by, about=about[:ABOUT_LENGTH], summary=summary
        )
        DeedRow.objects.bulk_create(_rows(deed, batch))
    return deed


class GrowingDeed:
    """A deed of whose rows each is written in the transaction of what it is about.

    Whatever ends the work halfway, what was done until then is written down. Who takes it back
    meanwhile takes back what there is: the rows that follow are a deed of their own.
    """

    def __init__(
        self, *, what: Deed.What, kind: PersonKind, by: User, about: str, total: int
    ) -> None:
        self.deed: Deed | None = None
        self.total = total
        self.created = 0
        self._said: dict[str, Any] = {
            "what": what,
            "kind": kind.key,
            "made_by": by,
            "about": about[:ABOUT_LENGTH],
        }

    def add(self, touch: Touch) -> None:
        """Of something new. Holds the deed's row, for which an undo waits."""
        self.created += 1
        if self.deed is None or not self._still_stands(self.deed):
            self.created = 1
            self.deed = Deed.objects.create(**self._said, summary=self._summary)
        DeedRow.objects.bulk_create(_rows(self.deed, [touch]))

    def _still_stands(self, deed: Deed) -> bool:
        standing = Deed.objects.filter(pk=deed.pk, undone_at=None)
        return bool(standing.update(summary=self._summary))

    @property
    def _summary(self) -> dict[str, int]:
        return {"total": self.total, "created": self.created, "updated": 0}


def _rows(deed: Deed, touches: Iterable[Touch]) -> list[DeedRow]:
    return [
        DeedRow(
            deed=deed,
            number=touch.number,
            model=touch.thing._meta.label,
            subject=touch.thing.pk,
            person=touch.person,
            identifier=touch.identifier,
            is_created=touch.before is None,
            before=touch.before or {},
            after=touch.after,
            photo=touch.photo,
        )
        for touch in touches
    ]


def created(person: Person, *, number: int) -> Touch:
    """Somebody new, with all that the row says of them."""
    kind = person.declared
    keys = kind.api_keys
    values = {
        keys.get(name, name): plain(getattr(person, name)) for name in remembered_fields(kind)
    }
    return Touch(number, person, person.pk, person.identifier, after=values)


def changed(
    person: Person,
    changes: dict[str, dict[str, Any]],
    *,
    number: int,
    photo: bytes | None = None,
) -> Touch:
    """Somebody who is known; `changes` as a report says them, field by field."""
    before, after = (
        {name: values[when] for name, values in changes.items()} for when in ("before", "after")
    )
    return Touch(
        number, person, person.pk, person.identifier, after=after, before=before, photo=photo
    )


def remembered_fields(kind: PersonKind) -> list[str]:
    """What people write of a person of this kind; a number that the database gives is not known."""
    given = {"identifier"} if kind.is_number_given else set()
    return [
        field.attname
        for field in kind.model._meta.concrete_fields
        if (field.editable or field.name == "photo")
        and not field.primary_key
        and not field.generated
        and field.name not in given
    ]


def plain(value: Any) -> Any:
    """As JSON has it, and the API."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, FieldFile):
        return value.name or ""
    return value.isoformat() if isinstance(value, date) else value


# --- whom it was about ------------------------------------------------------------------------


def those_who_came(deed: Deed) -> Any:
    """The people whom it has created and who are still here."""
    kind = kind_named(deed.kind)
    rows = deed.rows.filter(model=kind.model._meta.label, is_created=True)
    return kind.model.objects.of_own_kind().filter(pk__in=rows.order_by().values("subject"))


# --- forgetting -------------------------------------------------------------------------------


def old_pictures(*, at: datetime) -> models.QuerySet[DeedRow]:
    """Rows with photos that can no longer be brought back."""
    return DeedRow.objects.filter(deed__made_at__lt=at - UNDOABLE_FOR).exclude(photo=None)


def forget_pictures(*, at: datetime) -> int:
    return old_pictures(at=at).update(photo=None)
