-- Write into the outbox what happens to days, in the transaction in which it happens. Who hears of it is
-- decided in Python: notifications/policy.py, live/events.py.

-- A wake-up: whoever is woken looks at the day as it is by then. Once a statement, for a call of a function for each
-- row cost a batch of taps a fifth of what its days cost.
CREATE FUNCTION attendance_day_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, subject, payload, happened_at)
    SELECT 'day_changed', attendance_id, '{}', now() FROM begun WHERE status <> '';
    RETURN NULL;
END $$;

CREATE TRIGGER attendance_new_day AFTER INSERT ON attendance_attendance
    REFERENCING NEW TABLE AS begun FOR EACH STATEMENT
    EXECUTE FUNCTION attendance_day_changed();
