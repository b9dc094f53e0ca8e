"""Which way a process goes to the database, where a pooler stands before it (docs/operators.md).

Through the pooler, `DATABASE_URL`, a transaction is all that there is: web, worker and events. Past
it, `DATABASE_DIRECT_URL`, go the commands that hold a lock for longer than that (preparation,
backups), or do what no transaction can (an index that is made concurrently).
"""

# Set by manage.py, before the settings are read.
is_passed_by = False
