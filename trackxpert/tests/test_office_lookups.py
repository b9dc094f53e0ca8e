"""What an address may ask of the office: what a list declares, and of nothing what is no key."""

import logging
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from cards.tests.factories import make_student
from discipline.tests.factories import make_incident
from office.lists import DeclaredList, OfficeModelAdmin
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
LISTS: list[Any] = sorted(
    (of for of in admin.site._registry.values() if isinstance(of, OfficeModelAdmin)),
    key=lambda of: of.opts.label,
)
# Enough to spell a value out, or to know whether there is one.
LOOKUPS = (("", "1"), ("__isnull", "0"), ("__startswith", "+255"))
RUBBISH = [
    *("x", "-1", "1.5", "9" * 40, "\x00", "a\x00b", "_00", "_5F", "é" * 300, "%", "../x", " "),
    *(str(uuid4()), "0001-01-01", "1e999", "[]", "NaN"),
]
NO_KEYS = ("x", "9" * 40, "a\x00b", "_00", str(uuid4()))


def paths(model: Any, depth: int = 2) -> Iterator[str]:
    """Each column and each relation, also those that come from elsewhere, and theirs in turn."""
    yield "pk"
    for field in model._meta.get_fields(include_hidden=True):
        yield field.name
        yield getattr(field, "attname", field.name)
        if depth > 1 and field.is_relation and field.related_model:
            yield from (f"{field.name}__{path}" for path in paths(field.related_model, depth - 1))


def page_of(of: Any) -> str:
    return reverse(f"admin:{of.opts.app_label}_{of.opts.model_name}_changelist")


def asked(of: Any, user: User, **parameters: str) -> Any:
    """The list as this user is shown it. Raises IncorrectLookupParameters."""
    request = RequestFactory().get(page_of(of), parameters)
    request.user = user
    return of.get_changelist_instance(request)


def rows(shown: Any) -> str:
    return str(shown.queryset.query)


def shown_to(user: User) -> Iterator[tuple[Any, Any]]:
    """Each list that this user sees, and how it is without any question."""
    for of in LISTS:
        request = RequestFactory().get(page_of(of))
        request.user = user
        if of.has_view_permission(request):
            yield of, asked(of, user)


def narrowing(of: Any, plain: Any, user: User, among: Iterable[str] = ()) -> list[str]:
    """The questions that change what the list holds, though no filter of it asks them."""
    declared = {name for spec in plain.filter_specs for name in spec.expected_parameters()}
    found = []
    for path in dict.fromkeys(among or paths(of.model)):
        for lookup, value in LOOKUPS:
            if (name := f"{path}{lookup}") in declared:
                continue
            try:
                shown = asked(of, user, **{name: value})
            except IncorrectLookupParameters:
                continue
            if rows(shown) != rows(plain):
                found.append(f"{of.opts.label}?{name}=")
    return found


@pytest.mark.parametrize("role", Role)
def test_a_list_is_narrowed_by_its_filters_and_by_nothing_else(
    role: Role, make_user: MakeUser
) -> None:
    user = make_user(role)
    with time_machine.travel(timezone.now(), tick=False):
        lists = list(shown_to(user))
        assert lists
        assert [found for of, plain in lists for found in narrowing(of, plain, user)] == []


def test_without_the_guard_the_walk_finds_what_answered_too_much(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, of = make_user("kitchen_admin"), admin.site.get_model_admin(Student)
    monkeypatch.setattr(DeclaredList, "get_filters", ChangeList.get_filters)
    monkeypatch.setattr(OfficeModelAdmin, "lookup_allowed", lambda self, lookup, value, request: 1)
    among = [path for path in paths(of.model) if path.startswith(("incidents", "phone_number"))]
    with time_machine.travel(timezone.now(), tick=False):
        found = narrowing(of, asked(of, user), user, among)
    for name in ("incidents__isnull", "incidents__pk__isnull", "phone_number__startswith"):
        assert f"students.Student?{name}=" in found


@pytest.mark.parametrize("role", Role)
def test_a_list_is_sorted_by_its_sortable_columns_and_by_nothing_else(
    role: Role, make_user: MakeUser
) -> None:
    user = make_user(role)
    for of, plain in shown_to(user):
        for number, column in enumerate(plain.list_display):
            if column in plain.sortable_by and plain.get_ordering_field(column):
                assert asked(of, user, o=f"-{number}").queryset.ordered
                continue
            with pytest.raises(IncorrectLookupParameters):
                asked(of, user, o=f"-{number}")
        for rubbish in ("x", "-", "99", "--1", "1.x", "9" * 40, "\u0661"):
            with pytest.raises(IncorrectLookupParameters):
                asked(of, user, o=rubbish)


def test_who_has_incidents_is_not_told_by_a_list(make_user: MakeUser) -> None:
    make_incident(make_student(surname="Kipanga"))
    browser = Client()
    browser.force_login(make_user("kitchen_admin"))
    page = page_of(admin.site.get_model_admin(Student))
    for question in (
        *("incidents__isnull=0", "incidents__pk__isnull=0", "pk__startswith=a", "nosuch=1"),
        *("_to_field=incidents", "_to_field=nosuch", "class_code__startswith=C"),
    ):
        response = browser.get(f"{page}?{question}")
        assert (response.status_code, response["Location"]) == (302, f"{page}?e=1"), question
        assert "Kipanga" in browser.get(f"{page}?{question}", follow=True).content.decode()


@pytest.mark.filterwarnings("ignore:.*naive datetime")  # a day without a zone is campus time
def test_a_filter_that_is_asked_rubbish_leads_back_to_the_list(make_user: MakeUser) -> None:
    user = make_user("administrator")
    browser = Client()
    browser.force_login(user)
    for of, plain in shown_to(user):
        names = {name for spec in plain.filter_specs for name in spec.expected_parameters()}
        own = ("o", "p", "q", "all", "whole", "_popup", "_to_field", "_facets", "e")
        for name in (*sorted(names), *own):
            for value in RUBBISH:
                if "\x00" in value:
                    continue
                try:
                    list(asked(of, user, **{name: value}).result_list)
                except IncorrectLookupParameters:
                    continue
        for name in (*sorted(names), "q", "o", "p", "_to_field"):
            assert browser.get(page_of(of), {name: "\x00"}).status_code in {200, 302}, name


# --- what is no key -----------------------------------------------------------------------------


def addresses(resolver: Any = None, prefix: str = "/") -> Iterator[str]:
    """Every address of the office, with a `{}` for each argument."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern) and route.startswith("/admin/"):
            yield route


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What is logged of requests that were refused."""
    stream = StringIO()
    for handler in logging.getLogger("django.security").handlers:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_no_page_of_the_office_breaks_at_a_key_that_is_none(
    make_user: MakeUser, refusals: StringIO
) -> None:
    browser = Client()
    browser.force_login(make_user("administrator"))
    routes = [route for route in addresses() if "<" in route and "(" not in route]
    assert len(routes) > 40
    for route in routes:
        head, _, rest = route.partition("<")
        tail = rest.partition(">")[2]
        for value in NO_KEYS:
            address = f"{head}{quote(value, safe='')}{tail if '<' not in tail else '/1/'}"
            assert browser.get(address).status_code < 500, address
        assert browser.post(address).status_code < 500, address
    assert "Traceback" not in refusals.getvalue()


def test_a_field_that_leads_to_no_row_is_refused_in_one_line(
    make_user: MakeUser, refusals: StringIO
) -> None:
    browser = Client()
    browser.force_login(make_user("administrator"))
    page = reverse("admin:students_student_change", args=[make_student().pk])
    assert browser.get(f"{page}?_to_field=incidents").status_code == 400
    assert refusals.getvalue().count("\n") == 1
    assert "cannot be referenced" in refusals.getvalue()


def test_what_a_form_looks_up_is_what_the_form_declares(make_user: MakeUser) -> None:
    make_student(surname="Kipanga")
    fields = {"app_label": "discipline", "model_name": "incident", "field_name": "student"}
    for role, statuses in (("administrator", {200}), ("kitchen_admin", {200, 403})):
        browser = Client()
        browser.force_login(make_user(role))
        for term in RUBBISH:
            asked_for = browser.get("/admin/autocomplete/", {**fields, "term": term})
            assert asked_for.status_code in statuses, term
        for wrong in (
            {"field_name": "recorded_by"},
            {"field_name": "voided_by"},
            {"field_name": "nosuch"},
            {"model_name": "nosuch"},
            {"app_label": "accounts", "model_name": "logentry", "field_name": "user"},
        ):
            refused = browser.get("/admin/autocomplete/", {**fields, **wrong, "term": "Kipanga"})
            assert refused.status_code == 403, wrong
        assert browser.get("/admin/autocomplete/").status_code == 403
