-- Keep `points_given` of a student equal to the sum of the merits that stand, as add_up_points.sql does it for
-- incidents.

CREATE FUNCTION discipline_add_merits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM students_student
        WHERE person_id IN (SELECT student_id FROM new_merits)
        ORDER BY person_id
        FOR NO KEY UPDATE;
    UPDATE students_student AS student
        SET points_given = student.points_given + change.points
        FROM (
    SELECT student_id, sum(points) AS points
    FROM new_merits WHERE voided_at IS NULL GROUP BY student_id
) AS change
        WHERE student.person_id = change.student_id AND change.points <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_add_merits AFTER INSERT ON discipline_merit
    REFERENCING NEW TABLE AS new_merits
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_add_merits();

CREATE FUNCTION discipline_add_voided_merits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM students_student
        WHERE person_id IN (SELECT student_id FROM new_merits)
        ORDER BY person_id
        FOR NO KEY UPDATE;
    UPDATE students_student AS student
        SET points_given = student.points_given + change.points
        FROM (
    SELECT student_id, sum(points) AS points
    FROM (
        SELECT student_id, points FROM new_merits WHERE voided_at IS NULL
        UNION ALL
        SELECT student_id, -points FROM old_merits WHERE voided_at IS NULL
    ) AS moves
    GROUP BY student_id
) AS change
        WHERE student.person_id = change.student_id AND change.points <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_add_voided_merits AFTER UPDATE ON discipline_merit
    REFERENCING OLD TABLE AS old_merits NEW TABLE AS new_merits
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_add_voided_merits();

CREATE FUNCTION discipline_forget_merits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE students_student SET points_given = 0 WHERE points_given <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_forget_merits AFTER TRUNCATE ON discipline_merit
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_forget_merits();

CREATE FUNCTION discipline_keep_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.points_given := 0;
    ELSE
        NEW.points_given := OLD.points_given;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER discipline_keep_new_given BEFORE INSERT ON students_student
    FOR EACH ROW WHEN (NEW.points_given > 0)
    EXECUTE FUNCTION discipline_keep_given();
CREATE TRIGGER discipline_keep_given BEFORE UPDATE ON students_student
    FOR EACH ROW
    WHEN (OLD.points_given <> NEW.points_given AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION discipline_keep_given();
