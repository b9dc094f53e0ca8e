"""What happened to a person: the log of all people and that of the kind, told as one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.history import Change, history_of
from core.history_words import HistoryLine, OtherNames, told
from people.field_words import FIELD_WORDS
from people.kinds import PersonKind
from people.models import Person


def history_of_person(
    person: Person, *, until: datetime | None = None, most: int | None = None
) -> list[Change]:
    """The changes of this person, latest first, by the names of the API; see `history_of`."""
    kind = person.declared
    keys = _keys(kind)
    return [
        replace(
            change,
            changes={keys[name]: told for name, told in change.changes.items() if name in keys},
        )
        for change in history_of(kind.model(pk=person.pk), until=until, most=most)
    ]


def told_of_person(changes: Iterable[Change], kind: PersonKind) -> list[HistoryLine]:
    """Such changes in words: the API calls some fields otherwise than the model does."""
    others = OtherNames(labels=FIELD_WORDS, choices={kind.status_key: kind.status_words})
    return told(changes, kind.model, others)


def _keys(kind: PersonKind) -> dict[str, str]:
    """What is told of such people: the fields that the kind has, under the names of the API."""
    own = {field.name: field.name for field in kind.model._meta.local_concrete_fields}
    common = {field.name: field.name for field in Person._meta.concrete_fields}
    common |= {"person_uuid": kind.uuid_key, **kind.api_keys}
    shown = {"photo", *kind.serializer.Meta.fields}
    return {**own, **{name: key for name, key in common.items() if key in shown}}
