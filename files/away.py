"""When the storage of files does not answer: what clients are told, and what is done without it."""

import logging
from http import HTTPStatus

from django.core.files.storage import Storage
from django.db import transaction

from core.errors import DomainError

logger = logging.getLogger(__name__)


class StorageAway(DomainError):
    status_code: int = HTTPStatus.SERVICE_UNAVAILABLE
    code = "storage_unavailable"
    message = "The storage of files does not answer. Try again in a moment."


def delete_on_commit(storage: Storage, name: str) -> None:
    """What was done stands by then: of a file that cannot be deleted the log tells."""

    def delete() -> None:
        try:
            storage.delete(name)
        except StorageAway:
            logger.exception("%s is to be deleted: the storage does not answer", name)

    transaction.on_commit(delete)
