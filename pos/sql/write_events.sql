-- Write into the outbox that a tap was taken back, in the transaction in which it was. Who hears of it is
-- decided in Python: live/events.py, webhooks/events.py.
CREATE FUNCTION pos_tap_annulled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_event (kind, payload, happened_at)
    VALUES ('tap_annulled', jsonb_build_object('tap_id', NEW.tap_id), now());
    RETURN NULL;
END $$;

CREATE TRIGGER pos_tap_annulled AFTER INSERT ON pos_tapannulment
    FOR EACH ROW EXECUTE FUNCTION pos_tap_annulled();
