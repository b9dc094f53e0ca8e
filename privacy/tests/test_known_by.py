"""What tells somebody, in texts of all sorts."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.known_by import KnownBy, Name
from privacy.texts import KEPT, WRITTEN

ASHA = KnownBy(
    names=frozenset({Name.of("Asha Wanjikũ Ng'ang'a")}),
    kin=frozenset({Name.of("Mama Neema")}),
    numbers=frozenset({"DIT/2023/00417", "04D3C1A7", "12"}),
    phones=frozenset({"+255754123456", "+255754000001"}),
    emails=frozenset({"asha@x.example"}),
    others=frozenset({frozenset({"juma", "wanjiku", "nganga"})}),
    shared=frozenset({"+255754000001"}),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Asha Nganga fell", "[erased] fell"),
        ("NG’ANG’A, ÁSHA", "[erased]"),
        ("Asha W. Ng'ang'a and Juma", "[erased] and Juma"),
        ("wanjiku asha", "[erased]"),
        ("list_of_asha-nganga.csv", "list_of_[erased].csv"),
        ("Ashanti Nganga", "Ashanti Nganga"),  # and the surname alone is Juma's as well
        ("Wanjikũ Ng'ang'a", "Wanjikũ Ng'ang'a"),
        ("Asha", "Asha"),
        ("Mama Neema came, Neema not", "[erased] came, Neema not"),
        ("dit-2023-00417, DIT202300417", "[erased], [erased]"),
        ("DIT/2023/004170", "DIT/2023/004170"),
        ("room 12", "room 12"),
        ("04:d3:c1:a7 or 04d3c1a7", "[erased] or [erased]"),
        ("call 0754 123 456", "call [erased]"),
        ("+255 (754) 123-456!", "[erased]!"),
        ("754123456", "[erased]"),
        ("0754123457", "0754123457"),
        ("0754000001", "0754000001"),  # the family's
        ("to ASHA@X.example", "to [erased]"),
        ("Asha Ng'ang'a's old card", "[erased]'s old card"),
    ],
)
def test_only_what_is_theirs_alone_is_overwritten(text: str, left: str) -> None:
    assert ASHA.without(text) == left


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("(7,\"Ng'ang'a\",Form 2,Asha)", True),
        ("(7,Wanjiku,Nganga,Juma)", False),  # a brother
        ("0754000001", True),
        ("Asha", False),
    ],
)
def test_a_row_tells_by_first_name_and_surname(text: str, is_told: bool) -> None:
    assert ASHA.is_in(text) is is_told


def test_every_column_of_text_is_overwritten_or_kept_for_a_reason() -> None:
    kinds = (models.CharField, models.TextField, models.JSONField, ArrayField, models.FileField)
    columns = {
        (model._meta.label, field.name)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not hasattr(model, "pgh_tracked_model")
        for field in model._meta.local_concrete_fields
        if isinstance(field, (*kinds, models.GenericIPAddressField))
        and not (field.choices or field.is_relation)
    }
    written, kept = (
        {(label, name) for label, names in table.items() for name in names}
        for table in (WRITTEN, KEPT)
    )
    assert written | kept == columns
    assert not written & kept
