"""Keep `search_text`, `department` and `holder_is_active` of a card equal to its holder's."""

from django.db import migrations

# FOR SHARE: a holder whose name is being changed in another transaction is waited for. Without
# it the new card would keep the old name, and the change would not yet see the new card.
DESCRIBE = """
CREATE FUNCTION cards_describe_holder() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder_text text;
BEGIN
    IF NEW.student_id IS NOT NULL THEN
        SELECT search_text, department, is_active
            INTO holder_text, NEW.department, NEW.holder_is_active
            FROM students_student WHERE student_uuid = NEW.student_id FOR SHARE;
    ELSIF NEW.staff_id IS NOT NULL THEN
        SELECT search_text, department, is_active
            INTO holder_text, NEW.department, NEW.holder_is_active
            FROM staff_staffmember WHERE staff_uuid = NEW.staff_id FOR SHARE;
    ELSE
        SELECT search_text, is_active
            INTO holder_text, NEW.holder_is_active
            FROM security_securitypersonnel
            WHERE security_id = NEW.security_personnel_id FOR SHARE;
    END IF;
    -- A card without a holder is refused by its own constraint, which says why.
    NEW.department := coalesce(NEW.department, '');
    NEW.holder_is_active := coalesce(NEW.holder_is_active, true);
    NEW.search_text := lower(NEW.rfid_number) || ' ' || coalesce(holder_text, '');
    RETURN NEW;
END $$;

CREATE TRIGGER cards_describe_holder BEFORE INSERT OR UPDATE OF rfid_number ON cards_card
    FOR EACH ROW EXECUTE FUNCTION cards_describe_holder();
"""

# Firing the same trigger again writes the holder's new words into each of the holder's cards.
FOLLOW = """
CREATE FUNCTION cards_follow_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cards_card SET rfid_number = rfid_number WHERE {column} = NEW.{key};
    RETURN NULL;
END $$;

CREATE TRIGGER cards_follow_holder AFTER UPDATE ON {table}
    FOR EACH ROW
    WHEN ({changed})
    EXECUTE FUNCTION cards_follow_{column}();
"""

HOLDERS = [
    ("student_id", "students_student", "student_uuid", ["search_text", "department", "is_active"]),
    ("staff_id", "staff_staffmember", "staff_uuid", ["search_text", "department", "is_active"]),
    (
        "security_personnel_id",
        "security_securitypersonnel",
        "security_id",
        ["search_text", "is_active"],
    ),
]


def _follow(column: str, table: str, key: str, columns: list[str]) -> migrations.RunSQL:
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
    return migrations.RunSQL(
        FOLLOW.format(column=column, table=table, key=key, changed=changed),
        f"DROP TRIGGER cards_follow_holder ON {table}; DROP FUNCTION cards_follow_{column}",
    )


class Migration(migrations.Migration):
    dependencies = [("cards", "0001_initial")]

    operations = [
        migrations.RunSQL(
            DESCRIBE,
            "DROP TRIGGER cards_describe_holder ON cards_card; DROP FUNCTION cards_describe_holder",
        ),
        *(_follow(*holder) for holder in HOLDERS),
    ]
