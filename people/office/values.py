"""The values that occur in a column, whatever the number of its rows."""

from typing import Any

from django.contrib import admin
from django.db import connection, models
from django.http import HttpRequest

# PostgreSQL reads every row for DISTINCT. This asks an index for the first value, then for the
# first after it, and so on: one short look for each value that there is.
LOOSE_SCAN = """
    WITH RECURSIVE found AS (
        (SELECT {column} AS value FROM {table} ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (SELECT {column} FROM {table} WHERE {column} > found.value
                ORDER BY {column} LIMIT 1)
        FROM found WHERE found.value IS NOT NULL)
    SELECT value FROM found WHERE value IS NOT NULL
"""


def values_in_use(field: models.Field[Any, Any]) -> list[str]:
    """Each value of an indexed text column once, in order."""
    quoted = connection.ops.quote_name
    table, column = quoted(field.model._meta.db_table), quoted(str(field.column))
    with connection.cursor() as cursor:
        cursor.execute(LOOSE_SCAN.format(table=table, column=column))
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
        self.lookup_choices: Any = values_in_use(field)

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "Not given"}
