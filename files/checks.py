from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def storage_is_known(**kwargs: Any) -> list[CheckMessage]:
    if settings.FILE_STORAGE not in settings.FILE_STORAGES:
        message = f"FILE_STORAGE={settings.FILE_STORAGE} is none."
        return [Error(message, hint="FILE_STORAGE is database or s3.", id="trackxpert.E020")]
    if settings.FILE_STORAGE == "s3" and not settings.S3_BUCKET:
        hint = "Set S3_BUCKET, and S3_ENDPOINT_URL unless it is Amazon's."
        return [Error("Files are to be in S3, in no bucket.", hint=hint, id="trackxpert.E021")]
    return []
