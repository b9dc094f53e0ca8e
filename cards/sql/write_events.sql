-- Write into the outbox what happens to cards, in the transaction in which it happens: no number of a chip, which
-- would outlive the card there. Who hears of it is decided in Python: webhooks/events.py.
CREATE FUNCTION cards_card_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    card cards_card%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' THEN card := OLD; ELSE card := NEW; END IF;
    INSERT INTO outbox_event (kind, subject, payload, happened_at) VALUES (
        TG_ARGV[0],
        card.card_uuid,
        jsonb_build_object(
            'card_uuid', card.card_uuid,
            'card_type', card.card_type,
            'person', card.person_id,
            'is_active', card.is_active,
            'retired_reason', card.retired_reason,
            'replaces', card.replaces_id
        ),
        now()
    );
    RETURN NULL;
END $$;

CREATE TRIGGER cards_card_issued AFTER INSERT ON cards_card
    FOR EACH ROW EXECUTE FUNCTION cards_card_event('card_issued');

CREATE TRIGGER cards_card_retired AFTER UPDATE OF retired_at ON cards_card
    FOR EACH ROW WHEN (OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL)
    EXECUTE FUNCTION cards_card_event('card_retired');

-- Retiring switches off as well, and is told as itself.
CREATE TRIGGER cards_card_switched AFTER UPDATE OF is_active ON cards_card
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active AND NEW.retired_at IS NULL)
    EXECUTE FUNCTION cards_card_event('card_switched');

CREATE TRIGGER cards_card_deleted AFTER DELETE ON cards_card
    FOR EACH ROW EXECUTE FUNCTION cards_card_event('card_deleted');
