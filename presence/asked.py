"""Which people a list is asked about: the filters that its address names."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from people.models import Person
from presence.on_site import seen_by


def people_asked_for(
    user: User,
    *,
    kind: str = "",
    class_level: str = "",
    class_code: str = "",
    department: str = "",
    search: str = "",
) -> QuerySet[Person]:
    """Those of whom the user may know that all of these say; names of classes in any case."""
    people: Any = seen_by(user)
    if kind:
        people = people.filter(kind=kind)
    if class_level:
        people = people.filter(class_level__iexact=class_level)
    if class_code:
        people = people.filter(class_code__iexact=class_code)
    if department:
        people = people.filter(department=department)
    found: QuerySet[Person] = people.search(search)
    return found
