"""No two active meal periods overlap, whoever writes them.

The seconds of the week that a period covers are a set of ranges; an exclusion constraint compares
those of all active periods.
"""

from django.db import migrations

SECONDS_OF_A_DAY = 24 * 60 * 60


def seconds(day: int) -> str:
    """The range that a period covers on this day of the week, empty where it is not served."""
    start = (day - 1) * SECONDS_OF_A_DAY
    return (
        f"CASE WHEN {day} = ANY(days) AND starts_at < ends_at THEN int4range("
        f"{start} + extract(epoch FROM starts_at)::int, {start} + extract(epoch FROM ends_at)::int"
        f") ELSE 'empty'::int4range END"
    )


NO_OVERLAP = f"""
ALTER TABLE kitchen_mealperiod ADD COLUMN week int4multirange GENERATED ALWAYS AS (
    int4multirange({", ".join(seconds(day) for day in range(1, 8))})
) STORED;

ALTER TABLE kitchen_mealperiod ADD CONSTRAINT kitchen_mealperiod_no_overlap
    EXCLUDE USING gist (week WITH &&) WHERE (is_active);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kitchen", "0002_initial"),
    ]

    operations = [
        migrations.RunSQL(NO_OVERLAP, "ALTER TABLE kitchen_mealperiod DROP COLUMN week CASCADE"),
    ]
