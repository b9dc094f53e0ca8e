"""The office's pages of settings: what holds, a form with a preview for each group, the history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from core.errors import DomainError, InvalidFields
from institution.brand import contrast, ink_on
from institution.declared import (
    GROUPS,
    INSTITUTION_ACCENT_COLOUR,
    INSTITUTION_LOGO,
    INSTITUTION_NAME,
    INSTITUTION_PRIMARY_COLOUR,
    INSTITUTION_SHORT_NAME,
    SETTINGS,
)
from institution.history import settings_history
from institution.kinds import COLOUR
from institution.logo import logo_url
from institution.office.forms import GroupForm
from institution.reading import decided, is_said, setting
from institution.services import ChangedMeanwhile, change_settings, is_tried, leave_as_it_is
from institution.setting import Group, Setting
from office.checklist import checklist
from office.previewing import PreviewedView
from office.rooms import Room
from office.views import OfficeView
from people.kinds import kind_named

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

GROUP_BY_KEY: Final = {group.key: group for group in GROUPS}
MOST_CHANGES: Final = 100
# Marks and lines are told from what they stand on (WCAG 1.4.11); text wants 4.5.
SEEN: Final = 3.0


@dataclass(frozen=True)
class Line:
    """A setting as it is, in words."""

    label: "StrOrPromise"
    words: str
    variable: str
    """Of the environment, if that says it."""
    is_logo: bool

    @property
    def colour(self) -> str:
        """To be shown beside its name; empty: it is none."""
        return self.words if COLOUR.fullmatch(self.words) else ""


def lines_of(group: Group) -> Iterator[Line]:
    for each in group.settings:
        variable = each.environment if is_said(each) else ""
        yield Line(each.label, _words(each, setting(each)), variable, each is INSTITUTION_LOGO)


def _words(which: Setting[Any], value: Any) -> str:
    if isinstance(value, dict):  # by kind of people
        month_words = gettext("{kind} {number} months")
        said = (
            month_words.format(kind=kind_named(key).title, number=months)
            for key, months in value.items()
        )
        return ", ".join(said) or gettext("no end")
    if which.is_secret and value == which.default:
        return gettext("not set")
    return which.kind.words(value)


class Settings(OfficeView, TemplateView):
    """All groups, with what holds."""

    route = "settings/"
    url_name = "settings"
    title = _("Settings")
    capability = Capability.ADMINISTER
    room = Room.ADMINISTRATION
    place = 0
    template_name = "institution/settings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = [(group, list(lines_of(group))) for group in GROUPS]
        is_said = any(line.variable for _, lines in groups for line in lines)
        return super().get_context_data(groups=groups, is_said=is_said, logo=logo_url(), **kwargs)


class History(OfficeView, TemplateView):
    route = "settings/history/"
    url_name = "settings_history"
    title = _("History of settings")
    capability = Capability.ADMINISTER
    template_name = "institution/history.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(lines=settings_history(MOST_CHANGES), **kwargs)


@dataclass(frozen=True)
class Change:
    label: "StrOrPromise"
    before: str
    after: str


class ChangeGroup(PreviewedView):
    """A form; then what would be other than now; then it is written.

    Where a secret is asked for there is no step between: a preview would have to say it again.
    """

    route = "settings/<slug:key>/"
    url_name = "settings_group"
    capability = Capability.ADMINISTER
    template_name = "institution/group.html"
    preview_template = "institution/preview.html"
    action = _("Save")

    @cached_property
    def group(self) -> Group:
        try:
            return GROUP_BY_KEY[self.kwargs["key"]]
        except KeyError:
            raise Http404 from None

    @property
    def title(self) -> "StrOrPromise":  # type: ignore[override]  # of the group, and so of the request
        return self.group.title

    @property
    def back(self) -> str:
        return reverse("admin:settings")

    @property
    def back_name(self) -> str:
        return gettext("Settings")

    @cached_property
    def form(self) -> GroupForm:
        if self.request.method == "POST":
            return GroupForm(self.group, self.request.POST, self.request.FILES)
        return GroupForm(self.group)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.group.has_secrets and not self.form_again(request.POST.get("step", "")):
            return self.written()
        return super().post(request, *args, **kwargs)

    def previewed(self) -> HttpResponse:
        changes = list(self.changes()) if self.form.is_valid() else []
        if self.form.errors:
            return self.with_errors()
        if not changes:
            messages.info(self.request, gettext("Nothing is other than it was."))
            return redirect(self.back)
        return self.show_preview(changes=changes, look=self.look(), seen=decided().version)

    def changes(self) -> Iterator[Change]:
        """What would be other than now; what is wrong stands in the form's errors then."""
        for name, text in self.form.texts().items():
            which = SETTINGS[name]
            try:
                value = which.kind.read(text)
            except ValidationError as error:
                self.form.add_refusal(InvalidFields({name: list(error.messages)}))
                continue
            if value != setting(which):
                yield Change(which.label, _words(which, setting(which)), _words(which, value))

    def kept(self) -> Sequence[tuple[str, str]]:
        """As the form read it: of a picture its digest, for a file cannot be said again."""
        said = self.form.cleaned_data
        names = {each.name for each in self.form.decided if each.name in said}
        others = [pair for pair in super().kept() if pair[0] not in names and pair[0] != "seen"]
        return [*others, *((name, said[name]) for name in sorted(names))]

    def look(self) -> "Look | None":
        """How cards and pages would look."""
        if INSTITUTION_NAME not in self.group.settings:
            return None
        texts = self.form.texts()

        def will_be(which: Setting[str]) -> str:
            return texts.get(which.name, setting(which))

        return Look(
            name=will_be(INSTITUTION_NAME),
            short_name=will_be(INSTITUTION_SHORT_NAME),
            primary=will_be(INSTITUTION_PRIMARY_COLOUR),
            accent=will_be(INSTITUTION_ACCENT_COLOUR),
            logo=_address_of(will_be(INSTITUTION_LOGO)),
        )

    def written(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.with_errors()
        seen = self.request.POST.get("seen", "")
        try:
            changed = change_settings(
                texts=self.form.texts(),
                by=self.user.pk,
                seen=int(seen) if seen.isascii() and seen.isdigit() else None,
            )
        except InvalidFields as error:
            self.form.add_refusal(error)
            return self.with_errors()
        except ChangedMeanwhile as error:
            messages.warning(self.request, error.message)
            return redirect(self.request.path)
        except DomainError as error:
            return self.refused(error)
        self._tell(changed)
        return redirect(self.request.path if self.group.try_page and changed else self.back)

    def _tell(self, changed: Sequence[str]) -> None:
        if not changed:
            messages.info(self.request, gettext("Nothing is other than it was."))
            return
        labels = ", ".join(str(SETTINGS[name].label) for name in changed)
        messages.success(self.request, gettext("Saved: {names}.").format(names=labels))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        said = [line for line in lines_of(self.group) if line.variable]
        shown = {
            "group": self.group,
            "form": self.form,
            "said": said,
            "seen": decided().version,
            "logo": logo_url() if INSTITUTION_LOGO in self.group.settings else "",
            "action": gettext("Save")
            if self.group.has_secrets
            else gettext("Show what would change"),
            "is_tried": self.group.try_page and is_tried(self.group.key),
        }
        return super().get_context_data(**{**shown, **kwargs})


def _address_of(digest: str) -> str:
    if is_said(INSTITUTION_LOGO):
        return logo_url()
    return reverse("logo", args=[digest]) if digest else ""


@dataclass(frozen=True)
class Look:
    """A card's head in the colours that are asked for, and what is hard to see in it."""

    name: str
    short_name: str
    primary: str
    accent: str
    logo: str

    @property
    def ink(self) -> str:
        return ink_on(self.primary)

    @property
    def accent_ink(self) -> str:
        return ink_on(self.accent)

    @property
    def contrasts(self) -> list[tuple[str, str, bool]]:
        """What stands on what, the ratio, and whether it is enough."""
        measured = (
            (gettext("Text on the colour"), contrast(self.ink, self.primary), 4.5),
            (gettext("Text on the second colour"), contrast(self.accent_ink, self.accent), 4.5),
            (
                gettext("The second colour beside the first"),
                contrast(self.accent, self.primary),
                SEEN,
            ),
            (gettext("The colour on white paper"), contrast(self.primary, "#ffffff"), SEEN),
        )
        return [(what, f"{ratio:.1f}:1", ratio >= needed) for what, ratio, needed in measured]


class LeaveStep(OfficeView):
    """A step of the set-up is not needed here."""

    route = "settings/steps/<slug:step>/"
    url_name = "settings_leave_step"
    title = _("Leave it as it is")
    capability = Capability.ADMINISTER
    http_method_names = ("post",)

    def post(self, request: HttpRequest, step: str, **kwargs: Any) -> HttpResponseBase:
        found = next((each for each in checklist().left if each.key == step), None)
        if found is None or found.is_needed:
            raise Http404
        leave_as_it_is(step=step, by=self.user.pk)
        messages.success(request, gettext("Left as it is: {step}.").format(step=found.title))
        return redirect("admin:index")
