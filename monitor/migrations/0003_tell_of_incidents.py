"""Write an event for an incident that is recorded or voided, in its own transaction."""

from django.db import migrations

INCIDENT = """
CREATE FUNCTION monitor_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO monitor_event (kind, payload, happened_at) VALUES (
        'incident',
        jsonb_build_object(
            'discipline_id', NEW.discipline_id,
            'student', NEW.student_id,
            'category', NEW.category,
            'points_deducted', NEW.points_deducted,
            'is_voided', NEW.voided_at IS NOT NULL
        ),
        now()
    );
    RETURN NULL;
END $$;

CREATE TRIGGER monitor_incident AFTER INSERT OR UPDATE OF voided_at ON discipline_incident
    FOR EACH ROW EXECUTE FUNCTION monitor_incident();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitor", "0002_tell_what_happened"),
        ("discipline", "0002_add_up_points"),
    ]

    operations = [
        migrations.RunSQL(
            INCIDENT,
            "DROP TRIGGER monitor_incident ON discipline_incident; DROP FUNCTION monitor_incident",
        )
    ]
