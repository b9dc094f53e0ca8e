"""Whom an administrator may know of: everybody, or the people of some classes (contract section 3).

Every queryset of rows about people has a `seen_by(user)` that asks here.
"""

from django.db.models import Q

from accounts.models import User
from accounts.roles import Capability
from people.kinds import PersonKind, kinds, kinds_with_days

CLASS = "class_code"
NOBODY = Q(pk__in=[])


def has_classes(kind: PersonKind) -> bool:
    return CLASS in kind.groups


def seen_q(user: object, person: str = "") -> Q:
    """Rows whose person this user may know of; `person` is the path to that, with its `__`.

    For whoever may know of everybody it is no condition at all; for what is no administrator,
    nobody.
    """
    if not isinstance(user, User):
        return NOBODY
    if user.own_classes is None:
        return Q()
    with_classes = [kind.key for kind in kinds() if has_classes(kind)]
    return Q(
        **{
            f"{person}kind__in": with_classes,
            f"{person}{CLASS}__upper__in": user.own_classes,
        }
    )


def is_of_own_class(user: User, class_code: str | None) -> bool:
    """Whether somebody of this class, or (None) nobody that is known, is theirs to know of."""
    if user.own_classes is None:
        return True
    return class_code is not None and class_code.upper() in user.own_classes


def kinds_with_days_for(user: User) -> dict[str, PersonKind]:
    """Those of the kinds of whose people days are kept, by key."""
    return {key: kind for key, kind in kinds_with_days().items() if may_read(user, kind)}


def may_read(user: User, kind: PersonKind) -> bool:
    """Whether any people of this kind are theirs to know of."""
    return user.may(Capability.READ_PEOPLE) and (user.own_classes is None or has_classes(kind))
