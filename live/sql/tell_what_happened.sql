-- Write an event for what dashboards show beside taps, in the transaction in which it happens.
-- A correction is an update of these two columns; taps change others and fire nothing.
CREATE FUNCTION live_day_corrected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO live_event (kind, payload, happened_at) VALUES (
        'day_corrected',
        jsonb_build_object(
            'attendance_id', NEW.attendance_id, 'date', NEW.date, 'status', NEW.status
        ),
        now()
    );
    RETURN NULL;
END $$;

CREATE TRIGGER live_day_corrected AFTER UPDATE OF corrected_status ON attendance_attendance
    FOR EACH ROW WHEN (OLD.corrected_status IS DISTINCT FROM NEW.corrected_status)
    EXECUTE FUNCTION live_day_corrected();

CREATE FUNCTION live_day_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO live_event (kind, payload, happened_at)
    VALUES ('day_closed', jsonb_build_object('date', NEW.date), now());
    RETURN NULL;
END $$;

CREATE TRIGGER live_day_closed AFTER INSERT ON attendance_closedday
    FOR EACH ROW EXECUTE FUNCTION live_day_closed();

CREATE FUNCTION live_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO live_event (kind, payload, happened_at) VALUES (
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

CREATE TRIGGER live_incident AFTER INSERT OR UPDATE OF voided_at ON discipline_incident
    FOR EACH ROW EXECUTE FUNCTION live_incident();
