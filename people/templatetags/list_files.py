"""Whether a list is offered as a file."""

from typing import Any

from django import template

from accounts.models import User
from office.lists import OfficeModelAdmin
from people.office.list_files import may_take

register = template.Library()


@register.simple_tag(takes_context=True)
def is_offered_as_file(context: Any, changelist: Any) -> bool:
    user, office = context["request"].user, changelist.model_admin
    is_ours = isinstance(user, User) and isinstance(office, OfficeModelAdmin)
    return is_ours and may_take(user, office)
