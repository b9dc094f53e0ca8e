"""What the database forbids, and an erasure or a retention alone may do."""

import pgtrigger


def guards() -> list[str]:
    """The triggers that forbid to change or delete facts and history."""
    return [
        f"{model._meta.label}:{trigger.name}"
        for model, trigger in pgtrigger.registered()
        if isinstance(trigger, pgtrigger.Protect)
    ]
