"""When the storage of files does not answer: what clients are told, and what is done without it."""

import logging
from contextlib import suppress
from http import HTTPStatus

from botocore.exceptions import ClientError
from django.core.files.storage import Storage, default_storage
from django.db import Error, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from files.database import DatabaseStorage
from files.models import Unwanted

logger = logging.getLogger(__name__)

LATER = "%s is to be deleted later: %s"


class StorageAway(DomainError):
    status_code: int = HTTPStatus.SERVICE_UNAVAILABLE
    code = "storage_unavailable"
    message = _("The storage of files does not answer. Try again in a moment.")


def delete_on_commit(storage: Storage, name: str) -> None:
    """What was done stands by then: what cannot be deleted is tried again each hour.

    That it is to be deleted is written in the transaction, so that a kill forgets nothing.
    """
    if isinstance(storage, DatabaseStorage):
        transaction.on_commit(lambda: storage.delete(name))
        return
    _note(name)
    transaction.on_commit(lambda: _delete_noted(storage, name))


def delete_or_note(storage: Storage, name: str) -> None:
    """Where a storage that is away is no reason to stop: a file that nothing names."""
    try:
        storage.delete(name)
    except StorageAway:
        logger.warning(LATER, name, "the storage does not answer")
        # Whoever asks may be about to tell what went wrong: this must not take its place.
        with suppress(Error), transaction.atomic():
            _note(name)


def delete_unwanted(storage: Storage = default_storage) -> int:
    """What could not be deleted before, until the storage is away again; how many files.

    What S3 refuses to delete holds up no other. Notes are of files in S3: they stay where files
    are in the database now.
    """
    if isinstance(storage, DatabaseStorage):
        return 0
    deleted = 0
    for name in list(Unwanted.objects.order_by("since").values_list("name", flat=True)):
        try:
            deleted += _try(storage, name)
        except StorageAway:
            logger.warning(LATER, name, "the storage does not answer")
            break
    return deleted


def _delete_noted(storage: Storage, name: str) -> None:
    try:
        _try(storage, name)
    except StorageAway:
        logger.warning(LATER, name, "the storage does not answer")


def _note(name: str) -> None:
    Unwanted.objects.bulk_create([Unwanted(name=name)], ignore_conflicts=True)


def _try(storage: Storage, name: str) -> bool:
    try:
        storage.delete(name)
    except ClientError as error:
        logger.warning(LATER, name, error)
        return False
    Unwanted.objects.filter(name=name).delete()
    return True
