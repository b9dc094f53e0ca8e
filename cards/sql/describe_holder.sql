-- Keep `search_text`, `department` and `holder_is_active` of a card equal to its holder's, and
-- refuse a card whose type is not its holder's kind.

-- FOR NO KEY UPDATE: a holder whose name is being changed in another transaction is waited for.
-- Without it the new card would keep the old name, and the change would not yet see the new card.
-- And of two new cards of one person the second sees the first, own or temporary
-- (sql/suspend_own.sql). Taps, which refer to the person, are not held up.
CREATE FUNCTION cards_describe_holder() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder record;
BEGIN
    SELECT kind, search_text, department, is_active INTO holder
        FROM people_person WHERE person_uuid = NEW.person_id FOR NO KEY UPDATE;
    IF NEW.card_type <> holder.kind THEN
        RAISE EXCEPTION 'a % card for a %', NEW.card_type, holder.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cards_card_type_matches_holder';
    END IF;
    -- A card without a holder is refused by its foreign key.
    NEW.department := coalesce(holder.department, '');
    NEW.holder_is_active := coalesce(holder.is_active, true);
    NEW.search_text := lower(NEW.rfid_number) || ' ' || coalesce(holder.search_text, '');
    RETURN NEW;
END $$;

CREATE TRIGGER cards_describe_holder BEFORE INSERT OR UPDATE OF rfid_number ON cards_card
    FOR EACH ROW EXECUTE FUNCTION cards_describe_holder();

-- Firing the same trigger again writes the holder's new words into each of the holder's cards.
CREATE FUNCTION cards_follow_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cards_card SET rfid_number = rfid_number WHERE person_id = NEW.person_uuid;
    RETURN NULL;
END $$;

CREATE TRIGGER cards_follow_holder AFTER UPDATE ON people_person
    FOR EACH ROW
    WHEN (
        OLD.search_text IS DISTINCT FROM NEW.search_text
        OR OLD.department IS DISTINCT FROM NEW.department
        OR OLD.is_active IS DISTINCT FROM NEW.is_active
    )
    EXECUTE FUNCTION cards_follow_holder();
