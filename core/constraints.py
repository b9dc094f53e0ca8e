"""The database's refusals, told to people: constraint names back to fields and messages.

A constraint explains a refusal if it has words of its own (`violation_error_message`). One without
is there against mistakes of ours: nobody can break it by a request, and who does sees a 500.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from core.errors import DomainError, InvalidFields

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NON_FIELD = "non_field_errors"
NO_WORDS: "Mapping[str, StrOrPromise]" = {}
NO_KEYS: Mapping[str, str] = {}


@contextmanager
def violations_as_field_errors(
    model: type[models.Model],
    messages: "Mapping[str, StrOrPromise]" = NO_WORDS,
    keys: Mapping[str, str] = NO_KEYS,
) -> Iterator[None]:
    """Write inside a savepoint; a broken constraint of `model` raises InvalidFields.

    `messages` says by constraint what is told instead of the constraint's own message, `keys` by
    field what the API calls it.

    Nothing is looked up first, so two requests at once get the same answer as one after another.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refusal = _explained(error, model, messages, keys)
        if refusal is None:
            raise
        raise refusal from error


def refusal_in(error: BaseException | None) -> DomainError | None:
    """What to tell whoever asked: a rule's own words, or those of a constraint of any model.

    None if nothing explains it.
    """
    if isinstance(error, DomainError):
        return error
    if not isinstance(error, IntegrityError):
        return None
    explained = (_explained(error, model) for model in apps.get_models())
    return next(filter(None, explained), None)


def _explained(
    error: IntegrityError,
    model: type[models.Model],
    messages: "Mapping[str, StrOrPromise]" = NO_WORDS,
    keys: Mapping[str, str] = NO_KEYS,
) -> InvalidFields | None:
    constraint = violated_constraint(error, model)
    if constraint is None:
        return None
    message = messages.get(constraint.name) or _own_words(constraint)
    if message is None:
        return None
    field = _field_of(constraint, model)
    is_unique = isinstance(constraint, models.UniqueConstraint)
    return InvalidFields({keys.get(field, field): [message]}, code="unique" if is_unique else None)


def _own_words(constraint: models.BaseConstraint) -> str | None:
    if constraint.violation_error_message == constraint.default_violation_error_message:
        return None
    return str(constraint.get_violation_error_message())


def violated_constraint(
    error: IntegrityError, model: type[models.Model]
) -> models.BaseConstraint | None:
    name = constraint_name(error)
    return next((c for c in constraints_of(model) if c.name == name), None)


def constraints_of(model: type[models.Model]) -> list[models.BaseConstraint]:
    """The constraints of its table, and of those that it inherits from."""
    return [c for table in (model, *model._meta.all_parents) for c in table._meta.constraints]


def constraint_name(error: IntegrityError) -> str | None:
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def _field_of(constraint: models.BaseConstraint, model: type[models.Model]) -> str:
    """The one field that a unique constraint is about, or the form as a whole.

    Of several fields it is about the one that people fill in, not about whose it is.
    """
    names = {
        source.name
        for expression in getattr(constraint, "expressions", ())
        for source in _sources(expression)
        if hasattr(source, "name")
    }
    if len(names) > 1:
        fields = map(model._meta.get_field, names)
        names = {field.name for field in fields if field.editable and not field.is_relation}
    return names.pop() if len(names) == 1 else NON_FIELD


def _sources(expression: Any) -> Iterable[Any]:
    """The parts of an expression; a bare `F` has none but itself."""
    return expression.flatten() if hasattr(expression, "flatten") else [expression]


def unique_fields(model: type[models.Model]) -> dict[str, str]:
    """Fields with a unique constraint of their own, and what to say when a value is taken."""
    return {
        _field_of(constraint, model): str(constraint.get_violation_error_message())
        for constraint in constraints_of(model)
        if isinstance(constraint, models.UniqueConstraint)
    }
