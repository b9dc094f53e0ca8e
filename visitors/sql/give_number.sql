-- A visitor who comes without a number is given the next one, by whatever door they come. A sequence,
-- for no two of its numbers are the same, also of two desks at once; one that somebody else was given
-- by hand is passed over.
CREATE SEQUENCE visitors_number AS bigint;

CREATE FUNCTION visitors_give_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next text;
BEGIN
    LOOP
        next := nextval('visitors_number');
        NEW.identifier := 'V-' || lpad(next, greatest(length(next), 6), '0');
        EXIT WHEN NOT EXISTS (
            SELECT FROM people_person
            WHERE kind = NEW.kind AND upper(identifier) = NEW.identifier
        );
    END LOOP;
    RETURN NEW;
END $$;

CREATE TRIGGER visitors_give_number BEFORE INSERT ON people_person
    FOR EACH ROW WHEN (NEW.kind = 'visitor' AND NEW.identifier = '')
    EXECUTE FUNCTION visitors_give_number();
