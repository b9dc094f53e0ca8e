"""The first administrator of an empty installation, made in the browser (contract section 2).

Whoever can read what the server printed when it started may: the code stands there and nowhere
else. Once there is an account, there is neither code nor page.
"""

import base64
import hashlib
import secrets

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import SetupCode, User
from accounts.roles import Role
from accounts.services import WrongCredentials, guessed, register_administrator
from core.errors import DomainError
from core.locks import take_turns

CODE_BYTES = 10  # nobody searches 80 bits, so that their digest need not be slow
# Under what name guesses are counted: it is no user name, for it has a space.
GUESSES = "FIRST ADMINISTRATOR"


class WrongSetupCode(WrongCredentials):
    message = _("This is not the code that the server printed when it started last.")


class SetUpAlready(DomainError):
    code = "set_up_already"
    message = _("There is an administrator already: log in.")


def is_set_up() -> bool:
    return User.objects.exists()


def new_setup_code() -> str:
    """In place of the one before. Raises SetUpAlready."""
    code = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()
    with transaction.atomic():
        take_turns(GUESSES)
        if is_set_up():
            raise SetUpAlready
        SetupCode.objects.all().delete()
        SetupCode.objects.create(digest=_digest(code))
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


def make_first_administrator(
    *, code: str, username: str, password: str, full_name: str, email: str, address: str
) -> User:
    """Raises SetUpAlready, WrongSetupCode, LockedOut, and what `register_administrator` raises."""
    if is_set_up():
        raise SetUpAlready

    def check() -> None:
        if not SetupCode.objects.filter(digest=_digest(code)).exists():
            raise WrongSetupCode

    guessed(GUESSES, address, check)
    with transaction.atomic():
        take_turns(GUESSES)  # of two who have the code one is the first
        if is_set_up():
            raise SetUpAlready
        SetupCode.objects.all().delete()
        return register_administrator(
            username=username,
            password=password,
            role=Role.ADMINISTRATOR,
            full_name=full_name,
            email=email,
        )


def _digest(code: str) -> str:
    plain = "".join(code.split()).replace("-", "").upper()
    return hashlib.sha256(plain.encode()).hexdigest()
