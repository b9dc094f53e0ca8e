"""What a kind declares is there: a name that is misspelt is found here and not at a gate."""

import pytest
from django.core.exceptions import FieldDoesNotExist

from people.kinds import PersonKind, kind_named, kinds
from people.models import Person

every_kind = pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.key)


def has(kind: PersonKind, name: str) -> bool:
    try:
        kind.model._meta.get_field(name)
    except FieldDoesNotExist:
        return hasattr(kind.model, name)
    return True


@every_kind
def test_every_field_that_a_kind_names_is_there(kind: PersonKind) -> None:
    keys = {*kind.card_keys, *kind.cardless_keys, *kind.verify_keys, *kind.name_keys, *kind.groups}
    keys |= {key for _, key in kind.card_lines}
    missing = [key for key in keys - {"photo_url"} if not has(kind, kind.attribute(key))]
    assert missing == []
    assert kind.card_group in {"", *kind.groups}
    own = {field.name for field in kind.model._meta.local_concrete_fields}
    assert set(kind.private_fields) <= own


@every_kind
def test_a_name_of_the_api_leads_to_the_field_and_back(kind: PersonKind) -> None:
    for field, key in kind.api_keys.items():
        assert kind.attribute(key) == field
    assert kind.attribute("department") == "department"


@every_kind
def test_a_kind_has_its_model_its_viewset_and_its_serializer(kind: PersonKind) -> None:
    assert issubclass(kind.model, Person)
    assert kind.model.person_kind is kind is kind_named(kind.key)
    assert kind.viewset.kind is kind
    assert kind.serializer.kind() is kind
    assert kind.viewset.lookup_url_kwarg == kind.uuid_key


def test_no_two_kinds_share_a_name() -> None:
    for name in ("key", "plural_key", "model_label", "number_key", "uuid_key", "print_name"):
        names = [getattr(kind, name) for kind in kinds()]
        assert len(set(names)) == len(names), name


@pytest.mark.parametrize("key", ["", "students", "Student", "cat"])
def test_what_is_no_kind_is_none(key: str) -> None:
    with pytest.raises(KeyError):
        kind_named(key)
