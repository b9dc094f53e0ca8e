-- Write into the outbox, in the transaction in which it happens, that a day is another: its status, whether
-- an arrival is known, whether anything was expected, and of somebody absent, whether it is closed. A second
-- tap of the day changes none of these, and fires nothing. Who hears of it is decided in Python.

CREATE FUNCTION attendance_day_is_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at)
    VALUES (
        'day_changed',
        NEW.attendance_id,
        -- Whose it was, if there is nothing left to say of it.
        CASE NEW.status WHEN '' THEN jsonb_build_object('person', NEW.person_id, 'date', NEW.date)
        ELSE '{}' END,
        now()
    );
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_day_is_another AFTER UPDATE ON attendance_attendance
    FOR EACH ROW WHEN (
        OLD.status <> NEW.status
        OR OLD.is_counted <> NEW.is_counted
        OR (OLD.attendance_time IS NULL) <> (NEW.attendance_time IS NULL)
        OR (NEW.status = 'Absent' AND (OLD.closed_under_id IS NULL) <> (NEW.closed_under_id IS NULL))
    ) EXECUTE FUNCTION attendance_day_is_another();
