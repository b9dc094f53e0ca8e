"""Append to `cards_cardtally` what each statement changed; see `cards.models.CardTally`."""

from django.db import migrations

KIND = "card_type, is_active, retired_at IS NOT NULL, holder_is_active, department"
INTO = "cards_cardtally (card_type, is_active, is_retired, holder_is_active, department, count)"

TALLY = f"""
CREATE FUNCTION cards_tally_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {INTO} SELECT {KIND}, count(*) FROM new_cards GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;

CREATE FUNCTION cards_tally_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {INTO} SELECT {KIND}, -count(*) FROM old_cards GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;

CREATE FUNCTION cards_tally_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {INTO}
        SELECT card_type, is_active, is_retired, holder_is_active, department, sum(change)
        FROM (
            SELECT {KIND}, 1 FROM new_cards UNION ALL SELECT {KIND}, -1 FROM old_cards
        ) AS moves (card_type, is_active, is_retired, holder_is_active, department, change)
        GROUP BY 1, 2, 3, 4, 5
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
"""

UNDO = "".join(
    f"DROP TRIGGER cards_tally_{name} ON cards_card; DROP FUNCTION cards_tally_{name};"
    for name in ("inserted", "deleted", "updated", "truncated")
)


class Migration(migrations.Migration):
    dependencies = [("cards", "0002_describe_holders")]

    operations = [migrations.RunSQL(TALLY, UNDO)]
