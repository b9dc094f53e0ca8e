"""Sessions of browsers, whose keys the database does not hold (contract section 3).

Named by `SESSION_ENGINE`. Django's own table keeps the very key that the cookie carries; here it
keeps a digest of it, so that who reads the table, or a dump of it, cannot act as anybody.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> AbstractBaseSession | None:
        stored = self.model.objects.filter(
            session_key=_digest(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if stored is None:
            self._session_key = None
        return stored

    def exists(self, session_key: str) -> bool:
        return super().exists(_digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        stored = super().create_model_instance(data)
        stored.session_key = _digest(stored.session_key)
        return stored

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(_digest(key))


def living(keys: Iterable[str]) -> set[str]:
    """Those of these keys whose session has not ended; one query, or none."""
    by_digest = {_digest(key): key for key in keys}
    if not by_digest:
        return set()
    sessions = SessionStore.get_model_class().objects.filter(expire_date__gt=timezone.now())
    found = sessions.filter(session_key__in=by_digest).values_list("session_key", flat=True)
    return {by_digest[digest] for digest in found}


def _digest(key: str) -> str:
    """As long as Django's column: 160 bits of the digest, of a key that has 165 of its own."""
    return sha256(key.encode()).hexdigest()[:40]
