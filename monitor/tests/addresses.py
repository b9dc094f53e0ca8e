"""Addresses below `/auth/admin/{admin_id}/` for the tests of this folder."""

from typing import Any

from accounts.models import User


def own(role: str, suffix: str, slash: str = "/") -> str:
    """The address of `caller(role)` itself."""
    return at(User.objects.get(username=role).pk, suffix, slash)


def at(admin_id: Any, suffix: str, slash: str = "/") -> str:
    return f"/auth/admin/{admin_id}/{suffix}{slash}"
