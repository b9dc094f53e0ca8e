from django.db import connection


def take_turns(key: str) -> None:
    """Hold the advisory lock of this name until the transaction ends; whoever comes next waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
