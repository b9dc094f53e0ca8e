"""The pages of settings: a form, what it would change, and who did."""

import io
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from institution.declared import GROUPS, INSTITUTION_LOGO, INSTITUTION_NAME, MAIL_PASSWORD
from institution.models import SettingsVersion
from institution.reading import setting
from institution.tests.factories import CREST, decide

MakeUser = Callable[..., User]
PAGE = "/admin/settings/"
PAGES = [PAGE, f"{PAGE}history/", *(f"{PAGE}{group.key}/" for group in GROUPS)]
SECRET = "s3kret-of-the-mail-server"


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    browser = Client()
    browser.force_login(make_user("administrator", "amina"))
    return browser


def content(response: Any) -> str:
    return unescape(response.content.decode())


def form_of(response: Any) -> dict[str, Any]:
    """What a browser would send back unchanged: of the form, or of its preview."""
    seen = {"seen": response.context["seen"]}
    if "hidden" in response.context:
        return {**seen, **dict(response.context["hidden"])}
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields if not name.startswith("uploaded_")}
    return {**seen, **{name: value for name, value in values.items() if value not in {None, False}}}


@pytest.mark.parametrize("page", PAGES)
def test_each_page_loads(page: str, office: Client) -> None:
    assert office.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", [role for role in Role.values if role != "administrator"])
def test_only_administrators_decide(page: str, role: str, make_user: MakeUser) -> None:
    browser = Client()
    browser.force_login(make_user(role))
    assert browser.get(page).status_code == 403
    assert browser.post(page, {"step": "write"}).status_code == 403


def test_there_is_no_group_of_another_name(office: Client) -> None:
    assert office.get(f"{PAGE}other/").status_code == 404


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.key)
def test_a_form_that_is_sent_back_as_it_came_changes_nothing(group: Any, office: Client) -> None:
    page = f"{PAGE}{group.key}/"
    said = form_of(office.get(page))
    step = "write" if group.has_secrets else "preview"
    response = office.post(page, {**said, "step": step}, follow=True)
    assert "Nothing is other than it was." in content(response)
    assert not SettingsVersion.objects.exists()


def test_a_change_is_shown_before_it_is_written(office: Client) -> None:
    page = f"{PAGE}institution/"
    said = form_of(office.get(page))
    said |= {"INSTITUTION_NAME": "Kibo <School>", "step": "preview"}
    logo = io.BytesIO(CREST.encode())
    logo.name = "crest.svg"
    preview = office.post(page, {**said, "uploaded_INSTITUTION_LOGO": logo})
    assert "Kibo <School>" in content(preview)
    assert b"Kibo <School>" not in preview.content
    assert not SettingsVersion.objects.exists()
    again = form_of(preview)
    done = office.post(page, {**again, "step": "write"}, follow=True)
    assert "Saved: Name, Logo." in content(done)
    assert setting(INSTITUTION_NAME) == "Kibo <School>"
    assert setting(INSTITUTION_LOGO)
    history = content(office.get(f"{PAGE}history/"))
    assert "amina" in history
    assert "Kibo <School>" in history


def test_the_preview_says_how_colours_can_be_told_apart(office: Client) -> None:
    page = f"{PAGE}institution/"
    said = form_of(office.get(page))
    said |= {"INSTITUTION_PRIMARY_COLOUR": "#fefefe", "INSTITUTION_ACCENT_COLOUR": "#ffffff"}
    preview = content(office.post(page, {**said, "step": "preview"}))
    assert "1.0:1</span> The second colour beside the first: hard to see." in preview
    assert preview.count("hard to see") == 2


def test_a_mistake_stands_at_its_field_and_the_rest_stays(office: Client) -> None:
    page = f"{PAGE}notices/"
    said = form_of(office.get(page))
    said |= {"NOTICE_QUIET_HOURS": "night", "NOTICE_INCIDENT_DAYS": "9", "step": "preview"}
    response = content(office.post(page, said))
    assert "Enter hours such as 21:00-06:00." in response
    assert 'value="9"' in response


def test_a_bad_logo_is_refused_with_a_reason(office: Client) -> None:
    page = f"{PAGE}institution/"
    said = form_of(office.get(page))
    bad = io.BytesIO(CREST.replace("<circle", "<script>1</script><circle").encode())
    bad.name = "bad.svg"
    response = office.post(page, {**said, "uploaded_INSTITUTION_LOGO": bad, "step": "preview"})
    assert "<script>, which a logo may not" in content(response)


def test_what_the_environment_says_is_shown_and_cannot_be_changed(
    office: Client, settings: Settings
) -> None:
    assert "set in the environment of this server" not in content(office.get(PAGE))
    settings.INSTITUTION_NAME = "By the operator"
    overview = content(office.get(PAGE))
    assert "set in the environment of this server" in overview
    assert 'By the operator <span class="chip info">INSTITUTION_NAME</span>' in overview
    page = f"{PAGE}institution/"
    shown = office.get(page)
    assert "Set in the environment" in content(shown)
    assert 'name="INSTITUTION_NAME"' not in content(shown)
    said = form_of(shown)
    office.post(page, {**said, "INSTITUTION_NAME": "Mine", "step": "write"})
    assert setting(INSTITUTION_NAME) == "By the operator"


def test_a_secret_is_kept_changed_and_forgotten_and_never_shown(office: Client) -> None:
    page = f"{PAGE}mail/"
    said = {**form_of(office.get(page)), "step": "write"}
    said |= {"MAIL_SERVER": "mail.example.org", "MAIL_FROM": "DIT <notices@dit.ac.tz>"}
    saved = office.post(page, {**said, "MAIL_PASSWORD": SECRET}, follow=True)
    assert setting(MAIL_PASSWORD) == SECRET
    shown = [content(saved), *(content(office.get(each)) for each in PAGES)]
    assert not any(SECRET in each for each in shown)
    office.post(page, {**form_of(office.get(page)), "MAIL_PORT": "25", "step": "write"})
    assert setting(MAIL_PASSWORD) == SECRET
    forgotten = {**form_of(office.get(page)), "forget_MAIL_PASSWORD": "on"}
    office.post(page, {**forgotten, "step": "write"})
    assert setting(MAIL_PASSWORD) == ""


def test_a_secret_does_not_come_back_with_a_mistake(office: Client) -> None:
    page = f"{PAGE}mail/"
    said = {**form_of(office.get(page)), "MAIL_PASSWORD": SECRET, "MAIL_PORT": "x"}
    response = content(office.post(page, {**said, "step": "write"}))
    assert "Enter a whole number." in response
    assert SECRET not in response


def test_who_was_overtaken_sees_how_it_is_now(office: Client) -> None:
    page = f"{PAGE}institution/"
    said = form_of(office.get(page))
    decide(INSTITUTION_NAME="Kibo")
    late = office.post(page, {**said, "INSTITUTION_NAME": "Meru", "step": "write"}, follow=True)
    assert "Somebody else has changed these settings meanwhile" in content(late)
    assert setting(INSTITUTION_NAME) == "Kibo"


# --- the checklist ----------------------------------------------------------------------------


def test_today_lists_what_is_still_to_be_told_until_it_is_done(office: Client) -> None:
    today = content(office.get("/admin/"))
    assert "Set-up: 0 of 13 done" in today
    decide(INSTITUTION_NAME="Kibo")
    assert "Set-up: 1 of 13 done" in content(office.get("/admin/"))
    answer = office.post(f"{PAGE}steps/sms/", follow=True)
    assert "Left as it is: SMS" in content(answer)
    assert "Set-up: 2 of 13 done" in content(answer)


def test_what_is_needed_cannot_be_left(office: Client) -> None:
    for step in ("people", "reader", "nothing"):
        assert office.post(f"{PAGE}steps/{step}/").status_code == 404
    assert office.get(f"{PAGE}steps/sms/").status_code == 405


def test_others_have_no_checklist(make_user: MakeUser) -> None:
    browser = Client()
    browser.force_login(make_user("registration_officer"))
    assert "Set-up" not in content(browser.get("/admin/"))
    assert browser.post(f"{PAGE}steps/sms/").status_code == 403


# --- an empty page ----------------------------------------------------------------------------


def test_an_empty_list_offers_its_next_step(office: Client) -> None:
    students = content(office.get("/admin/students/student/"))
    assert "/admin/people/import/add/?kind=student" in students
    assert "Add the first student" in students
    assert "Add the first reader" in content(office.get("/admin/pos/device/"))
    assert "Add the first" not in content(office.get("/admin/students/student/?q=nobody"))


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/admin/cards/card/", "/admin/cards/issue/"),
        ("/admin/cards/printjob/", "/admin/cards/card/"),
        ("/admin/people/deed/", "/admin/people/import/add/"),
        ("/admin/notifications/notice/", "/admin/notifications/guardian/"),
        ("/admin/pos/tap/", "/admin/pos/device/add/"),
    ],
)
def test_what_comes_of_other_work_leads_to_that_work_while_it_is_empty(
    office: Client, make_user: MakeUser, path: str, leads_to: str
) -> None:
    offered = f'class="button primary" href="{leads_to}"'
    assert offered in content(office.get(path))
    assert offered not in content(browser_of(make_user("leadership")).get(path))


def test_it_offers_nothing_that_somebody_may_not_do(make_user: MakeUser) -> None:
    browser = Client()
    browser.force_login(make_user("leadership"))
    assert "Import a list" not in content(browser.get("/admin/students/student/"))
