-- What makes a tap one of its reader, as two numbers of 8 bytes each, however long its id is: of the id, and of the id
-- in its series (pos/events.py). NULL of what somebody enters by hand.
CREATE FUNCTION pos_event_hash(_device uuid, _event_id text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT hashtextextended(_event_id, uuid_hash_extended(_device, 0))
$$;

CREATE FUNCTION pos_series_hash(_device uuid, _event_id text, _series text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT hashtextextended(_series, hashtextextended(_event_id, uuid_hash_extended(_device, 1)))
$$;

CREATE FUNCTION pos_event_hashes(_device uuid, _event_ids text[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array(SELECT pos_event_hash(_device, event_id) FROM unnest(_event_ids) AS event_id)
$$;
