from django.db import migrations, models

import pos.events
from pos.superseded import SUPERSEDE

# It waits for whoever reads, and holds up nobody meanwhile.
BUILD = (
    'DROP INDEX CONCURRENTLY IF EXISTS pos_tap_event_hashes',  # one that was not finished
    'SET lock_timeout = 0',
    'CREATE UNIQUE INDEX CONCURRENTLY pos_tap_event_hashes'
    ' ON pos_tap (pos_event_hash(device_id, event_id),'
    ' pos_series_hash(device_id, event_id, series))',
    'RESET lock_timeout',
)
# Where there is no tap yet, nobody taps while nodes are exchanged.
AT_ONCE = f"""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pos_tap) THEN
            {SUPERSEDE}
        END IF;
    END $$
"""
BACK = """
    ALTER TABLE pos_tap DROP CONSTRAINT IF EXISTS pos_tap_unique_event_of_series;
    DROP INDEX IF EXISTS pos_tap_unique_event_of_series, pos_tap_event_hashes;
    ALTER TABLE pos_tap ADD CONSTRAINT pos_tap_unique_event_of_series
        UNIQUE (device_id, event_id, series);
"""


class Migration(migrations.Migration):
    """The index of events is of hashes. The one of before stays for a day, see `pos.superseded`."""

    atomic = False

    dependencies = [('pos', '0019_event_hashes')]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint('tap', 'pos_tap_unique_event_of_series'),
                migrations.AddConstraint(
                    'tap',
                    models.UniqueConstraint(
                        pos.events.EventHash('device', 'event_id'),
                        pos.events.SeriesHash('device', 'event_id', 'series'),
                        name='pos_tap_unique_event_of_series',
                    ),
                ),
            ],
            database_operations=[migrations.RunSQL([*BUILD, AT_ONCE], BACK)],
        ),
    ]
