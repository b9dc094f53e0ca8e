"""Commands that the background worker runs by itself: each app's migrations say which and when."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django_q.models import Schedule

# On whose tables a schedule is written.
WORKER = ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more")


def run_regularly(name: str, *command: str, **when: Any) -> migrations.RunPython:
    """Have the worker run this command; `when` as django-q's `Schedule` takes it.

    An operator who changes the schedule in the office keeps the change.
    """

    def schedule(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        apps.get_model("django_q", "Schedule").objects.get_or_create(
            name=name,
            defaults={
                "func": "django.core.management.call_command",
                "args": repr(command),
                "repeats": -1,
                **when,
            },
        )

    def unschedule(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        apps.get_model("django_q", "Schedule").objects.filter(name=name).delete()

    return migrations.RunPython(schedule, unschedule)


HOURLY, WEEKLY = {"schedule_type": Schedule.HOURLY}, {"schedule_type": Schedule.WEEKLY}


def every(minutes: int) -> dict[str, Any]:
    return {"schedule_type": Schedule.MINUTES, "minutes": minutes}
