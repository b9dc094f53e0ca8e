"""Who is still let in, of those who were: for what lasts longer than a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from accounts.models import TokenFamily, User
from accounts.sessions import living


@dataclass(frozen=True, slots=True, eq=False)
class SignedIn:
    """Who came in, as the user's row was then, by a token of this family or in this session."""

    user: User
    family: UUID | None = None
    session_key: str = ""

    def is_as_before(self, row: User) -> bool:
        then = self.user
        return (row.role, row.classes, row.password) == (then.role, then.classes, then.password)


def still_signed_in(watchers: Iterable[SignedIn]) -> set[SignedIn]:
    """Those of them who would be let in again as they are.

    Whoever was switched off, got another role, other classes or another password, whose token's
    family ended or who signed out is not among them. One query for all, and one for the sessions.
    """
    asked = list(watchers)
    families = [each.family for each in asked if each.family]
    alive = TokenFamily.objects.filter(user=OuterRef("pk"), pk__in=families, ended_at=None)
    users = User.objects.filter(pk__in={each.user.pk for each in asked}, is_active=True)
    rows = {user.pk: user for user in users.annotate(alive=ArraySubquery(alive.values("pk")))}
    sessions = living(each.session_key for each in asked if each.session_key)
    return {
        each
        for each in asked
        if (row := rows.get(each.user.pk))
        and each.is_as_before(row)
        and (each.family is None or each.family in row.alive)
        and (not each.session_key or each.session_key in sessions)
    }
