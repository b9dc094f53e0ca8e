"""The taps of a person's day, on the page of that day in the registration office."""

from datetime import date

from django.template.loader import render_to_string

from accounts.models import User
from people.models import Person
from pos.models import Activity, Tap


def taps_of_the_day(user: User, person: Person, day: date) -> str:
    """Those at gates. One query, by the index of the person's taps."""
    taps = Tap.objects.of_day(day).filter(person=person, activity=Activity.ATTENDANCE)
    seen = taps.seen_by(user).select_related("device", "entered_by", "annulment").order_by("tap_id")
    return render_to_string("pos/taps_of_day.html", {"taps": seen})
