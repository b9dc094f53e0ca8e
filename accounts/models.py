"""Administrators of the system, their roles, and the guard against guessed passwords."""

import unicodedata
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pghistory
from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import (
    CAPABILITIES,
    DETAILS,
    HIDDEN_NAMES,
    OF_OWN_CLASSES,
    Capability,
    Detail,
    Role,
)
from institution.declared import REQUIRE_SECOND_FACTOR
from institution.reading import setting

MOST_CLASSES = 100


def class_codes(texts: Iterable[str]) -> list[str]:
    """Class codes as people of a class have theirs (NFC, single spaces), each of them once."""
    codes = (" ".join(unicodedata.normalize("NFC", text).split()) for text in texts)
    return list({code.upper(): code for code in codes if code}.values())


class NFKC(models.Func):
    """One spelling for what looks the same: full-width letters, ligatures, accents."""

    function = "NORMALIZE"
    template = "%(function)s(%(expressions)s, NFKC)"
    output_field = models.TextField()


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """`manage.py createsuperuser` makes an administrator."""
        return self.create_user(username, password, role=Role.ADMINISTRATOR, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Sign-in does not care for upper and lower case; the unique index serves this query."""
        name = models.Value(username or "")
        return self.alias(folded=Upper(NFKC("username"))).get(folded=Upper(NFKC(name)))

    def fold(self, username: str) -> str:
        """What the unique index compares. Only the database knows: ı is I, K is K, to some."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT upper(normalize(%s, NFKC))", [username])
            return str(cursor.fetchone()[0])


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    # A hash has no place in a log; `password_changed_at` says that it changed, and when.
    exclude=["password", "last_login"],
)
class User(AbstractBaseUser):
    """An administrator in the seed's sense: somebody who signs in and works by a role."""

    admin_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,  # asked for by django.contrib.auth; the constraint below is the stricter rule
        validators=[UnicodeUsernameValidator()],
        help_text=_("Letters, digits and @ . + - _ only. Upper and lower case are the same."),
    )
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    email = models.EmailField(_("email"), blank=True)
    role = models.CharField(
        _("role"), max_length=24, choices=Role, help_text=_("What this person may see and change.")
    )
    classes = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("classes"),
        size=MOST_CLASSES,
        blank=True,
        default=list,
        help_text=_(
            "Of a class teacher: the codes of the classes whose people they see, with commas "
            "between them."
        ),
    )
    is_active = models.BooleanField(
        _("is active"),
        default=True,
        help_text=_("Switch this off instead of deleting: sessions and tokens end at once."),
    )
    password_changed_at = models.DateTimeField(_("password changed at"), null=True, editable=False)
    second_factor_since = models.DateTimeField(
        _("second factor since"),
        null=True,
        editable=False,
        help_text=_("When two steps were switched on."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("administrator")
        verbose_name_plural = _("administrators")
        ordering = ("username",)
        constraints = (
            models.UniqueConstraint(
                Upper(NFKC("username")),
                name="accounts_user_unique_username",
                violation_error_message=_("An administrator with this username already exists."),
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="accounts_user_known_role"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=sorted(OF_OWN_CLASSES)) | models.Q(classes=[]),
                name="accounts_user_classes_of_a_teacher",
                violation_error_message=_("Only a class teacher has classes."),
            ),
        )

    def __str__(self) -> str:
        return self.username

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    def may(self, capability: Capability) -> bool:
        return self.is_active and capability in CAPABILITIES[Role(self.role)]

    def sees(self, detail: Detail) -> bool:
        return self.is_active and detail in DETAILS[Role(self.role)]

    @property
    def hidden_names(self) -> frozenset[str]:
        """What is left out of all that this user is told of people and cards."""
        return HIDDEN_NAMES[Role(self.role)]

    @property
    def own_classes(self) -> list[str] | None:
        """The only classes of whose people this user knows, in capitals. None: of everybody."""
        if self.role not in OF_OWN_CLASSES:
            return None
        return [code.upper() for code in self.classes]

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def has_second_factor(self) -> bool:
        return self.second_factor_since is not None

    @property
    def lacks_second_factor(self) -> bool:
        """Whether they may do nothing until they have switched two steps on."""
        return (
            setting(REQUIRE_SECOND_FACTOR) and self.is_administrator and not self.has_second_factor
        )

    # What django.contrib.admin asks of a user.

    @property
    def is_staff(self) -> bool:
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        return self.is_administrator

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """`app.action_model`: viewing takes the app's reading right, the rest its writing right.

        The office asks so; the AppConfig says which capabilities these are.
        """
        app_label, _, action = perm.partition(".")
        return self._may_with(app_label, "reading" if action.startswith("view_") else "writing")

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self._may_with(app_label, "reading")

    def _may_with(self, app_label: str, right: str) -> bool:
        """What an app does not say is for administrators only."""
        app = apps.app_configs.get(app_label)
        return self.may(getattr(app, right, Capability.ADMINISTER))


class LoginAttemptQuerySet(models.QuerySet["LoginAttempt"]):
    def locked_for(self, *, username: str, address: str, at: datetime) -> timedelta | None:
        """How long sign-in stays refused, or None when another try is allowed.

        Wrong passwords in a row for the name from the address lock the two for a while. Many for
        the name from anywhere, or from the address for any name, only slow it down: otherwise
        anybody could lock somebody out.
        """
        name, here = models.Q(username=username), models.Q(address=address)
        recent = self.filter(name | here, last_failed_at__gt=at - settings.LOCKOUT_PERIOD)
        seen = recent.aggregate(
            pair=models.Sum("failures", filter=name & here),
            pair_at=models.Max("last_failed_at", filter=name & here),
            name=models.Sum("failures", filter=name),
            name_at=models.Max("last_failed_at", filter=name),
            here=models.Sum("failures", filter=here),
            here_at=models.Max("last_failed_at", filter=here),
        )
        limits = {
            "pair": (settings.LOCKOUT_FAILURES, settings.LOCKOUT_PERIOD),
            "name": (settings.SLOWDOWN_FAILURES, settings.SLOWDOWN),
            "here": (settings.SLOWDOWN_FAILURES, settings.SLOWDOWN),
        }
        waits = [
            seen[f"{what}_at"] + wait - at
            for what, (most, wait) in limits.items()
            if (seen[what] or 0) >= most
        ]
        longest = max(waits, default=timedelta(0))
        return longest if longest > timedelta(0) else None


class LoginAttempt(models.Model):
    """Wrong passwords in a row for one user name from one address (contract section 3).

    The address is a network of IPv6: `core.client_address.client_network`.
    """

    username = models.CharField(max_length=150)
    address = models.GenericIPAddressField(db_index=True)  # who guesses many names
    failures = models.PositiveSmallIntegerField(default=0)
    last_failed_at = models.DateTimeField(db_index=True)  # housekeeping deletes the old ones

    objects = LoginAttemptQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["username", "address"], name="accounts_loginattempt_unique_pair"
            ),
        )

    def __str__(self) -> str:
        return f"{self.username} from {self.address}: {self.failures}"

    def count_failure(self, *, at: datetime) -> None:
        """Count one more wrong password; an old series of them is forgotten first."""
        is_old = self.failures and self.last_failed_at + settings.LOCKOUT_PERIOD <= at
        self.failures = 1 if is_old else self.failures + 1
        self.last_failed_at = at


class SecondFactor(models.Model):
    """The telephone of a user, also before its first code has been given (contract section 3).

    What the codes are made of is not here: `accounts.one_time_codes`. Whether it is on says
    `User.second_factor_since`, which has a history.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    salt = models.CharField(max_length=64)
    last_step = models.BigIntegerField(
        default=0, help_text="Of the latest code that was used; none of it or before is taken."
    )

    def __str__(self) -> str:
        return f"second factor of {self.user}"

    def take_step(self, step: int) -> bool:
        """Use the code of this step up; False if it, or a later one, was used before."""
        unused = SecondFactor.objects.filter(pk=self.pk, salt=self.salt, last_step__lt=step)
        return unused.update(last_step=step) == 1


class RecoveryCode(models.Model):
    """A code for whoever has lost the telephone; using it deletes it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "digest"], name="accounts_recoverycode_unique_digest"
            ),
        )

    def __str__(self) -> str:
        return f"recovery code of {self.user}"


class TokenFamily(models.Model):
    """One sign-in of a program: the refresh tokens that follow each other (contract section 3)."""

    family_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="token_families")
    current = models.CharField(
        max_length=64, help_text="A digest that names the one refresh token that is good."
    )
    begun_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)  # housekeeping deletes the old ones
    ended_at = models.DateTimeField(null=True)
    was_copied = models.BooleanField(
        default=False, help_text="It ended because a refresh token was used twice."
    )

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"{self.user}, since {self.begun_at}"

    def end(self, *, was_copied: bool) -> None:
        self.ended_at, self.was_copied = timezone.now(), was_copied
        self.save(update_fields=["ended_at", "was_copied"])


class SetupCode(models.Model):
    """The code with which the first administrator is made; a digest, and at most one."""

    digest = models.CharField(max_length=64, primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"
