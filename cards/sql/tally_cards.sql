-- Append to `cards_cardtally` what each statement changed; see `cards.models.CardTally`.

CREATE FUNCTION cards_tally_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cards_cardtally (card_type, is_active, is_retired, is_temporary, holder_is_active, department, count) SELECT card_type, is_active, retired_at IS NOT NULL, is_temporary, holder_is_active, department, count(*) FROM new_cards GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END $$;

CREATE FUNCTION cards_tally_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cards_cardtally (card_type, is_active, is_retired, is_temporary, holder_is_active, department, count) SELECT card_type, is_active, retired_at IS NOT NULL, is_temporary, holder_is_active, department, -count(*) FROM old_cards GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END $$;

CREATE FUNCTION cards_tally_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cards_cardtally (card_type, is_active, is_retired, is_temporary, holder_is_active, department, count)
        SELECT card_type, is_active, is_retired, is_temporary, holder_is_active, department, sum(change)
        FROM (
            SELECT card_type, is_active, retired_at IS NOT NULL, is_temporary, holder_is_active, department, 1 FROM new_cards UNION ALL SELECT card_type, is_active, retired_at IS NOT NULL, is_temporary, holder_is_active, department, -1 FROM old_cards
        ) AS moves (card_type, is_active, is_retired, is_temporary, holder_is_active, department, change)
        GROUP BY 1, 2, 3, 4, 5, 6
        HAVING sum(change) <> 0;
    RETURN NULL;
END $$;

CREATE FUNCTION cards_tally_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cards_cardtally;
    RETURN NULL;
END $$;

CREATE TRIGGER cards_tally_inserted AFTER INSERT ON cards_card
    REFERENCING NEW TABLE AS new_cards
    FOR EACH STATEMENT EXECUTE FUNCTION cards_tally_inserted();
CREATE TRIGGER cards_tally_deleted AFTER DELETE ON cards_card
    REFERENCING OLD TABLE AS old_cards
    FOR EACH STATEMENT EXECUTE FUNCTION cards_tally_deleted();
CREATE TRIGGER cards_tally_updated AFTER UPDATE ON cards_card
    REFERENCING OLD TABLE AS old_cards NEW TABLE AS new_cards
    FOR EACH STATEMENT EXECUTE FUNCTION cards_tally_updated();
CREATE TRIGGER cards_tally_truncated AFTER TRUNCATE ON cards_card
    FOR EACH STATEMENT EXECUTE FUNCTION cards_tally_truncated();
