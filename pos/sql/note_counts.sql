-- Note which counts of a series of a reader have come (pos/ledger.py, pos/sql/tap_door.sql). Taps come in any order and
-- are sent again, so these are ranges: those that touch become one. A reader that counts at random would make a range of
-- each tap: beyond 500 the earliest are closed.
CREATE FUNCTION pos_note_counts(_device uuid, _series text, _seqs bigint[], _at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _seen int8multirange;
    _from bigint;
BEGIN
    SELECT range_agg(int8range(seq, seq, '[]')) INTO _seen FROM unnest(_seqs) AS seq;
    INSERT INTO pos_countedseries AS known (device_id, series, seen, missing, heard_at)
    VALUES (_device, _series, _seen, 0, _at)
    ON CONFLICT (device_id, series) DO UPDATE
        SET seen = known.seen + excluded.seen, heard_at = GREATEST(known.heard_at, excluded.heard_at)
    RETURNING seen INTO _seen;
    SELECT lower(counts) INTO _from FROM unnest(_seen) AS counts ORDER BY counts DESC OFFSET 500 LIMIT 1;
    IF FOUND THEN
        _seen := _seen + int8multirange(int8range(lower(_seen), _from, '[]'));
    END IF;
    UPDATE pos_countedseries SET seen = _seen, missing = upper(_seen) - lower(_seen) - (
        SELECT sum(upper(counts) - lower(counts)) FROM unnest(_seen) AS counts
    ) WHERE device_id = _device AND series = _series;
END $$;
