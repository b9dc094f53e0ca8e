"""What was done to many people, or would be: the report of contract section 5, row by row."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from people.models import Person

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

P = TypeVar("P", bound=Person)
ACTIONS = ("created", "updated", "unchanged", "failed")


@dataclass
class ReportRow(Generic[P]):
    """One person, and what becomes of them; `person` is None where nobody was found."""

    number: int
    identifier: str = ""
    person: P | None = None
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, name: str, message: "StrOrPromise") -> None:
        self.errors.setdefault(name, []).append(str(message))

    @property
    def action(self) -> str:
        if self.errors:
            return "failed"
        return "updated" if self.changes else "unchanged"

    def as_dict(self) -> dict[str, Any]:
        return {
            "row": self.number,
            "action": self.action,
            "identifier": self.identifier,
            "changes": {} if self.errors else self.changes,
            "errors": self.errors,
        }


@dataclass
class Report(Generic[P]):
    """`change_id`: by which it can be taken back, if it has changed anything."""

    dry_run: bool
    rows: Sequence[ReportRow[P]]
    change_id: UUID | None = None

    @property
    def failed(self) -> bool:
        return any(row.errors for row in self.rows)

    @property
    def is_refused(self) -> bool:
        """Nothing was written that should have been."""
        return self.failed and not self.dry_run

    @property
    def summary(self) -> dict[str, int]:
        counts = Counter(row.action for row in self.rows)
        return {"total": len(self.rows), **{action: counts[action] for action in ACTIONS}}

    @property
    def digest(self) -> str:
        """The same for two runs that do the same."""
        said = json.dumps([row.as_dict() for row in self.rows], default=str)
        return hashlib.sha256(said.encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "summary": self.summary,
            "rows": [row.as_dict() for row in self.rows],
            "change_id": self.change_id and str(self.change_id),
        }
