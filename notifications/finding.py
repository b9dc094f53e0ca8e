"""Students are found by their guardians' names and phones, by whoever sees those."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import Detail
from notifications.models import Guardian
from people.search import phone_digits


def students_by_guardian(user: User, word: str) -> QuerySet[Any, Any] | None:
    """The keys of students one of whose guardians has this folded word in name or phone."""
    if not user.sees(Detail.GUARDIANS):
        return None
    found = Q(search_text__contains=word)
    if digits := phone_digits(word):
        found |= Q(phone__contains=digits)
    return Guardian.objects.filter(found).order_by().values("student_id")
