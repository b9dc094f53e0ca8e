"""The triggers that write notices about discipline, in the transaction of the event."""

from django.db import migrations

# What is recorded a week after it happened tells nobody.
OF_INCIDENT = """
CREATE FUNCTION notifications_of_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM notifications_tell(
        CASE WHEN TG_OP = 'INSERT' THEN 'incident' END,
        'incident_correction', NEW.discipline_id, NEW.student_id, NEW.date_of_incident,
        CASE WHEN NEW.voided_at IS NULL THEN 'Recorded' ELSE 'Voided' END,
        TG_OP = 'INSERT'
    );
    RETURN NULL;
END $$;

CREATE TRIGGER notifications_new_incident AFTER INSERT ON discipline_incident FOR EACH ROW
WHEN (NEW.voided_at IS NULL AND NEW.date_of_incident >= (now() - interval '7 days')::date)
EXECUTE FUNCTION notifications_of_incident();

CREATE TRIGGER notifications_voided_incident AFTER UPDATE ON discipline_incident FOR EACH ROW
WHEN (OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL)
EXECUTE FUNCTION notifications_of_incident();
"""

UNDO = """
DROP TRIGGER notifications_voided_incident ON discipline_incident;
DROP TRIGGER notifications_new_incident ON discipline_incident;
DROP FUNCTION notifications_of_incident();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_schedule_sending"),
        ("discipline", "0001_initial"),
    ]

    operations = [migrations.RunSQL(OF_INCIDENT, UNDO)]
