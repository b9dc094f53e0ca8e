"""The database's functions and triggers are those that the files and the models declare."""

from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.conf import settings
from django.db import InternalError, connection

from core.sql import functions_of, run_file, sql_files, triggers_of

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

FILES = [str(path.relative_to(settings.BASE_DIR)) for path in sql_files()]
# A column or an index is made by these: they cannot be taken from under it.
OF_WHAT_IS_STORED = ("people/sql/near_words.sql", "pos/sql/event_hashes.sql")
OUR_FUNCTIONS = """
    SELECT proname, pg_get_functiondef(function.oid) FROM pg_proc AS function
    WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND objid = function.oid AND deptype = 'e'
    )
"""
OUR_TRIGGERS = """
    SELECT tgname, relname, pg_get_triggerdef(trigger.oid)
    FROM pg_trigger AS trigger JOIN pg_class AS t ON t.oid = tgrelid
    WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal
"""
# What pgtrigger and pghistory call from the functions that they make.
THEIRS = {"_pgtrigger_should_ignore", "_pgh_attach_context"}
SOURCE = "SELECT prosrc FROM pg_proc WHERE oid = %s::regproc"


def ask(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def text_of(path: str) -> str:
    return Path(settings.BASE_DIR, path).read_text()


def definitions() -> set[tuple[str, ...]]:
    return {*ask(OUR_FUNCTIONS), *ask(OUR_TRIGGERS)}


def declared_by_models() -> set[tuple[str, str]]:
    """Each trigger of pgtrigger and pghistory with its table; its function has the same name."""
    return {
        (trigger.get_pgid(model), model._meta.db_table) for model, trigger in pgtrigger.registered()
    }


def test_there_are_files() -> None:
    assert len(FILES) >= 6


@pytest.mark.dialect
@pytest.mark.parametrize("path", FILES)
def test_the_database_has_each_function_word_for_word(path: str) -> None:
    text = text_of(path)
    for name in functions_of(text):
        [[source]] = ask(SOURCE, name)
        assert f"$${source}$$" in text, name


@pytest.mark.dialect
@pytest.mark.parametrize("path", FILES)
def test_the_database_has_each_trigger_on_its_table(path: str) -> None:
    there = {(name, table) for name, table, _ in ask(OUR_TRIGGERS)}
    assert set(triggers_of(text_of(path))) <= there


@pytest.mark.dialect
@pytest.mark.parametrize("path", sorted({*FILES} - {*OF_WHAT_IS_STORED}))
def test_a_file_that_is_run_again_makes_what_is_there(path: str) -> None:
    before, operation = definitions(), run_file(path)
    with connection.cursor() as cursor:
        cursor.execute(str(operation.reverse_sql))
        assert len(definitions()) < len(before)
        cursor.execute(str(operation.sql))
    assert definitions() == before


@pytest.mark.parametrize("path", OF_WHAT_IS_STORED)
def test_what_is_stored_keeps_what_it_is_made_by(path: str) -> None:
    with pytest.raises(InternalError, match="depends on"), connection.cursor() as cursor:
        cursor.execute(str(run_file(path).reverse_sql))


def test_every_function_and_trigger_stands_in_a_file_or_at_a_model() -> None:
    texts = [text_of(path) for path in FILES]
    triggers = {trigger for text in texts for trigger in triggers_of(text)}
    functions = {name for text in texts for name in functions_of(text)}
    of_models = declared_by_models()
    assert {(name, table) for name, table, _ in ask(OUR_TRIGGERS)} == triggers | of_models
    declared = functions | {name for name, _ in of_models} | THEIRS
    assert {name for name, _ in ask(OUR_FUNCTIONS)} == declared


def test_what_the_models_declare_is_installed_as_they_say() -> None:
    for model, trigger in pgtrigger.registered():
        status = trigger.get_installation_status(model)
        assert status == ("INSTALLED", True), trigger.get_pgid(model)
