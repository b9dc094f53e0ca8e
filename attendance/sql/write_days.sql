-- Write judged days, each only if nobody wrote it since it was read; whether all of them went in. As a function,
-- for then its plan is kept. Rows go in in key order: two batches about the same people cannot deadlock.
CREATE FUNCTION attendance_write_days(_days jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _went_in bigint;
BEGIN
    WITH written AS (
        INSERT INTO attendance_attendance AS day (
            attendance_id, corrected_status, correction_reason, person_id, date, passes, class_level, class_code,
            department, attendance_time, left_at, minutes_late, left_early, minutes_on_site, on_site_since, sessions,
            is_counted, derived_status, status, closed_under_id, revision
        )
        SELECT gen_random_uuid(), '', '', person_id, date, passes, class_level, class_code,
            department, attendance_time, left_at, minutes_late, left_early, minutes_on_site, on_site_since, sessions,
            is_counted, derived_status, status, closed_under_id, revision
        FROM jsonb_to_recordset(_days) AS judged (
            person_id uuid, date date, passes jsonb, class_level text, class_code text, department text,
            attendance_time timestamptz, left_at timestamptz, minutes_late integer, left_early boolean,
            minutes_on_site integer, on_site_since timestamptz, sessions jsonb, is_counted boolean,
            derived_status text, status text, closed_under_id bigint, revision integer
        )
        ORDER BY date, person_id
        ON CONFLICT (person_id, date) DO UPDATE SET
            passes = excluded.passes,
            class_level = excluded.class_level,
            class_code = excluded.class_code,
            department = excluded.department,
            attendance_time = excluded.attendance_time,
            left_at = excluded.left_at,
            minutes_late = excluded.minutes_late,
            left_early = excluded.left_early,
            minutes_on_site = excluded.minutes_on_site,
            on_site_since = excluded.on_site_since,
            sessions = excluded.sessions,
            is_counted = excluded.is_counted,
            derived_status = excluded.derived_status,
            status = excluded.status,
            closed_under_id = excluded.closed_under_id,
            revision = excluded.revision
        WHERE day.revision = excluded.revision - 1
        RETURNING day.xmax = 0 AS is_new, day.revision
    )
    -- A row that is new and yet had been read before: somebody else has taken it away since, and what it held
    -- then must not come back.
    SELECT count(*) FILTER (WHERE NOT (is_new AND revision > 1)) INTO _went_in FROM written;
    RETURN _went_in = jsonb_array_length(_days);
END $$;
