"""After a test with real transactions there is nothing, as after Django's `flush`."""

import os

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from psycopg2.errors import LockNotAvailable

from cards.tests.factories import make_card, make_student
from tools import emptying
from tools.emptying import OF_THE_CODE, empty

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        bool(os.environ.get("DATABASE_URL")), reason="Django empties a database of somebody else"
    ),
]


def rows() -> dict[str, int]:
    models = apps.get_models(include_auto_created=True)
    counts = {model._meta.db_table: model._default_manager.count() for model in models}
    return {table: count for table, count in counts.items() if count}


def test_nothing_stays_but_what_the_code_says() -> None:
    make_card(make_student())
    assert len(rows()) > len(OF_THE_CODE) + 3
    permissions = Permission.objects.count()
    empty()
    assert rows().keys() == OF_THE_CODE
    assert Permission.objects.count() == permissions > 0


def test_triggers_fire_again_afterwards() -> None:
    empty()
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)


def test_a_transaction_that_was_left_open_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying, "LONGEST_SECONDS", 0.05)
    left_open = connection.copy()
    try:
        left_open.set_autocommit(False)
        with left_open.cursor() as cursor:
            cursor.execute("INSERT INTO auth_group (name) VALUES ('x')")
        with pytest.raises(LockNotAvailable):
            empty()
    finally:
        left_open.rollback()
        left_open.close()
