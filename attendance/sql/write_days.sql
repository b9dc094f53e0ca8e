-- Write judged days, each only if nobody wrote it since it was read; which of them did not go in, for somebody had.
-- Their rows are held from then on: written again, as they are by now, they go in. `has_gone`: somebody had taken the
-- row away, and it went in with what it held before, which must not come back: then the caller rolls back. As a
-- function, for then its plan is kept. Rows go in in key order: two batches about the same people cannot deadlock.
CREATE FUNCTION attendance_days_overtaken(_days jsonb) RETURNS TABLE (person uuid, on_date date, has_gone boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(_days) AS day (
            person_id uuid, date date, passes jsonb, class_level text, class_code text, department text,
            attendance_time timestamptz, left_at timestamptz, minutes_late integer, left_early boolean,
            minutes_on_site integer, on_site_since timestamptz, sessions jsonb, is_counted boolean,
            derived_status text, status text, closed_under_id bigint, revision integer
        )
    ), written AS (
        INSERT INTO attendance_attendance AS day (
            attendance_id, corrected_status, correction_reason, person_id, date, passes, class_level, class_code,
            department, attendance_time, left_at, minutes_late, left_early, minutes_on_site, on_site_since, sessions,
            is_counted, derived_status, status, closed_under_id, revision
        )
        SELECT gen_random_uuid(), '', '', person_id, date, passes, class_level, class_code,
            department, attendance_time, left_at, minutes_late, left_early, minutes_on_site, on_site_since, sessions,
            is_counted, derived_status, status, closed_under_id, revision
        FROM judged
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
        RETURNING day.person_id, day.date, day.xmax = 0 AND day.revision > 1 AS has_gone
    )
    SELECT judged.person_id, judged.date, COALESCE(written.has_gone, false)
    FROM judged LEFT JOIN written USING (person_id, date)
    WHERE written.person_id IS NULL OR written.has_gone;
END $$;

-- The same; whether all of them went in.
CREATE FUNCTION attendance_write_days(_days jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM attendance_days_overtaken(_days));
END $$;
