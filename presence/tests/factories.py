"""Roll-calls for the tests of other folders."""

from typing import Any

from accounts.models import User
from presence.models import RollCall
from presence.services import start_roll_call


def make_roll_call(**fields: Any) -> RollCall:
    """A drill of whoever is on site."""
    warden = User.objects.filter(username="warden").first() or User.objects.create_user(
        "warden", None, role="administrator"
    )
    return start_roll_call(by=warden, **{"is_drill": True, **fields})
