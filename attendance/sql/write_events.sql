-- Write into the outbox what happens to days, in the transaction in which it happens. Who hears of it is
-- decided in Python: notifications/policy.py, live/events.py.

-- A wake-up: whoever is woken looks at the day as it is by then.
CREATE FUNCTION attendance_day_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at)
    VALUES ('day_changed', NEW.attendance_id, '{}', now());
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_new_day AFTER INSERT ON attendance_attendance
    FOR EACH ROW WHEN (NEW.status <> '')
    EXECUTE FUNCTION attendance_day_changed();
