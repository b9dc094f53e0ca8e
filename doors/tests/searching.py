"""Is a marker anywhere in the database, or in a file?"""

from pathlib import Path

from django.db import connection

TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"


def tables_with(marker: str) -> list[str]:
    """The tables of which a row says it, in whatever column."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            statement = f"SELECT count(*) FROM {table} AS each WHERE position(%s IN each::text) > 0"  # noqa: S608
            cursor.execute(statement, [marker])
            found += [table] if cursor.fetchone()[0] else []
    return found


def files_with(marker: str, *folders: Path) -> list[Path]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path for path in files if marker.encode() in path.read_bytes()]
