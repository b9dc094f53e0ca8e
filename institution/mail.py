"""Mail goes out by the server of the settings, whoever sends it with Django."""

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from institution.declared import (
    MAIL_FROM,
    MAIL_PASSWORD,
    MAIL_PORT,
    MAIL_SECURITY,
    MAIL_SERVER,
    MAIL_USER,
)
from institution.reading import setting


class ConfiguredBackend(EmailBackend):
    """Named as EMAIL_BACKEND. A connection is made by the settings as they are then."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        security = setting(MAIL_SECURITY)
        super().__init__(
            host=setting(MAIL_SERVER),
            port=setting(MAIL_PORT),
            username=setting(MAIL_USER),
            password=setting(MAIL_PASSWORD),
            use_tls=security == "starttls",
            use_ssl=security == "tls",
            timeout=settings.EMAIL_TIMEOUT,
            fail_silently=fail_silently,
        )


def mail_is_set_up() -> bool:
    return bool(setting(MAIL_SERVER))


def sender() -> str:
    """From whom our mail is: `DIT <notices@dit.ac.tz>`."""
    return setting(MAIL_FROM) or f"noreply@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}"


def sender_domain() -> str:
    return parseaddr(sender())[1].rpartition("@")[2] or "localhost"
