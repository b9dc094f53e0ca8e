"""What a setting is now: `setting(INSTITUTION_NAME)`, from any thread of any process.

A process keeps the newest version in memory, so reading asks the database for nothing. That another
process has changed something is noticed by `refresh`: each second in those that run for long
(`institution.watching`), before each task of the background worker; whoever changes settings
refreshes their own process at once.
"""

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from institution.declared import CAMPUS_ZONE, SETTINGS
from institution.models import SealedSecret, SettingsVersion
from institution.sealing import SecretLost, unseal
from institution.setting import Setting

logger = logging.getLogger(__name__)

T = TypeVar("T")
Stamp = tuple[int, datetime]

NOT_SAID: Final = object()
NEWEST: Final = (
    "SELECT version, changed_at FROM institution_settingsversion ORDER BY version DESC LIMIT 1"
)


@dataclass(frozen=True)
class Decided:
    """What the office has decided, as of one version; `stamp` tells it from every other."""

    stamp: Stamp | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Sealed, and the salt, by name."""
    _values: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        return self.stamp[0] if self.stamp else 0

    def value(self, which: Setting[T]) -> T:
        if which.name not in self._values:
            self._values[which.name] = self._read(which)
        value: T = self._values[which.name]
        return value

    def _read(self, which: Setting[T]) -> T:
        if which.is_secret:
            return which.kind.convert(self._secret(which)) or which.default
        text = self.texts.get(which.name)
        return which.default if text is None else which.kind.convert(text)

    def _secret(self, which: Setting[T]) -> str:
        sealed, salt = self.secrets.get(which.name, ("", ""))
        if not sealed:
            return ""
        try:
            return unseal(sealed, salt)
        except SecretLost:
            logger.warning("%s was sealed with another SECRET_KEY: enter it anew.", which.name)
            return ""


_NOTHING: Final = Decided()
# None: this process has not asked yet.
_decided: Decided | None = None


def setting(which: Setting[T]) -> T:
    """What the environment says; else what the office has decided; else the default."""
    said: Any = getattr(settings, which.name, NOT_SAID)
    if said is not NOT_SAID:
        value: T = said
        return value
    return decided().value(which)


def said_or_default(which: Setting[T]) -> T:
    """Without a look at what the office has decided: for checks, which run before there is one."""
    said: Any = getattr(settings, which.name, NOT_SAID)
    value: T = which.default if said is NOT_SAID else said
    return value


def is_said(which: Setting[Any]) -> bool:
    """Whether the environment says it, so that nobody else can."""
    return getattr(settings, which.name, NOT_SAID) is not NOT_SAID


def is_decided(which: Setting[Any]) -> bool:
    """Whether anybody has said it; else it is the default."""
    return is_said(which) or which.name in decided().texts


def decided() -> Decided:
    """As far as it is known: who says that the database is away needs a name all the same."""
    if _decided is None:
        try:
            refresh()
        except Error as error:
            logger.warning("Settings cannot be read: %s", str(error).strip())
    return _decided or _NOTHING


def refresh() -> None:
    """Ask for the newest version, and read it if it is another than this process has."""
    with connection.cursor() as cursor:
        if _decided is None and not _is_migrated(cursor):
            return
        cursor.execute(NEWEST)
        stamp: Stamp | None = cursor.fetchone()
    if _decided is None or stamp != _decided.stamp:
        take_over(_load(stamp))


def _is_migrated(cursor: Any) -> bool:
    """Migrations run with our models, whose defaults ask for settings."""
    cursor.execute("SELECT to_regclass('institution_settingsversion') IS NOT NULL")
    return bool(cursor.fetchone()[0])


def _load(stamp: Stamp | None) -> Decided:
    if stamp is None:
        return Decided()
    row = SettingsVersion.objects.get(pk=stamp[0])
    rows = SealedSecret.objects.values_list("name", "sealed", "salt")
    known = {name: text for name, text in row.texts.items() if name in SETTINGS}
    return Decided(stamp, known, {name: (sealed, salt) for name, sealed, salt in rows})


def take_over(newest: Decided | None) -> None:
    """This is what holds in this process from now on; None: it has to ask again."""
    global _decided
    _decided = newest
    if newest is not None and not is_said(CAMPUS_ZONE):
        follow_zone(newest.value(CAMPUS_ZONE))


def follow_zone(zone: str) -> None:
    """Django asks its own setting for the zone of everything it shows and reads."""
    if zone == settings.TIME_ZONE:
        return
    settings.TIME_ZONE = zone
    zone_of_settings: Any = timezone.get_default_timezone
    zone_of_settings.cache_clear()
    os.environ["TZ"] = zone
    time.tzset()
