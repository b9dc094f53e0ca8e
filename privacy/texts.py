"""Where a person may be named: every column that holds a text, of every table.

`WRITTEN` are the columns in which people write about people: what names somebody who is erased is
overwritten there, in whosoever's row it stands. `KEPT` are all others, which name whom their own
row is about, or nobody; they are searched, and what is found is told. A test walks all models: a
new column stands in one of the two.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

from people.search import DROPPED
from privacy.known_by import KnownBy, strings_in

WRITTEN: dict[str, tuple[str, ...]] = {
    "admin.LogEntry": ("object_repr", "change_message"),
    "attendance.Absence": ("reason",),
    "attendance.Attendance": ("correction_reason",),
    "attendance.ReopenedDay": ("reason",),
    "attendance.RuleChange": ("what", "reason"),
    "attendance.Rulebook": ("what",),
    "cards.HandOut": ("received_by",),
    "cards.HandOutTakenBack": ("received_by",),
    "cards.IDCardPrintLog": ("error_message", "reason"),
    "cards.IDCardVerificationLog": ("asked", "user_agent"),
    "cards.PrintJob": ("warnings", "error", "reason"),
    "discipline.Incident": ("incident_description", "void_reason"),
    "discipline.Merit": ("description", "void_reason"),
    "discipline.Proposal": ("note",),
    "doors.Message": ("said", "answered"),
    "doors.QuarantinedLine": ("line", "reason"),
    "kitchen.KitchenService": ("food_item", "guest_name", "reason", "void_reason"),
    "notifications.Notice": ("subject", "body", "reason"),
    "outbox.Event": ("payload",),
    "people.Consent": ("given_by",),
    "people.Deed": ("about",),
    "people.Import": ("file_name", "ignored_columns", "columns", "sheet", "unread_sheets"),
    "people.ImportJob": ("file_name",),
    "people.Look": ("asked",),
    "pghistory.Context": ("metadata",),
    "pos.ConflictingTap": ("sent",),
    "presence.RollCall": ("name", "place"),
    "presence.RollCallMark": ("device",),
    "pos.Tap": ("card_text", "food_item"),
    "pos.TapAnnulment": ("reason",),
    "reports.ReportSchedule": ("last_error",),
    "visitors.Visitor": ("company", "purpose"),
    "webhooks.Delivery": ("data", "last_answer", "reason"),
}
KEPT: dict[str, tuple[str, ...]] = {
    # Who somebody else is, or has as a card, a number or a telephone.
    "accounts.User": ("password", "username", "full_name", "email", "classes"),
    "cards.Card": ("rfid_number", "code", "search_text", "department"),
    "notifications.Guardian": (
        *("name", "relationship", "phone", "email", "channels", "news", "quiet_hours"),
    ),
    "people.Person": (
        *("identifier", "first_name", "middle_name", "surname", "whole_name", "card_name"),
        *("class_level", "class_code", "department", "status", "phone_number", "email", "photo"),
        *("more_words", "diet_note", "terminal_pin"),
    ),
    "security.SecurityPersonnel": ("badge_number",),
    "staff.StaffMember": ("position",),
    "students.Student": ("program",),
    # The same, as it was when it happened: the person's own rows are emptied by their key.
    "notifications.Notice": ("says", "recipient"),
    "cards.IDCardPrintLog": ("rfid_number", "full_name", "identifier"),
    "cards.IDCardVerificationLog": (
        *("rfid_number", "full_name", "identifier", "reason", "ip_address"),
    ),
    "pos.ConflictingTap": ("event_id", "series"),
    "pos.CountedSeries": ("series",),
    "presence.RollCallEntry": (
        *("class_level", "class_code", "department", "seen_by_reader", "seen_where"),
    ),
    "pos.Tap": ("event_id", "series", "location", "number", "direction", "day_status"),
    # Of imports that wait: while one holds the person, nobody is erased.
    "people.ImportRow": (
        "identifier",
        "full_name",
        "changes",
        "errors",
        "notes",
        "possible_duplicate_of",
    ),
    "people.ImportPicture": ("file_name", "problem"),
    # Of what was done to many at once: the rows of a person are deleted.
    "people.DeedRow": ("model", "identifier", "before", "after"),
    # Of views: those that name the person are deleted.
    "office.SavedView": ("list_name", "name", "query"),
    # Of jobs that are over: they are deleted with their reports.
    "people.ImportJob": ("report", "file", "seen", "code", "detail", "wishes", "list_key"),
    # What the institution has set up, and where it sends things.
    "attendance.Absence": ("applies_to",),
    "attendance.Attendance": ("passes", "sessions", "class_level", "class_code", "department"),
    "attendance.Holiday": ("name", "applies_to"),
    "attendance.NoCardDay": ("class_level", "class_code", "department"),
    "attendance.RuleChange": ("before", "delta", "left_alone", "emptied"),
    "attendance.Rulebook": ("content",),
    "attendance.Schedule": ("name", "sessions", "applies_to", "policy_of"),
    "cards.CardTally": ("card_type", "department"),
    "discipline.Threshold": ("act",),
    "institution.SettingsVersion": ("texts", "changed"),
    "kitchen.KitchenService": ("location",),
    "kitchen.MealPeriod": ("name", "days", "applies_to"),
    "kitchen.PeriodVersion": ("name", "days", "applies_to"),
    "pos.Device": ("name", "location", "serial_number", "mapping", "key_digest"),
    "pos.Heartbeat": ("firmware",),
    "pos.IgnoredKeys": ("names",),
    "reports.ReportSchedule": ("recipients",),
    "webhooks.Follower": ("position", "silent_readers"),
    "webhooks.Webhook": (
        *("url", "description", "events", "salt", "secret_digest"),
        *("previous_salt", "previous_digest"),
    ),
    # Names of ours, digests, ids and the places of files.
    "accounts.LoginAttempt": ("username", "address"),
    "accounts.RecoveryCode": ("digest",),
    "accounts.SecondFactor": ("salt",),
    "accounts.SetupCode": ("digest",),
    "accounts.TokenFamily": ("current",),
    "attendance.ClosedDay": ("changes",),
    "admin.LogEntry": ("object_id",),
    "auth.Group": ("name",),
    "auth.Permission": ("name", "codename"),
    "cards.PrintJob": ("card_uuids", "file"),
    "contenttypes.ContentType": ("app_label", "model"),
    "core.ThrottleWindow": ("key",),
    "doors.Command": ("about", "text"),  # those about people go, and are made anew without them
    "doors.Knock": ("serial_number", "address"),
    "doors.Message": ("what",),
    "doors.TerminalUser": ("pin",),  # until the terminal has forgotten them too
    "discipline.Incident": ("evidence",),
    "django_q.OrmQ": ("key", "payload"),
    "django_q.Schedule": (
        *("name", "func", "hook", "args", "kwargs", "cron", "task", "cluster"),
        "intended_date_kwarg",
    ),
    "django_q.Task": ("id", "name", "func", "hook", "group", "cluster"),
    "files.StoredFile": ("name", "digest"),
    "files.Unwanted": ("name",),
    "institution.LeftAsItIs": ("step",),
    "institution.Logo": ("digest",),
    "institution.SealedSecret": ("name", "salt", "sealed"),
    "institution.Trial": ("group",),
    "people.Deed": ("summary",),
    "people.Import": ("file", "summary", "digest", "wishes"),
    "people.ImportPart": ("file",),
    "people.ColumnMapping": ("list_key", "headings", "fields"),
    "operations.Backup": ("name", "digest"),
    "operations.Counted": ("position",),
    "operations.FaultRecord": ("subject", "detail"),
    "operations.Pulse": ("host",),
    "people.Look": ("path", "held", "ip_address"),
    "pos.PairingCode": ("digest",),
    "sessions.Session": ("session_key", "session_data"),
}


# As `people.search.fold` does it; ledgers are long, and most of their texts are ASCII.
FOLDED = """
    CASE WHEN octet_length(row_text) = length(row_text)
    THEN lower(translate(row_text, '''`', ''))
    ELSE lower(regexp_replace(normalize(row_text, NFD), %s, '', 'g')) END
"""
TABLES = """
    SELECT quote_ident(tablename) FROM pg_tables
    WHERE schemaname = current_schema() ORDER BY tablename
"""
# A whole row as text: whatever column it stands in, also in JSON and in lists.
CANDIDATES = f"""
    SELECT row_text FROM (SELECT candidate::text AS row_text FROM {{table}} AS candidate) AS texts
    WHERE {FOLDED} ~ %s
"""  # noqa: S608 - constants


def tables_with(known_by: KnownBy) -> dict[str, int]:
    """In how many rows of which tables of the database the person can still be told."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        counts = {table: _rows_with(cursor, table, known_by) for table in tables}
    return {table: count for table, count in counts.items() if count}


def _rows_with(cursor: Any, table: str, known_by: KnownBy) -> int:
    cursor.execute(CANDIDATES.format(table=table), [DROPPED.pattern, known_by.hints])
    return sum(known_by.is_in(text) for (text,) in cursor)


def erase_mentions(known_by: KnownBy) -> tuple[int, Counter[str]]:
    """Overwrite in what people wrote what only this person is known by.

    How many rows that were; and by table those which still say one part of the name, that others
    bear or that may be a word like any other.
    """
    changed, perhaps = 0, Counter[str]()
    for model, names in _written():
        for row in _candidates(model, names, known_by):
            values = {name: _without(getattr(row, name), known_by) for name in names}
            changes = {
                name: _fitting(model, name, value)
                for name, value in values.items()
                if value != getattr(row, name)
            }
            if changes:
                model._default_manager.filter(pk=row.pk).update(**changes)
                changed += 1
            left = " ".join(text for value in values.values() for text in strings_in(value))
            if known_by.parts_in(left) and not known_by.is_in(left):
                perhaps[model._meta.db_table] += 1
    return changed, perhaps


def _written() -> Iterator[tuple[type[models.Model], tuple[str, ...]]]:
    """The models of WRITTEN, and their histories."""
    for model in apps.get_models():
        of: Any = getattr(model, "pgh_tracked_model", model)
        names = WRITTEN.get(of._meta.label, ())
        own = {field.name for field in model._meta.local_concrete_fields}
        if kept := tuple(name for name in names if name in own):
            yield model, kept


def _candidates(model: type[models.Model], names: tuple[str, ...], known_by: KnownBy) -> list[Any]:
    quoted = connection.ops.quote_name
    fields = {field.name: field for field in model._meta.local_concrete_fields}
    columns = ", ".join(quoted(str(fields[name].column)) for name in names)
    table, key = quoted(model._meta.db_table), quoted(str(model._meta.pk.column))
    statement = f"""
        SELECT key FROM (SELECT {key} AS key, concat_ws(' ', {columns}) AS row_text FROM {table})
        AS texts WHERE {FOLDED} ~ %s
    """  # noqa: S608 - names of our own columns
    with connection.cursor() as cursor:
        cursor.execute(statement, [DROPPED.pattern, known_by.hints])
        keys = [key for (key,) in cursor.fetchall()]
    return list(model._default_manager.filter(pk__in=keys))


def _without(value: Any, known_by: KnownBy) -> Any:
    match value:
        case str():
            return known_by.without(value)
        case dict():
            return {known_by.without(key): _without(each, known_by) for key, each in value.items()}
        case list():
            return [_without(each, known_by) for each in value]
    return value


def _fitting(model: type[models.Model], name: str, value: Any) -> Any:
    """MARK may be longer than what it stands for."""
    longest = getattr(model._meta.get_field(name), "max_length", None)
    return value[:longest] if isinstance(value, str) else value
