-- Write into the outbox that an incident was recorded or voided, in the transaction in which it was. Who hears
-- of it is decided in Python: notifications/policy.py, live/events.py.
CREATE FUNCTION discipline_incident_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at) VALUES (
        'incident',
        NEW.discipline_id,
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

CREATE TRIGGER discipline_incident_event AFTER INSERT OR UPDATE OF voided_at ON discipline_incident
    FOR EACH ROW EXECUTE FUNCTION discipline_incident_event();
