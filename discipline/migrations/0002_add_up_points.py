"""Keep `points_deducted` of a student equal to the sum of the incidents that stand.

Whatever writes an incident (the API, a bulk insert, plain SQL), the database adds what each
statement changed, under the student's row lock, so that no two writers lose each other's points.
"""

from django.db import migrations

# Students are locked in key order first: two statements about the same students cannot deadlock.
ADD = """
CREATE FUNCTION discipline_add_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM students_student
        WHERE student_uuid IN (SELECT student_id FROM new_incidents)
        ORDER BY student_uuid
        FOR NO KEY UPDATE;
    UPDATE students_student AS student
        SET points_deducted = student.points_deducted + change.points
        FROM ({changes}) AS change
        WHERE student.student_uuid = change.student_id AND change.points <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_add_{name} AFTER {event} ON discipline_incident
    REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_add_{name}();
"""

STANDING = """
    SELECT student_id, sum(points_deducted) AS points
    FROM new_incidents WHERE voided_at IS NULL GROUP BY student_id
"""
MOVED = """
    SELECT student_id, sum(points) AS points
    FROM (
        SELECT student_id, points_deducted AS points FROM new_incidents WHERE voided_at IS NULL
        UNION ALL
        SELECT student_id, -points_deducted FROM old_incidents WHERE voided_at IS NULL
    ) AS moves
    GROUP BY student_id
"""

FORGET = """
CREATE FUNCTION discipline_forget_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE students_student SET points_deducted = 0 WHERE points_deducted <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER discipline_forget_points AFTER TRUNCATE ON discipline_incident
    FOR EACH STATEMENT EXECUTE FUNCTION discipline_forget_points();
"""
UNFORGET = """
DROP TRIGGER discipline_forget_points ON discipline_incident;
DROP FUNCTION discipline_forget_points;
"""

# The sum is the ledger's alone. A save of a whole student would write back the sum that it once
# read; it is passed over, and the rest of the save stands. At depth 0 no trigger above is at work.
KEEP = """
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
"""
UNKEEP = """
DROP TRIGGER discipline_keep_new_points ON students_student;
DROP TRIGGER discipline_keep_points ON students_student;
DROP FUNCTION discipline_keep_points;
"""


def _add(name: str, event: str, tables: str, changes: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        ADD.format(name=name, event=event, tables=tables, changes=changes),
        f"DROP TRIGGER discipline_add_{name} ON discipline_incident;"
        f" DROP FUNCTION discipline_add_{name}",
    )


class Migration(migrations.Migration):
    dependencies = [("discipline", "0001_initial"), ("students", "0001_initial")]

    operations = [
        _add("recorded", "INSERT", "NEW TABLE AS new_incidents", STANDING),
        _add(
            "voided", "UPDATE", "OLD TABLE AS old_incidents NEW TABLE AS new_incidents", MOVED
        ),
        migrations.RunSQL(FORGET, UNFORGET),
        migrations.RunSQL(KEEP, UNKEEP),
    ]
