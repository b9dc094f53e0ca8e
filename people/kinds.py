"""The kinds of people that spreadsheets bring: their apps name themselves here.

This app knows none of them: it is given the serializer by which the API reads one.
"""

from typing import Any

from people.models import Import, Person
from people.serializers import PersonSerializer

_serializers: dict[str, type[PersonSerializer[Any]]] = {}


def add_kind(kind: Import.Kind, serializer_class: type[PersonSerializer[Any]]) -> None:
    _serializers[kind] = serializer_class


def serializer_of(kind: str) -> type[PersonSerializer[Any]]:
    return _serializers[kind]


def model_of(kind: str) -> type[Person]:
    model: type[Person] = serializer_of(kind).Meta.model
    return model
