"""What shows that two databases hold the same rows, whatever server and session reads them."""

from typing import Final

# The same text for the same row.
PLAIN: Final = {
    "timezone": "'UTC'",
    "datestyle": "'ISO'",
    "intervalstyle": "'postgres'",
    "extra_float_digits": "1",
    "bytea_output": "'hex'",
    "statement_timeout": "0",
}
TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# Of the rows `each`, in whatever order they are.
DIGEST: Final = "coalesce(sum(('x' || left(md5(each::text), 15))::bit(60)::bigint), 0)"
