"""Whether a list is offered as a file."""

from typing import Any

from django import template

from accounts.models import User
from people.office.list_files import may_take

register = template.Library()


@register.simple_tag(takes_context=True)
def is_offered_as_file(context: Any, changelist: Any) -> bool:
    user = context["request"].user
    return isinstance(user, User) and may_take(user, changelist.model)
