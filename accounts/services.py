"""Signing in, and making and changing administrators."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LoginAttempt, SecondFactor, User
from accounts.one_time_codes import new_recovery_codes, new_salt, uses_up
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
    message = _("No active account has this username and password.")


class WrongPassword(WrongCredentials):
    """Of somebody who is signed in."""

    message = _("This is not your password.")


class LockedOut(DomainError):
    """Too many wrong passwords; `retry_after` is always set."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    code = "locked_out"
    message = _("Too many wrong passwords. Wait a while, then try again.")


class OtpRequired(DomainError):
    """The password was right; this user has a second factor as well."""

    status_code = HTTPStatus.UNAUTHORIZED
    code = "otp_required"
    message = _("Give a code of your telephone, or a recovery code, as well.")


class OtpInvalid(DomainError):
    status_code = HTTPStatus.UNAUTHORIZED
    code = "otp_invalid"
    message = _("This code is wrong, or was used before.")


class SecondFactorIsOn(DomainError):
    code = "second_factor_is_on"
    message = _("Two steps are on already.")


class SecondFactorIsOff(DomainError):
    code = "second_factor_is_off"
    message = _("Two steps are not on.")


class OwnSecondFactor(DomainError):
    code = "own_second_factor"
    message = _("Switch your own two steps off on their page, with your password and a code.")


class UsernameTaken(DomainError):
    code = "username_taken"
    message = _("An administrator with this username already exists.")


class LastAdministrator(DomainError):
    code = "last_administrator"
    message = _("This is the last active administrator: appoint another one first.")


def sign_in(*, username: str, password: str, otp: str = "", address: str) -> User:
    """Return the active user with this name, password and, if they have a second factor, code.

    Raises WrongCredentials or OtpInvalid, or LockedOut after LOCKOUT_FAILURES of these in a row for
    this name from this address, or SLOWDOWN_FAILURES for the name from anywhere or from the address
    for any name (contract section 3). Raises OtpRequired if only the code is missing: that is no
    guess, and forgives none. The JWT endpoint, the monitor's login and the browser all come through
    here.
    """

    def known() -> User:
        user = authenticate(None, username=username, password=password)
        if not isinstance(user, User):
            raise WrongCredentials
        if user.has_second_factor:
            _check_otp(user, otp)
        return user

    name = User.objects.fold(username)[: LoginAttempt._meta.get_field("username").max_length]
    return guessed(name, address, known)


def confirm_otp(*, user: User, otp: str, address: str) -> None:
    """The second step of somebody whose password was right a moment ago.

    Raises OtpRequired, OtpInvalid or LockedOut.
    """
    guessed(User.objects.fold(user.username), address, lambda: _check_otp(user, otp))


def _check_otp(user: User, otp: str) -> None:
    if not otp:
        raise OtpRequired
    if not uses_up(user, otp, at=timezone.now()):
        raise OtpInvalid


def confirm_password(*, user: User, password: str, address: str) -> None:
    """The same limits for whoever is signed in and gives the password again.

    Raises WrongCredentials or LockedOut.
    """

    def check() -> None:
        if not user.check_password(password):
            raise WrongCredentials

    guessed(User.objects.fold(user.username), address, check)


def guessed(name: str, address: str, check: Callable[[], T]) -> T:
    """What `check` returns; a guess that it calls wrong is counted, and its error raised."""
    wrong: DomainError | None = None
    with transaction.atomic():
        # Fifty guesses at once would all pass a look-then-count: they take turns instead.
        take_turns(f"sign-in:{name}:{address}")
        locked_for = LoginAttempt.objects.locked_for(
            username=name, address=address, at=timezone.now()
        )
        if locked_for is None:
            try:
                right = check()
            except (WrongCredentials, OtpInvalid) as error:
                wrong = error
            _remember(name, address, succeeded=wrong is None)
    # Raised after the commit: inside, it would roll the count back.
    if locked_for is not None:
        raise LockedOut(retry_after=locked_for)
    if wrong is not None:
        raise wrong
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
        raise InvalidFields({"classes": [gettext("Only a class teacher has classes.")]})


def change_password(*, user: User, password: str) -> User:
    """Set a new password and nothing else: a role that changed meanwhile stays changed."""
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at", "updated_at"])
    return user


# --- two steps --------------------------------------------------------------------------------


def begin_second_factor(*, user: User) -> SecondFactor:
    """A new secret for a telephone; nothing is asked for until `confirm_second_factor`.

    Raises SecondFactorIsOn.
    """
    with transaction.atomic():
        if _locked(user).has_second_factor:
            raise SecondFactorIsOn
        fresh = {"salt": new_salt(), "last_step": 0}
        return SecondFactor.objects.update_or_create(user=user, defaults=fresh)[0]


def confirm_second_factor(*, user: User, password: str, otp: str, address: str) -> list[str]:
    """Switch two steps on with the first code of the telephone; return the recovery codes.

    Raises SecondFactorIsOn, and what `_confirm_both` raises.
    """
    if user.has_second_factor:
        raise SecondFactorIsOn
    _confirm_both(user, password, otp, address)
    with transaction.atomic():
        if _locked(user).has_second_factor:  # two clicks at once: the first showed the codes
            raise SecondFactorIsOn
        _set_second_factor(user, timezone.now())
        return new_recovery_codes(user)


def renew_recovery_codes(*, user: User, password: str, otp: str, address: str) -> list[str]:
    """Raises SecondFactorIsOff, and what `_confirm_both` raises."""
    if not user.has_second_factor:
        raise SecondFactorIsOff
    _confirm_both(user, password, otp, address)
    with transaction.atomic():
        if not _locked(user).has_second_factor:
            raise SecondFactorIsOff
        return new_recovery_codes(user)


def switch_off_second_factor(*, user: User, password: str, otp: str, address: str) -> None:
    """Raises SecondFactorIsOff, and what `_confirm_both` raises."""
    if not user.has_second_factor:
        raise SecondFactorIsOff
    _confirm_both(user, password, otp, address)
    reset_second_factor(user=user)


def _confirm_both(user: User, password: str, otp: str, address: str) -> None:
    """Whoever found a browser signed in knows no password, and takes no account over with it.

    Raises WrongPassword, OtpRequired, OtpInvalid or LockedOut.
    """

    def check() -> None:
        if not user.check_password(password):
            raise WrongPassword
        _check_otp(user, otp)

    guessed(User.objects.fold(user.username), address, check)


def reset_second_factor_of(*, user: User, by: User) -> None:
    """Somebody else's, who has lost telephone and codes; the history says who did it.

    Raises OwnSecondFactor, and SecondFactorIsOff where there is none.
    """
    if user.pk == by.pk:
        raise OwnSecondFactor
    if not user.has_second_factor:
        raise SecondFactorIsOff
    reset_second_factor(user=user)


def reset_second_factor(*, user: User) -> None:
    """Switch two steps off without asking for anything."""
    with transaction.atomic():
        if _locked(user).has_second_factor:
            _set_second_factor(user, None)
        SecondFactor.objects.filter(user=user).delete()
        user.recovery_codes.all().delete()


def _set_second_factor(user: User, since: datetime | None) -> None:
    user.second_factor_since = since
    user.save(update_fields=["second_factor_since", "updated_at"])


def _locked(user: User) -> User:
    """The row of now; switching on, off and on again at once take turns."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


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
