-- What the door of taps reads and writes (pos/door.py), as functions, for then their plans are kept: to plan these
-- statements takes longer than to run them. They look up and write; what is decided is Python.

-- Of each tap, by its place in the arrays: the reader of its key, the newest rules, the card of its number with its
-- holder, and the holder's days on its date and the one before: a row for each day, one at least; none if the key is
-- nobody's. Of a chip that was issued again it is the card that is not retired, else the last that was. Of a kitchen's
-- reader also the meal periods that hold then. `OFFSET 0` keeps each look-up one by its index: the planner does not
-- know how few taps there are.
CREATE FUNCTION pos_tap_facts(_key_digests text[], _numbers text[], _dates date[], _at timestamptz)
RETURNS TABLE (
    place bigint,
    pos_id uuid, activity_type varchar, number_format varchar, direction varchar, location varchar,
    reader_is_active boolean, debounce_seconds smallint, is_muster boolean, strays integer,
    strays_since timestamptz, rules_version bigint, rules_token uuid,
    card_uuid uuid, rfid_number varchar, code varchar, card_type varchar, is_active boolean,
    expiry_date timestamptz, retired_at timestamptz, is_temporary boolean, suspended_until timestamptz,
    changed_at timestamptz, person_uuid uuid, full_name text, identifier varchar, photo varchar,
    person_is_active boolean, status varchar, admitted_from timestamptz, admitted_until timestamptz,
    class_level varchar, class_code varchar, department varchar, enrolled_on date, left_on date,
    created_at timestamptz, updated_at timestamptz, diet_note varchar,
    day_person uuid, day_date date, passes text, corrected_status varchar, corrected_arrival timestamptz,
    corrected_departure timestamptz, day_status varchar, closed_under bigint, revision integer,
    attendance_time timestamptz, periods text
)
-- Of one tap the planner would think that a plan for one is worth planning each time: 0.6 of 0.8 ms.
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT tap.place, reader.pos_id, reader.activity_type, reader.number_format, reader.direction, reader.location,
        reader.is_active, reader.debounce_seconds, reader.is_muster, COALESCE(strays.count, 0),
        strays.opened_at, book.version, book.token,
        card.card_uuid, card.rfid_number, card.code, card.card_type, card.is_active,
        card.expiry_date, card.retired_at, card.is_temporary, card.suspended_until,
        GREATEST(card.updated_at, person.updated_at), person.person_uuid, person.full_name::text,
        person.identifier, person.photo,
        person.is_active, person.status, person.admitted_from, person.admitted_until,
        person.class_level, person.class_code, person.department, person.enrolled_on, person.left_on,
        person.created_at, person.updated_at, person.diet_note,
        day.person_id, day.date, day.passes::text, day.corrected_status, day.corrected_arrival,
        day.corrected_departure, day.status, day.closed_under_id, day.revision,
        day.attendance_time,
        CASE reader.activity_type WHEN 'food_service' THEN (
            SELECT jsonb_agg(to_jsonb(period) ORDER BY period.starts_at, period.period_id)::text
            FROM kitchen_periodversion AS period WHERE period.held @> _at AND period.is_active
        ) END
    FROM unnest(_key_digests, _numbers, _dates) WITH ORDINALITY AS tap (key_digest, number, date, place)
    JOIN LATERAL (SELECT * FROM pos_device WHERE pos_device.key_digest = tap.key_digest OFFSET 0) AS reader ON true
    LEFT JOIN LATERAL (
        SELECT * FROM core_throttlewindow WHERE key = 'strays:' || reader.pos_id OFFSET 0
    ) AS strays ON true
    LEFT JOIN LATERAL (
        SELECT version, token FROM attendance_rulebook ORDER BY version DESC LIMIT 1
    ) AS book ON true
    LEFT JOIN LATERAL (
        SELECT * FROM cards_card WHERE cards_card.rfid_number = tap.number
        ORDER BY cards_card.retired_at DESC NULLS FIRST LIMIT 1
    ) AS card ON true
    LEFT JOIN LATERAL (
        SELECT * FROM people_person WHERE people_person.person_uuid = card.person_id OFFSET 0
    ) AS person ON true
    LEFT JOIN LATERAL (
        SELECT * FROM attendance_attendance AS day
        WHERE day.person_id = card.person_id AND day.date IN (tap.date, tap.date - 1) OFFSET 0
    ) AS day ON true;
END $$;

-- Write taps into the ledger with the days and meals that they make, and note their counts: all of them, or nothing.
-- Raises TX001 if the rules by which days were judged are not the newest, if somebody has written a day since it was
-- read, or if somebody has had a meal of which there is one portion, be it at this moment at another hatch; TX002 if a
-- tap is in the ledger. `_patience`: how long to wait for a lock, if it is not as long as a tap may.
CREATE FUNCTION pos_write_taps(
    _rules text, _version bigint, _days jsonb, _meals jsonb, _taps jsonb, _patience text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _went_in bigint;
BEGIN
    IF _patience IS NOT NULL THEN
        PERFORM set_config('lock_timeout', _patience, true);
    END IF;
    IF _days IS NOT NULL THEN
        -- Before the rules are looked at: whoever changes them waits for this lock (attendance/rulebook.py).
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(_rules, 0));
        IF (SELECT max(version) FROM attendance_rulebook) IS DISTINCT FROM _version
            OR NOT attendance_write_days(_days)
        THEN
            RAISE EXCEPTION 'A day has moved on.' USING ERRCODE = 'TX001';
        END IF;
    END IF;
    IF _meals IS NOT NULL THEN
        INSERT INTO kitchen_kitchenservice (
            service_id, person_id, period_id, date, food_item, service_time, location, is_offline, portions, portion,
            guest_name, is_extra, reason, void_reason
        )
        SELECT service_id, person, period, date, food_item, service_time, location, false, 1, 1, '', false, '', ''
        FROM jsonb_to_recordset(_meals) AS meal (
            service_id uuid, person uuid, period uuid, date date, food_item text, service_time timestamptz,
            location text
        )
        WHERE NOT EXISTS (
            SELECT FROM kitchen_kitchenservice AS had
            WHERE had.person_id = meal.person AND had.period_id = meal.period AND had.date = meal.date
                AND had.voided_at IS NULL AND NOT had.is_extra
        )
        ORDER BY date, person, period
        ON CONFLICT (person_id, period_id, date, portion)
            WHERE NOT is_extra AND NOT is_offline AND voided_at IS NULL DO NOTHING;
        GET DIAGNOSTICS _went_in = ROW_COUNT;
        IF _went_in < jsonb_array_length(_meals) THEN
            RAISE EXCEPTION 'A meal was served.' USING ERRCODE = 'TX001';
        END IF;
    END IF;
    INSERT INTO pos_tap (
        device_id, location, activity, received_at, event_id, series, seq, content, card_text, number, card_uuid, person_id,
        direction, food_item, tapped_at, counted_at, date, is_offline, is_clock_suspect, corrected_by_ms, is_muster,
        decision, code, would_deny, reader_decision, is_debounced, day_status, day_time, day_date, service_id
    )
    SELECT device_id, location, activity, received_at, event_id, series, seq, content, card_text, number, card_uuid, person_id,
        direction, food_item, tapped_at, counted_at, date, is_offline, is_clock_suspect, corrected_by_ms, is_muster,
        decision, code, would_deny, reader_decision, is_debounced, day_status, day_time, day_date, service_id
    FROM jsonb_to_recordset(_taps) AS tap (
        device_id uuid, location text, activity text, received_at timestamptz, event_id text, series text, seq bigint, content uuid,
        card_text text, number text, card_uuid uuid, person_id uuid, direction text, food_item text,
        tapped_at timestamptz, counted_at timestamptz, date date, is_offline boolean, is_clock_suspect boolean,
        corrected_by_ms bigint, is_muster boolean, decision text, code text, would_deny boolean, reader_decision text,
        is_debounced boolean, day_status text, day_time timestamptz, day_date date, service_id uuid
    )
    -- In key order, in which whoever writes the same events waits instead of deadlocking: as Python sorts.
    ORDER BY device_id, event_id COLLATE "C", series COLLATE "C"
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS _went_in = ROW_COUNT;
    IF _went_in < jsonb_array_length(_taps) THEN
        RAISE EXCEPTION 'A tap is in the ledger.' USING ERRCODE = 'TX002';
    END IF;
    IF _taps @? '$[*].seq ? (@ != null)' THEN
        PERFORM pos_note_counts(device_id, series, array_agg(seq), max(received_at))
        FROM jsonb_to_recordset(_taps) AS tap (
            device_id uuid, series text, seq bigint, received_at timestamptz
        )
        WHERE seq IS NOT NULL GROUP BY device_id, series ORDER BY device_id, series;
    END IF;
END $$;
