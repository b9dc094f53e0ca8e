"""Of meal periods for everybody of the same `who`, no two versions that hold at once overlap.

The seconds of the week that a version covers are a set of ranges, and the kinds that it is for a
range of numbers; an exclusion constraint compares both, and when they held. What `applies_to`
narrows is told apart by people, which no constraint can: `kitchen.services` does, under a lock.
"""

from django.db import migrations

SECONDS_OF_A_DAY = 24 * 60 * 60
SECONDS_OF_A_WEEK = 7 * SECONDS_OF_A_DAY


def seconds(day: int) -> str:
    """The ranges that a period covers which begins on this day of the week; none if it does not.

    The night from Sunday to Monday goes on at the beginning of the week.
    """
    start = f"({(day - 1) * SECONDS_OF_A_DAY} + extract(epoch FROM starts_at)::int)"
    until = (
        f"({(day - 1) * SECONDS_OF_A_DAY} + extract(epoch FROM ends_at)::int"
        f" + CASE WHEN ends_at <= starts_at THEN {SECONDS_OF_A_DAY} ELSE 0 END)"
    )
    is_on = f"{day} = ANY(days)"
    this_week = f"int4range({start}, least({until}, {SECONDS_OF_A_WEEK}))"
    ranges = [f"CASE WHEN {is_on} THEN {this_week} ELSE 'empty'::int4range END"]
    if day == 7:
        over = f"greatest({until} - {SECONDS_OF_A_WEEK}, 0)"
        ranges.append(f"CASE WHEN {is_on} THEN int4range(0, {over}) ELSE 'empty'::int4range END")
    return ", ".join(ranges)


KINDS = """CASE who WHEN 'students' THEN int4range(1, 2) WHEN 'staff' THEN int4range(2, 3)
    ELSE int4range(1, 4) END"""
NO_OVERLAP = f"""
ALTER TABLE kitchen_mealperiod DROP COLUMN week CASCADE;

ALTER TABLE kitchen_periodversion
    ADD COLUMN week int4multirange GENERATED ALWAYS AS (
        int4multirange({", ".join(seconds(day) for day in range(1, 8))})
    ) STORED,
    ADD COLUMN kinds int4range GENERATED ALWAYS AS ({KINDS}) STORED;

ALTER TABLE kitchen_periodversion ADD CONSTRAINT kitchen_periodversion_no_overlap
    EXCLUDE USING gist (week WITH &&, kinds WITH &&, held WITH &&)
    WHERE (is_active AND applies_to = '{{}}'::jsonb);

-- Last: with rows whose references are still to be looked up no table is altered.
INSERT INTO kitchen_periodversion (
    period_id, held, name, starts_at, ends_at, days, is_active, who, portions, applies_to
) SELECT period_id, tstzrange(NULL, NULL), name, starts_at, ends_at, days, is_active, who, portions,
    applies_to
FROM kitchen_mealperiod;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kitchen", "0004_period_versions"),
    ]

    operations = [
        migrations.RunSQL(NO_OVERLAP, migrations.RunSQL.noop),
    ]
