import pytest
from django_q.models import Schedule


@pytest.mark.django_db
def test_the_worker_sends_every_minute() -> None:
    schedule = Schedule.objects.get(name="send notices")
    assert (schedule.schedule_type, schedule.minutes, schedule.repeats) == ("I", 1, -1)
    assert schedule.func == "django.core.management.call_command"
    assert schedule.args == "('send_notices',)"
