"""Write an event for what dashboards show beside taps, in the transaction in which it happens."""

from django.db import migrations

# A correction is an update of these two columns; taps change others and fire nothing.
CORRECTED = """
CREATE FUNCTION monitor_day_corrected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO monitor_event (kind, payload, happened_at) VALUES (
        'day_corrected',
        jsonb_build_object(
            'attendance_id', NEW.attendance_id, 'date', NEW.date, 'status', NEW.status
        ),
        now()
    );
    RETURN NULL;
END $$;
"""
ON_CORRECTION = """
CREATE TRIGGER monitor_day_corrected AFTER UPDATE OF corrected_status ON {table}
    FOR EACH ROW WHEN (OLD.corrected_status IS DISTINCT FROM NEW.corrected_status)
    EXECUTE FUNCTION monitor_day_corrected();
"""
CLOSED = """
CREATE FUNCTION monitor_day_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO monitor_event (kind, payload, happened_at)
    VALUES ('day_closed', jsonb_build_object('date', NEW.date), now());
    RETURN NULL;
END $$;

CREATE TRIGGER monitor_day_closed AFTER INSERT ON attendance_closedday
    FOR EACH ROW EXECUTE FUNCTION monitor_day_closed();
"""
TABLES = ("attendance_attendance", "attendance_staffattendance")


class Migration(migrations.Migration):
    dependencies = [("monitor", "0001_initial"), ("attendance", "0002_rules")]

    operations = [
        migrations.RunSQL(
            CORRECTED + "".join(ON_CORRECTION.format(table=table) for table in TABLES) + CLOSED,
            "".join(f"DROP TRIGGER monitor_day_corrected ON {table};" for table in TABLES)
            + "DROP FUNCTION monitor_day_corrected;"
            + "DROP TRIGGER monitor_day_closed ON attendance_closedday;"
            + "DROP FUNCTION monitor_day_closed;",
        )
    ]
