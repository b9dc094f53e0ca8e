-- Keep `suspended_until` of a person's own card equal to the end of the temporary card that they
-- have, if any. Whether that is still ahead is a matter of the moment: cards/standing.py.

-- After `cards_describe_holder`, by name: it holds the person's row, so that no temporary card of
-- the same person can come in between.
CREATE FUNCTION cards_suspend_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.suspended_until := (
        SELECT max(expiry_date) FROM cards_card
        WHERE person_id = NEW.person_id AND is_temporary AND retired_at IS NULL
    );
    RETURN NEW;
END $$;

CREATE TRIGGER cards_suspend_new BEFORE INSERT ON cards_card
    FOR EACH ROW WHEN (NOT NEW.is_temporary)
    EXECUTE FUNCTION cards_suspend_new();

-- OLD is NULL at an insert, NEW at a delete.
CREATE FUNCTION cards_suspend_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder uuid := coalesce(NEW.person_id, OLD.person_id);
    ends timestamptz := (
        SELECT max(expiry_date) FROM cards_card
        WHERE person_id = holder AND is_temporary AND retired_at IS NULL
    );
BEGIN
    UPDATE cards_card SET suspended_until = ends, updated_at = clock_timestamp()
    WHERE person_id = holder AND NOT is_temporary AND retired_at IS NULL
        AND suspended_until IS DISTINCT FROM ends;
    RETURN NULL;
END $$;

CREATE TRIGGER cards_suspend_own AFTER INSERT OR UPDATE OF retired_at, expiry_date ON cards_card
    FOR EACH ROW WHEN (NEW.is_temporary)
    EXECUTE FUNCTION cards_suspend_own();
CREATE TRIGGER cards_release_own AFTER DELETE ON cards_card
    FOR EACH ROW WHEN (OLD.is_temporary)
    EXECUTE FUNCTION cards_suspend_own();
