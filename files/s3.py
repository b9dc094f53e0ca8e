"""Django's storage in an S3-compatible server, as django-storages speaks with it.

Views decide who sees a file here too, so `url` is an address of ours, never one of the bucket.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec, TypeVar

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from core.errors import DomainError

P = ParamSpec("P")
T = TypeVar("T")


class StorageAway(DomainError):
    status_code: int = HTTPStatus.SERVICE_UNAVAILABLE
    code = "storage_unavailable"
    message = "The storage of files does not answer. Try again in a moment."


AGAIN: Final = timedelta(seconds=5)


def told_if_away(ask: Callable[P, T]) -> Callable[P, T]:
    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return ask(*args, **kwargs)
        except BotoCoreError as error:
            raise StorageAway(retry_after=AGAIN) from error
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise StorageAway(retry_after=AGAIN) from error

    return asked


@deconstructible
class S3FileStorage(S3Storage):
    def __init__(self, **options: Any) -> None:
        # In the thread that asks: a file that is moved here is read by its connection.
        super().__init__(**{"transfer_config": TransferConfig(use_threads=False), **options})

    _open = told_if_away(S3Storage._open)  # noqa: SLF001 - as Django's storages override it
    _save = told_if_away(S3Storage._save)  # noqa: SLF001
    delete = told_if_away(S3Storage.delete)
    exists = told_if_away(S3Storage.exists)
    listdir = told_if_away(S3Storage.listdir)
    size = told_if_away(S3Storage.size)

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name or '')}"
