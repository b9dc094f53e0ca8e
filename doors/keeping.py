"""How much is kept of each terminal: the last few hundred rows of a table."""

from django.db import connection
from django.db.models import Model

from pos.models import Device

FORGET = """
    DELETE FROM {table} WHERE device_id = %(device)s AND id <= (
        SELECT id FROM {table} WHERE device_id = %(device)s ORDER BY id DESC OFFSET %(most)s LIMIT 1
    )
"""


def keep_last(model: type[Model], *, device: Device, most: int) -> None:
    """Forget all rows of this device but the newest `most`."""
    forget = FORGET.format(table=model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(forget, {"device": device.pk, "most": most})
