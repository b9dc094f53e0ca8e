"""What a folded migration makes its tables with (`docs/developers.md`, Folded migrations)."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """An app's models at once, with all that they have: indexes, constraints, triggers.

    One by one, Django would build each model of every app that is connected to the new one anew,
    and that is all of them: a hundred, for each of a hundred. Nothing refers to these yet.
    """

    reversible = False

    def __init__(self, models: Sequence[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        built = state.__dict__.pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)
        if built is not None:
            built.render_multiple(
                [state.models[app_label, each.name_lower] for each in self.models]
            )
            state.__dict__["apps"] = built

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        return self.__class__.__name__, [], {"models": self.models}

    def describe(self) -> str:
        return f"Create {', '.join(model.name for model in self.models)}"
