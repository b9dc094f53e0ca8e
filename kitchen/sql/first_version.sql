-- A meal period is served by its versions (kitchen/services.py). Its first one comes with it, whoever
-- writes it, and holds from `began_at` on, or as far back as is asked if nothing is said.

CREATE FUNCTION kitchen_first_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kitchen_periodversion (
        period_id, held, name, starts_at, ends_at, days, is_active, who, portions, applies_to
    ) VALUES (
        NEW.period_id, tstzrange(NEW.began_at, NULL), NEW.name, NEW.starts_at, NEW.ends_at,
        NEW.days, NEW.is_active, NEW.who, NEW.portions, NEW.applies_to
    );
    RETURN NULL;
END $$;

CREATE TRIGGER kitchen_first_version AFTER INSERT ON kitchen_mealperiod
    FOR EACH ROW EXECUTE FUNCTION kitchen_first_version();
