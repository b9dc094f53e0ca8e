"""Signing in, and making and changing administrators."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import LoginAttempt, User
from accounts.roles import OF_OWN_CLASSES, Role
from core.constraints import constraint_name
from core.errors import DomainError, InvalidFields
from core.locks import take_turns

T = TypeVar("T")

# The index that folds cases, and the one that Django asks for; either may be the first to refuse.
UNIQUE_USERNAME = ("accounts_user_unique_username", "accounts_user_username_key")


class WrongCredentials(DomainError):
    status_code = HTTPStatus.UNAUTHORIZED
    code = "wrong_credentials"
    message = "No active account has this username and password."


class LockedOut(DomainError):
    """Too many wrong passwords; `retry_after` is always set."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    code = "locked_out"
    message = "Too many wrong passwords. Wait a while, then try again."


class UsernameTaken(DomainError):
    code = "username_taken"
    message = "An administrator with this username already exists."


class LastAdministrator(DomainError):
    code = "last_administrator"
    message = "This is the last active administrator: appoint another one first."


def sign_in(*, username: str, password: str, address: str) -> User:
    """Return the active user with this name and password.

    Raises WrongCredentials, or LockedOut after LOCKOUT_FAILURES wrong passwords in a row for this
    name from this address, or SLOWDOWN_FAILURES for the name from anywhere or from the address for
    any name (contract section 3). The JWT endpoint, the monitor's login and the browser all come
    through here.
    """
    name = User.objects.fold(username)[: LoginAttempt._meta.get_field("username").max_length]
    user = _guessed(name, address, lambda: authenticate(None, username=username, password=password))
    if not isinstance(user, User):
        raise WrongCredentials
    return user


def confirm_password(*, user: User, password: str, address: str) -> None:
    """The same limits for whoever is signed in and gives the password again.

    Raises WrongCredentials or LockedOut.
    """
    name = User.objects.fold(user.username)
    if not _guessed(name, address, lambda: user.check_password(password)):
        raise WrongCredentials


def _guessed(name: str, address: str, is_right: Callable[[], T]) -> T:
    """What `is_right` says, counted if it is nothing."""
    with transaction.atomic():
        # Fifty guesses at once would all pass a look-then-count: they take turns instead.
        take_turns(f"sign-in:{name}:{address}")
        locked_for = LoginAttempt.objects.locked_for(
            username=name, address=address, at=timezone.now()
        )
        if locked_for is None:
            right = is_right()
            _remember(name, address, succeeded=bool(right))
    # Raised after the commit: inside, it would roll the count back.
    if locked_for is not None:
        raise LockedOut(retry_after=locked_for)
    return right


def _remember(username: str, address: str, *, succeeded: bool) -> None:
    attempts = LoginAttempt.objects.filter(username=username, address=address)
    if succeeded:
        attempts.delete()
        return
    attempt = attempts.first() or LoginAttempt(username=username, address=address)
    attempt.count_failure(at=timezone.now())
    attempt.save()


def register_administrator(
    *,
    username: str,
    password: str,
    role: str,
    classes: Sequence[str] = (),
    full_name: str = "",
    email: str = "",
) -> User:
    """Create an administrator.

    Raises django's ValidationError for a weak password, UsernameTaken (also in a race), and
    InvalidFields for classes of somebody who is no class teacher.
    """
    fields = {"role": role, "classes": list(classes), "full_name": full_name, "email": email}
    draft = User(username=username, **fields)
    validate_password(password, draft)
    _check_classes(draft)
    try:
        with transaction.atomic():
            return User.objects.create_user(username, password, **fields)
    except IntegrityError as error:
        if constraint_name(error) not in UNIQUE_USERNAME:
            raise
        raise UsernameTaken from error


def _check_classes(user: User) -> None:
    """In the words of the constraint, and on the field."""
    if user.classes and user.role not in OF_OWN_CLASSES:
        raise InvalidFields({"classes": ["Only a class teacher has classes."]})


def change_password(*, user: User, password: str) -> User:
    """Set a new password and nothing else: a role that changed meanwhile stays changed."""
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at", "updated_at"])
    return user


def lock_administrators() -> set[UUID]:
    """Lock all active administrators until the transaction ends, and name them.

    Two who demote each other at once must not both succeed. Whoever locks one administrator's row
    for a change calls this before, so that the locks are always taken in the same order.
    """
    administrators = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    locked = administrators.order_by("pk").select_for_update()
    return set(locked.values_list("pk", flat=True))


def change_administrator(*, user: User, changes: dict[str, Any]) -> User:
    """Change role, classes, name, e-mail or `is_active`.

    Whoever is a class teacher no more has no classes any more, unless they are given: then
    InvalidFields is raised. Raises LastAdministrator when nobody would be left to administer the
    system.
    """
    with transaction.atomic():
        others = lock_administrators() - {user.pk}
        user.refresh_from_db()
        was_administrator = user.is_administrator and user.is_active
        if changes.get("role", user.role) not in OF_OWN_CLASSES:
            changes = {"classes": [], **changes}
        changed = [name for name, value in changes.items() if getattr(user, name) != value]
        for name in changed:
            setattr(user, name, changes[name])
        _check_classes(user)
        if was_administrator and not others and not (user.is_administrator and user.is_active):
            raise LastAdministrator
        if changed:
            user.save(update_fields=[*changed, "updated_at"])
    return user
