-- Write into the outbox what happens to days, in the transaction in which it happens. Who hears of it is
-- decided in Python: notifications/policy.py, live/events.py.

-- A wake-up: whoever is woken looks at the day as it is by then. A second tap of the day changes neither
-- of the two, and fires nothing.
CREATE FUNCTION attendance_day_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at)
    VALUES ('day_changed', NEW.attendance_id, '{}', now());
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_new_day AFTER INSERT ON attendance_attendance
    FOR EACH ROW EXECUTE FUNCTION attendance_day_changed();

CREATE TRIGGER attendance_day_changed AFTER UPDATE ON attendance_attendance
    FOR EACH ROW WHEN (
        OLD.status <> NEW.status
        OR (OLD.attendance_time IS NULL AND NEW.attendance_time IS NOT NULL)
    ) EXECUTE FUNCTION attendance_day_changed();
