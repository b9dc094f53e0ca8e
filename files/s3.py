"""Django's storage in an S3-compatible server, as django-storages speaks with it.

Views decide who sees a file here too, so `url` is an address of ours, never one of the bucket.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec, TypeVar

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

from files.away import StorageAway

P = ParamSpec("P")
T = TypeVar("T")


AGAIN: Final = timedelta(seconds=5)
# In seconds, twice: a thread that answers requests waits for it.
PATIENCE: Final = Config(
    connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"}
)


def told_if_away(ask: Callable[P, T]) -> Callable[P, T]:
    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return ask(*args, **kwargs)
        except (BotoCoreError, Boto3Error, RetriesExceededError) as error:
            raise StorageAway(retry_after=AGAIN) from error
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise StorageAway(retry_after=AGAIN) from error

    return asked


def _fetch(file: Any) -> None:
    with ExitStack() as unless_fetched:
        unless_fetched.callback(file.close)
        _download(file)
        unless_fetched.pop_all()


def _download(file: Any) -> None:
    try:
        file.open()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
            raise
        raise FileNotFoundError(file.name) from error  # it went meanwhile


@deconstructible
class S3FileStorage(S3Storage):
    def __init__(self, **options: Any) -> None:
        # In the thread that asks: a file that is moved here is read by its connection.
        transfer: Any = TransferConfig
        transfers = transfer(use_threads=False, num_download_attempts=2)
        super().__init__(**{"transfer_config": transfers, **options})
        config: Any = self.client_config
        self.client_config: Any = config.merge(PATIENCE)

    @told_if_away
    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """All of it is here before anybody reads: who has begun to answer could tell nobody."""
        file: Any = super()._open(name, mode)
        if "r" in mode:
            _fetch(file)
        opened: File[bytes] = file
        return opened

    _save = told_if_away(S3Storage._save)  # noqa: SLF001 - as Django's storages override it
    delete = told_if_away(S3Storage.delete)
    exists = told_if_away(S3Storage.exists)
    listdir = told_if_away(S3Storage.listdir)
    size = told_if_away(S3Storage.size)

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name or '')}"
