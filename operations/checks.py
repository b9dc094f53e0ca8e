"""System checks of nightly backups."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from operations.nightly import backup_time

ID = "trackxpert.E022"


@register()
def nightly_backups_can_be_made(**kwargs: Any) -> list[CheckMessage]:
    try:
        backup_time()
    except ValueError:
        hint = "Set BACKUP_AT to a time on the campus, such as 02:15, or to nothing."
        return [Error("BACKUP_AT is no time of day.", hint=hint, id=ID)]
    if settings.BACKUP_KEEP < 1:
        hint = "Set BACKUP_KEEP to 1 or more."
        return [Error("No backup would be kept.", hint=hint, id=ID)]
    if not settings.BACKUP_TO:
        hint = "Set BACKUP_TO to a folder, or to s3."
        return [Error("Backups would be put nowhere.", hint=hint, id=ID)]
    if settings.BACKUP_TO == "s3":
        return _of_s3()
    return []


def _of_s3() -> list[CheckMessage]:
    if settings.BACKUP_S3_BUCKET in ("", settings.S3_BUCKET):
        hint = "Set BACKUP_S3_BUCKET to one that only backups are in."
        return [Error("Backups are to be in S3, in no bucket of theirs.", hint=hint, id=ID)]
    if not settings.BACKUP_RECIPIENTS:
        hint = "Set BACKUP_RECIPIENTS: a backup has the keys, and all that is known of people."
        return [Error("Backups in S3 would not be encrypted.", hint=hint, id=ID)]
    return []
