-- A closed day goes by the rules that were frozen when it was closed, any other by the policy as it is
-- now. A class level's own row goes before everybody's, whose class level is empty, the least of all
-- texts. PL/pgSQL, for it keeps its plan: as a function in SQL this took a third of a tap.
CREATE FUNCTION attendance_rule(
    day date, class text, OUT late_after time, OUT is_expected boolean
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT rule.late_after, rule.is_expected INTO late_after, is_expected FROM (
        SELECT true AS is_frozen, closed.class_level, closed.late_after, closed.is_expected
        FROM attendance_closedrule AS closed
        WHERE closed.closed_day_id = day
        UNION ALL
        SELECT false, policy.class_level, policy.late_after,
            extract(isodow FROM day) = ANY(policy.working_days)
                AND NOT EXISTS (SELECT FROM attendance_holiday AS holiday WHERE holiday.date = day)
        FROM attendance_policy AS policy
    ) AS rule
    WHERE rule.class_level IN ('', class)
    ORDER BY rule.is_frozen DESC, rule.class_level DESC
    LIMIT 1;
END $$;
