"""Taking back what was done to many people at once, exactly or not at all (contract section 5).

A row that has moved on since is nobody's to overwrite: somebody has edited what was changed, or
somebody who was created has a card, a tap, a guardian. Then nothing is touched, and those rows are
named.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

import pgtrigger
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.constraints import refusal_in, unique_fields
from core.errors import DomainError
from core.locks import for_change, take_turns
from people.deed_models import UNDOABLE_FOR, Deed, DeedRow
from people.kinds import kind_named
from people.models import Person
from people.photos import keep_photo, remove_photo
from people.writing import make_way, update_people

HOURS: Final = int(UNDOABLE_FOR.total_seconds()) // 3600
# So many rows are named in the message; all of them in `rows`.
MOST_NAMED: Final = 3
REFERRING: Final = (models.PROTECT, models.CASCADE, models.SET_NULL)
BATCH_SIZE: Final = 1000

# Which of these rows of a deed have moved on though no field of theirs shows it and no foreign key
# leads to them: by `subject`, and how.
Finder = Callable[[Deed, Sequence[DeedRow]], Iterable[tuple[UUID, str]]]

_finders: dict[str, list[Finder]] = defaultdict(list)


def also_moved_on(label: str, by: Finder) -> None:
    """For apps that know more of the rows of this model; their `ready()` calls it."""
    _finders[label].append(by)


class AlreadyUndone(DomainError):
    code = "already_undone"
    message = _("This was taken back already.")


class TooLate(DomainError):
    code = "too_late"
    message = format_lazy(
        _("This was done more than {hours} hours ago, and can no longer be taken back."),
        hours=HOURS,
    )


@dataclass(frozen=True, slots=True)
class MovedRow:
    """A row that is no longer as the change has left it, and why."""

    row: int
    identifier: str
    person: UUID
    fields: list[str]
    reasons: list[str]


class MovedOn(DomainError):
    """`rows` are those that have moved on since."""

    code = "moved_on"

    def __init__(self, rows: list[MovedRow]) -> None:
        self.rows = rows
        named = "; ".join(
            f"{row.identifier}: {', '.join(row.reasons)}" for row in rows[:MOST_NAMED]
        )
        if len(rows) > MOST_NAMED:
            number = len(rows) - MOST_NAMED
            named += gettext("; and {number:,} more").format(number=number)
        words = gettext("Nothing was taken back. What has moved on since: {rows}.")
        super().__init__(words.format(rows=named))

    @property
    def body(self) -> dict[str, Any]:
        """What the API answers."""
        rows = [{**asdict(row), "person": str(row.person)} for row in self.rows]
        return {"detail": self.message, "code": self.code, "rows": rows}


def undo_deed(*, deed: Deed, by: User) -> Deed:
    """Take it back exactly: who was created is gone, what was changed is as it was before.

    Raises AlreadyUndone, TooLate or MovedOn; then nothing is touched.
    """
    with transaction.atomic():
        # Of two who take it back, and of two clicks, the second finds it done.
        locked = Deed.objects.select_for_update().get(pk=deed.pk)
        if locked.undone_at is not None:
            raise AlreadyUndone
        if not locked.is_undoable:
            raise TooLate
        # An import of the same people ends first, and is seen.
        take_turns(f"import {kind_named(locked.kind).plural_key}")
        if moved := _take_back(locked):
            raise MovedOn(sorted(moved, key=lambda each: each.row))
        locked.undone_by, locked.undone_at = by, timezone.now()
        locked.save(update_fields=["undone_by", "undone_at"])
    return locked


def _take_back(deed: Deed) -> list[MovedRow]:
    """The rows that have moved on; if there are any, the caller rolls all of it back."""
    labels = set(deed.rows.order_by().values_list("model", flat=True).distinct())
    # What refers to people goes before they do.
    models_ = sorted(map(apps.get_model, labels), key=lambda model: issubclass(model, Person))
    takers = [_Taker(deed, model) for model in models_]
    if moved := [row for taker in takers for row in taker.moved_on()]:
        return moved
    return [row for taker in takers for row in taker.take_back()]


class _Taker:
    """Takes back what a deed did to the rows of one table, which it locks."""

    def __init__(self, deed: Deed, model: Any) -> None:
        self.deed = deed
        self.model = model
        self.is_person = issubclass(model, Person)
        self.rows = list(deed.rows.filter(model=model._meta.label).defer("photo"))
        self.created = [row.subject for row in self.rows if row.is_created]
        self.things = self._locked()

    def moved_on(self) -> list[MovedRow]:
        held = dict(self._held_by(self.created))
        taken = self._taken_again(self.rows)
        elsewhere = self._moved_elsewhere()
        moved = []
        for row in self.rows:
            thing = self.things.get(row.subject)
            fields = self._changed_since(thing, row) if thing else []
            reasons = [gettext("{name} was changed").format(name=name) for name in fields]
            reasons += sorted(held.get(row.subject, ()))
            reasons += sorted(taken.get(row.subject, ()))
            reasons += sorted(elsewhere.get(row.subject, ()))
            if thing is None:
                reasons.append(gettext("is no longer there"))
            if reasons:
                moved.append(MovedRow(row.number, row.identifier, row.person, fields, reasons))
        return moved

    def _moved_elsewhere(self) -> dict[UUID, set[str]]:
        found: dict[UUID, set[str]] = {}
        for find in _finders[self.model._meta.label]:
            for pk, words in find(self.deed, self.rows):
                found.setdefault(pk, set()).add(words)
        return found

    def take_back(self) -> list[MovedRow]:
        """The rows whose old values a rule of the database refuses by now."""
        changed = [row for row in self.rows if not row.is_created]
        try:
            with transaction.atomic():
                self._restore(changed)
        except IntegrityError:
            if refused := list(self._refused(changed)):
                return refused
            raise
        self._remove(self.created)
        return []

    def _refused(self, rows: list[DeedRow]) -> Iterator[MovedRow]:
        """One after the other: only so does it become known which."""
        for row in rows:
            try:
                with transaction.atomic():
                    self._restore([row])
            except IntegrityError as error:
                refusal = refusal_in(error)
                if refusal is None:
                    raise
                words = refusal.message.rstrip(".")
                yield MovedRow(row.number, row.identifier, row.person, [], [words])

    def _locked(self) -> dict[UUID, Any]:
        """In key order against deadlocks. Whoever was created is locked against new references
        too: a card that is issued at this moment is seen, or is issued to nobody. Of a student,
        cards refer to the row among people, guardians to that among students.
        """
        pks = [row.subject for row in self.rows]
        everything = self.model._default_manager.order_by("pk")
        found = {thing.pk: thing for thing in for_change(everything.filter(pk__in=pks))}
        tables: list[Any] = [Person, self.model] if self.is_person else [self.model]
        for table in tables if self.created else ():
            ours = table._default_manager.filter(pk__in=self.created).order_by("pk")
            list(ours.select_for_update(of=("self",)).values_list("pk"))
        return found

    def _attribute(self, key: str) -> str:
        return self.model.person_kind.attribute(key) if self.is_person else key

    def _changed_since(self, thing: Any, row: DeedRow) -> list[str]:
        return [
            key
            for key, value in row.after.items()
            if self._value(key, value) != getattr(thing, self._attribute(key))
        ]

    def _value(self, key: str, said: Any) -> Any:
        """What JSON says of a field, as the model has it."""
        try:
            field: Any = self.model._meta.get_field(self._attribute(key))
        except FieldDoesNotExist:  # a column that has gone since
            return said
        return field.to_python(said)

    def _held_by(self, created: Collection[UUID]) -> Iterator[tuple[UUID, set[str]]]:
        """By what else each of them is referred to."""
        found: dict[UUID, set[str]] = {}
        for relation in self._references() if created else ():
            name = relation.field.attname
            if _is_trace(relation.related_model):
                continue
            rows: Any = relation.related_model._default_manager.filter(**{f"{name}__in": created})
            # What came with them goes with them.
            rows = rows.exclude(pk__in=self._created_of(relation.related_model))
            word = relation.related_model._meta.verbose_name
            words = gettext("has since got a {thing}").format(thing=word)
            for pk in rows.order_by().values_list(name, flat=True).distinct():
                found.setdefault(pk, set()).add(words)
        yield from found.items()

    def _created_of(self, model: Any) -> list[UUID]:
        rows = self.deed.rows.filter(model=model._meta.label, is_created=True)
        return list(rows.values_list("subject", flat=True))

    def _references(self) -> Iterator[Any]:
        """The relations of what would keep a row, go with it, or no longer know whose it is."""
        for relation in self.model._meta.get_fields(include_hidden=True):
            is_reverse = relation.auto_created and not relation.concrete
            is_ours = getattr(relation, "on_delete", None) in REFERRING
            if is_reverse and is_ours and not relation.parent_link:
                yield relation

    def _taken_again(self, rows: Iterable[DeedRow]) -> dict[UUID, set[str]]:
        """What would be given back, and is somebody else's by now."""
        if not self.is_person:
            return {}
        found: dict[UUID, set[str]] = {}
        for name in unique_fields(self.model):
            keys = self.model.person_kind.api_keys
            key = keys.get(name, name)
            wanted = {str(row.before[key]).upper(): row for row in rows if row.before.get(key)}
            ours = [row.subject for row in wanted.values()]
            # A PIN is one among everybody, a number among the people of a kind.
            among: Any = Person if name == "terminal_pin" else self.model
            holders = among.objects.with_values(name, wanted).exclude(pk__in=ours)
            for value in holders.values_list(name, flat=True):
                row = wanted[value.upper()]
                words = gettext("{name} {value} is somebody else's now")
                found.setdefault(row.subject, set()).add(words.format(name=key, value=value))
        return found

    # --- writing ------------------------------------------------------------------------------

    def _restore(self, rows: list[DeedRow]) -> None:
        things, fields = [], set()
        for row in rows:
            thing = self.things[row.subject]
            if "photo" in row.before:
                _restore_photo(thing, row)
            values = {key: value for key, value in row.before.items() if key != "photo"}
            for key, value in values.items():
                setattr(thing, self._attribute(key), self._value(key, value))
            if values:
                things.append(thing)
                fields |= {self._attribute(key) for key in values}
        if not things:
            return
        if self.is_person:
            make_way(people=things, fields=fields)
            update_people(people=things, fields=fields)
            return
        now = timezone.now()
        for thing in things:
            thing.updated_at = now
        changed = [*sorted(fields), "updated_at"]
        self.model._default_manager.bulk_update(things, changed, batch_size=BATCH_SIZE)

    def _remove(self, created: list[UUID]) -> None:
        if not created:
            return
        traces = [relation for relation in self._references() if _is_trace(relation.related_model)]
        guards = _guards_of(relation.related_model for relation in traces)
        # Without a name every trigger were ignored, also those that write history.
        with pgtrigger.ignore(*guards) if guards else nullcontext():
            for relation in traces:
                rows = relation.related_model._default_manager
                rows.filter(**{f"{relation.field.attname}__in": created}).delete()
            self.model._default_manager.filter(pk__in=created).delete()


def _is_trace(model: Any) -> bool:
    """Whether its rows only say that somebody was there, and go with whoever never was."""
    return bool(getattr(model, "is_trace", False))


def _guards_of(models_: Iterable[Any]) -> list[str]:
    labels = {model._meta.label for model in models_}
    return [
        f"{model._meta.label}:{trigger.name}"
        for model, trigger in pgtrigger.registered()
        if model._meta.label in labels and isinstance(trigger, pgtrigger.Protect)
    ]


def _restore_photo(person: Person, row: DeedRow) -> None:
    picture = DeedRow.objects.values_list("photo", flat=True).get(pk=row.pk)
    if not picture:
        remove_photo(person=person)
        return
    keep_photo(person=person, jpeg=bytes(picture))
    # An upload before finds the picture that it left, whose file has another name by now.
    left_it = DeedRow.objects.filter(subject=person.pk, after__photo=row.before["photo"])
    for earlier in left_it.defer("photo"):
        earlier.after["photo"] = person.photo.name
        earlier.save(update_fields=["after"])
