-- Keep `points_deducted` of a student equal to the sum of the incidents that stand.
--
-- Whatever writes an incident (the API, a bulk insert, plain SQL), the database adds what each statement
-- changed, under the student's row lock, so that no two writers lose each other's points. Students are
-- locked in key order first: two statements about the same students cannot deadlock.

CREATE FUNCTION discipline_add_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM students_student
        WHERE person_id IN (SELECT student_id FROM new_incidents)
        ORDER BY person_id
        FOR NO KEY UPDATE;
    UPDATE students_student AS student
        SET points_deducted = student.points_deducted + change.points
        FROM (
    SELECT student_id, sum(points_deducted) AS points
    FROM new_incidents WHERE voided_at IS NULL GROUP BY student_id
) AS change
        WHERE student.person_id = change.student_id AND change.points <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_add_recorded AFTER INSERT ON discipline_incident
    REFERENCING NEW TABLE AS new_incidents
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_add_recorded();

CREATE FUNCTION discipline_add_voided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM students_student
        WHERE person_id IN (SELECT student_id FROM new_incidents)
        ORDER BY person_id
        FOR NO KEY UPDATE;
    UPDATE students_student AS student
        SET points_deducted = student.points_deducted + change.points
        FROM (
    SELECT student_id, sum(points) AS points
    FROM (
        SELECT student_id, points_deducted AS points FROM new_incidents WHERE voided_at IS NULL
        UNION ALL
        SELECT student_id, -points_deducted FROM old_incidents WHERE voided_at IS NULL
    ) AS moves
    GROUP BY student_id
) AS change
        WHERE student.person_id = change.student_id AND change.points <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_add_voided AFTER UPDATE ON discipline_incident
    REFERENCING OLD TABLE AS old_incidents NEW TABLE AS new_incidents
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_add_voided();

CREATE FUNCTION discipline_forget_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE students_student SET points_deducted = 0 WHERE points_deducted <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_forget_points AFTER TRUNCATE ON discipline_incident
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_forget_points();

-- The sum is the ledger's alone. A save of a whole student would write back the sum that it once read; it is
-- passed over, and the rest of the save stands. At depth 0 no trigger above is at work.
CREATE FUNCTION discipline_keep_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.points_deducted := 0;
    ELSE
        NEW.points_deducted := OLD.points_deducted;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER discipline_keep_new_points BEFORE INSERT ON students_student
    FOR EACH ROW WHEN (NEW.points_deducted > 0)
    EXECUTE FUNCTION discipline_keep_points();
CREATE TRIGGER discipline_keep_points BEFORE UPDATE ON students_student
    FOR EACH ROW
    WHEN (OLD.points_deducted <> NEW.points_deducted AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION discipline_keep_points();
