"""What the planner of the database knows of a table that was just filled.

Autovacuum looks once a minute, and may have looked last when the table was empty: it had served a
demo, or a file that was taken back. Until it looks again a list that joins three such tables is
planned for one row in each, and compares each row with each of the others: with four hundred
people that takes a page longer than it may take.
"""

from typing import Any, Final

from django.db import connection, models

# As many changed rows as autovacuum looks at a small table for.
MANY: Final = 50


def tell_of_many(number: int, *filled: type[models.Model]) -> None:
    """After `number` rows were written into the tables of these models: count them, if it is many.

    Takes a moment however large they are, for rows are sampled. A table that somebody else counts
    just now is left to them, and nobody is waited for.
    """
    if number < MANY:
        return
    tables: set[Any] = {
        part._meta.db_table for model in filled for part in (model, *model._meta.all_parents)
    }
    names = ", ".join(map(connection.ops.quote_name, sorted(tables)))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE (SKIP_LOCKED) {names}")
