"""Changing settings: all of a form or nothing, with who did it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidFields
from core.locks import take_turns
from institution.declared import GROUP_OF, SETTINGS
from institution.models import LeftAsItIs, SealedSecret, SettingsVersion, Trial
from institution.reading import is_said, refresh, setting
from institution.rules import faults
from institution.sealing import new_salt, seal
from institution.setting import Setting

LOCK: Final = "institution: settings"


class SaidByEnvironment(DomainError):
    code = "said_by_environment"

    def __init__(self, which: Setting[Any]) -> None:
        said = gettext("{name} is set by {variable} in the environment.")
        super().__init__(said.format(name=which.label, variable=which.environment))


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    message = _("Somebody else has changed these settings meanwhile. This is how they are now.")


def change_settings(
    *, texts: Mapping[str, str], by: UUID | None, seen: int | None = None
) -> tuple[str, ...]:
    """Which of them are others than before, having written them as the next version.

    `texts`: by name, as the environment would say them; of a secret what is not to stay as it is.
    `seen`: the version that whoever asks for it has read. Raises SaidByEnvironment,
    ChangedMeanwhile, and InvalidFields by name.
    """
    proposed = _read(texts)
    with transaction.atomic():
        take_turns(LOCK)
        last = SettingsVersion.objects.first()
        refresh()
        if seen is not None and _changed_since(seen) & set(texts):
            raise ChangedMeanwhile
        changed = {
            name: value for name, value in proposed.items() if setting(SETTINGS[name]) != value
        }
        told_to_others = _told_to_others(changed)
        changed |= {each.name: each.default for each in told_to_others}
        _check_together(changed)
        if not changed:
            return ()
        plain = {
            name: SETTINGS[name].kind.text(value)
            for name, value in changed.items()
            if not SETTINGS[name].is_secret
        }
        _keep_secrets({name: value for name, value in changed.items() if name not in plain})
        SettingsVersion.objects.create(
            version=last.version + 1 if last else 1,
            texts={**(last.texts if last else {}), **plain},
            changed=list(changed),
            changed_by_id=by,
        )
    refresh()
    return tuple(changed)


def _read(texts: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, text in texts.items():
        which = SETTINGS[name]
        if is_said(which):
            raise SaidByEnvironment(which)
        try:
            values[name] = which.kind.read(text)
        except ValidationError as error:
            wrong[name] = error.messages
    if wrong:
        raise InvalidFields(wrong)
    return values


def _changed_since(seen: int) -> set[str]:
    later = SettingsVersion.objects.filter(version__gt=seen).values_list("changed", flat=True)
    return {name for names in later for name in names}


def _told_to_others(changed: Mapping[str, Any]) -> list[Setting[Any]]:
    """Secrets that would be told to another server than they were given for."""
    return [
        each
        for each in SETTINGS.values()
        if each.sent_to in changed and each.name not in changed and setting(each) != each.default
    ]


def _check_together(changed: Mapping[str, Any]) -> None:
    def value_of(which: Setting[Any]) -> Any:
        return changed.get(which.name, setting(which))

    if wrong := faults(value_of):
        raise InvalidFields({name: [message] for name, message in wrong.items()})


def _keep_secrets(secrets: Mapping[str, str]) -> None:
    for name, secret in secrets.items():
        if not secret:
            SealedSecret.objects.filter(pk=name).delete()
            continue
        salt = new_salt()
        SealedSecret.objects.update_or_create(
            pk=name, defaults={"salt": salt, "sealed": seal(secret, salt)}
        )


def note_trial(*, group: str, by: UUID) -> None:
    """It worked, as the settings are now."""
    Trial.objects.update_or_create(
        pk=group, defaults={"worked_at": timezone.now(), "tried_by_id": by}
    )


def is_tried(group: str) -> bool:
    """Whether it has worked since the group's settings were changed last."""
    trial = Trial.objects.filter(pk=group).first()
    if trial is None:
        return False
    names = [name for name, each in GROUP_OF.items() if each.key == group]
    later = SettingsVersion.objects.filter(changed_at__gt=trial.worked_at)
    return not later.filter(changed__overlap=names).exists()


def leave_as_it_is(*, step: str, by: UUID) -> None:
    LeftAsItIs.objects.get_or_create(pk=step, defaults={"said_by_id": by})
