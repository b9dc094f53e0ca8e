-- Write into the outbox, in the transaction in which it happens, that a day was corrected, that nothing
-- is left of one, and that one was closed. Who hears of it is decided in Python.

-- A correction is an update of these columns; taps change others and fire nothing.
CREATE FUNCTION attendance_day_corrected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at) VALUES (
        'day_corrected',
        NEW.attendance_id,
        jsonb_build_object(
            'attendance_id', NEW.attendance_id, 'date', NEW.date, 'status', NEW.status
        ),
        now()
    );
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_day_corrected AFTER UPDATE ON attendance_attendance
    FOR EACH ROW WHEN (
        OLD.corrected_status IS DISTINCT FROM NEW.corrected_status
        OR OLD.corrected_arrival IS DISTINCT FROM NEW.corrected_arrival
        OR OLD.corrected_departure IS DISTINCT FROM NEW.corrected_departure
    ) EXECUTE FUNCTION attendance_day_corrected();

-- A day of which nothing is to be said any more: Absent on a day that was opened again, for one.
CREATE FUNCTION attendance_day_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at) VALUES (
        'day_changed',
        OLD.attendance_id,
        jsonb_build_object('person', OLD.person_id, 'date', OLD.date),
        now()
    );
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_day_forgotten AFTER DELETE ON attendance_attendance
    FOR EACH ROW EXECUTE FUNCTION attendance_day_forgotten();

-- Once everybody's day has been judged: then those who are Absent are known.
CREATE FUNCTION attendance_day_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, payload, happened_at)
    VALUES ('day_closed', jsonb_build_object('date', NEW.date), now());
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_day_closed AFTER UPDATE OF written_at ON attendance_closedday
    FOR EACH ROW WHEN (OLD.written_at IS NULL AND NEW.written_at IS NOT NULL)
    EXECUTE FUNCTION attendance_day_closed();
