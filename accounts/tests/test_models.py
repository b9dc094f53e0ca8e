from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import LoginAttempt, User
from accounts.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

MakeUser = Callable[..., User]


def refused_by(write: Callable[[], Any]) -> str:
    """The name of the constraint by which the database refuses this write."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    cause: Any = refusal.value.__cause__
    return str(cause.diag.constraint_name)


def unchecked(username: str) -> User:
    """A user that no form, serializer or manager has looked at."""
    return User(username=username, role=Role.KITCHEN_ADMIN, password="!")


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("taken", "spelling"),
    [
        ("mpishi", "MPISHI"),
        ("mpishi", "Mpishi"),
        ("mpishi", "ｍｐｉｓｈｉ"),  # full-width
        ("fidelis", "ﬁdelis"),  # a ligature
        ("josé", "JOSE\u0301"),  # the accent as a character of its own
        ("wanjikũ", "WANJIKŨ"),
    ],
)
def test_the_database_refuses_a_username_in_another_spelling(taken: str, spelling: str) -> None:
    User.objects.bulk_create([unchecked(taken)])
    again = refused_by(lambda: User.objects.bulk_create([unchecked(spelling)]))
    assert again == "accounts_user_unique_username"


def test_a_form_says_that_the_username_is_taken(make_user: MakeUser) -> None:
    make_user("kitchen_admin", "mpishi")
    with pytest.raises(ValidationError) as refusal:
        unchecked("MPISHI").full_clean()
    assert refusal.value.messages == ["An administrator with this username already exists."]


def test_a_username_is_stored_in_its_composed_form(make_user: MakeUser) -> None:
    assert make_user("kitchen_admin", "jose\u0301").username == "josé"


@pytest.mark.parametrize("typed", ["mpishi", "MPISHI", "ｍpishi"])
def test_a_user_is_found_under_any_spelling_of_the_name(typed: str, make_user: MakeUser) -> None:
    user = make_user("kitchen_admin", "mpishi")
    assert User.objects.get_by_natural_key(typed) == user


def test_the_unique_index_serves_the_search_for_a_username(make_user: MakeUser) -> None:
    make_user("kitchen_admin")
    statements: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(context["cursor"].mogrify(sql, params).decode())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        User.objects.get_by_natural_key("kitchen_admin")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statements[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "accounts_user_unique_username" in plan


def test_the_database_refuses_an_unknown_role(make_user: MakeUser) -> None:
    make_user("kitchen_admin")
    refusal = refused_by(lambda: User.objects.update(role="headmaster"))
    assert refusal == "accounts_user_known_role"


def test_the_database_refuses_a_second_count_for_one_name_and_address() -> None:
    def count() -> None:
        LoginAttempt.objects.create(
            username="MPISHI", address="192.0.2.10", last_failed_at=timezone.now()
        )

    count()
    assert refused_by(count) == "accounts_loginattempt_unique_pair"


def test_createsuperuser_makes_an_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "mkuu")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct-horse-battery")
    call_command("createsuperuser", "--no-input", verbosity=0)
    user = User.objects.get_by_natural_key("mkuu")
    assert user.role == Role.ADMINISTRATOR
    assert user.check_password("correct-horse-battery")
    assert user.password_changed_at is not None
