"""The values that occur in a column, whatever the number of its rows."""

from typing import Any

from django.contrib import admin
from django.db import connection, models
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts.models import User
from people.kinds import PersonKind

# PostgreSQL reads every row for DISTINCT. This asks an index for the first value, then for the
# first after it, and so on: one short look for each value that there is.
LOOSE_SCAN = """
    WITH RECURSIVE found AS (
        (SELECT {column} AS value FROM {table} WHERE {those} ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (SELECT {column} FROM {table} WHERE {those} AND {column} > found.value
                ORDER BY {column} LIMIT 1)
        FROM found WHERE found.value IS NOT NULL)
    SELECT value FROM found WHERE value IS NOT NULL
"""


def values_in_use(field: models.Field[Any, Any], kind: PersonKind | None = None) -> list[str]:
    """Each value of an indexed text column once, in order; of people, those of this kind."""
    quoted = connection.ops.quote_name
    scan = LOOSE_SCAN.format(
        table=quoted(field.model._meta.db_table),
        column=quoted(str(field.column)),
        those="kind = %(kind)s" if kind else "true",
    )
    with connection.cursor() as cursor:
        cursor.execute(scan, {"kind": kind.key} if kind else None)
        return [value for (value,) in cursor.fetchall()]


class InUseFilter(admin.AllValuesFieldListFilter):
    """A list's filter by the values of an indexed column; an empty one is called `not given`."""

    def __init__(
        self,
        field: models.Field[Any, Any],
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[models.Model],
        model_admin: admin.ModelAdmin[Any],
        field_path: str,
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self.lookup_choices: Any = self.values(field, model, request)

    def values(self, field: models.Field[Any, Any], model: Any, request: HttpRequest) -> list[str]:
        return values_in_use(field)

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or gettext("Not given")}


class InUseByKindFilter(InUseFilter):
    """The values of one kind of people; of those whom the user may know of."""

    def values(self, field: models.Field[Any, Any], model: Any, request: HttpRequest) -> list[str]:
        assert isinstance(request.user, User)
        if request.user.own_classes is None:
            return values_in_use(field, model.person_kind)
        people = model.objects.of_own_kind().seen_by(request.user).order_by(field.name)
        return list(people.values_list(field.name, flat=True).distinct())
