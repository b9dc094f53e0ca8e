"""In which order rows became visible: numbers are given before the commit, and overtake."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class TransactionId(models.Field[str, str]):
    """PostgreSQL's 64-bit number of the transaction that wrote the row."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8"


class CurrentTransactionId(models.Func):
    function = "pg_current_xact_id"
    output_field = TransactionId()
