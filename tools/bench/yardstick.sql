-- What taps are measured by: one read and two inserts of a plain schema, in a transaction, prepared. It knows
-- nothing of TrackXpert and stays as it is, so that no measure gets shorter with what it measures.
DROP SCHEMA IF EXISTS yardstick CASCADE;
CREATE SCHEMA yardstick;
CREATE TABLE yardstick.card (number text PRIMARY KEY, person uuid NOT NULL, full_name text NOT NULL);
CREATE TABLE yardstick.tap (
    tap_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reader integer NOT NULL, event text NOT NULL, person uuid, tapped_at timestamptz NOT NULL,
    UNIQUE (reader, event)
);
CREATE TABLE yardstick.day (
    day_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person uuid NOT NULL, seen_at timestamptz NOT NULL
);
INSERT INTO yardstick.card
SELECT 'C' || n, gen_random_uuid(), 'Somebody ' || n FROM generate_series(1, 5000) AS n;
ANALYZE yardstick.card;
