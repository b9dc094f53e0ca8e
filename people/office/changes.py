"""What was done to many people at once, in the office: a list of it, and taking it back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.models import User
from accounts.roles import Capability
from core.errors import DomainError
from core.uuids import as_uuid
from office.chips import chip
from office.lists import LookOnly, NextStep, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone
from office.views import ConfirmView, OfficeView
from people.deed_models import Deed, DeedRow
from people.kinds import kind_named
from people.looking import note_look_at_many
from people.models import Look
from people.office.came_with import next_steps
from people.office.deed_words import about_in_words, changes_in_words
from people.undoing import HOURS, undo_deed

ROWS_PER_PAGE = 100
LIST_PAGE = "admin:people_deed_changelist"


def address_of(deed: Deed) -> str:
    return reverse("admin:people_deed_change", args=[deed.pk])


def say_done(request: HttpRequest, change_id: UUID | None, words: str) -> None:
    """After something was done to many: what, and the way to take it back."""
    if change_id is None:
        messages.info(request, words)
        return
    messages.success(request, format_html("{} {}", words, _undo_link(change_id, gettext("Undo"))))


def with_undo(words: str, deeds: Sequence[Deed]) -> str:
    """What was done, and the way to take it back: one for each kind of people."""
    if not deeds:
        return words
    if len(deeds) == 1:
        return format_html("{} {}", words, _undo_link(deeds[0].pk, gettext("Undo")))
    named = gettext("Undo: {people}")
    links = (
        (_undo_link(deed.pk, named.format(people=kind_named(deed.kind).title)),) for deed in deeds
    )
    return format_html("{} {}", words, format_html_join(" ", "{}", links))


def _undo_link(change_id: UUID, words: str) -> str:
    url = reverse("admin:people_undo_deed", args=[change_id])
    return format_html('<a href="{}">{}</a>', url, words)


def touched_words(deed: Deed) -> str:
    """`3 new, 12 changed`."""
    created, updated = (deed.summary.get(key, 0) for key in ("created", "updated"))
    parts = (
        gettext("{number:,} new").format(number=created) if created else "",
        gettext("{number:,} changed").format(number=updated) if updated else "",
    )
    return ", ".join(filter(None, parts)) or gettext("nobody")


def described(deed: Deed) -> str:
    """`Cards issued: CS21`."""
    words: str = deed.get_what_display()
    about = about_in_words(deed)
    return f"{words}: {about}" if about else words


class DeedAdmin(LookOnly, OfficeModelAdmin[Deed]):
    """Imports, uploads of photos, and changes of many people or cards, the latest first."""

    room = Room.PEOPLE
    place = 3
    list_display = ("description", "whose", "touched", "made_by", "made_at", "standing")
    phone_columns = ("whose", "touched", "standing")
    phone_gives_way = "whose"
    list_filter = ("what", "kind")
    list_select_related = ("made_by", "undone_by")
    list_per_page = 50
    sortable_by = ()
    ordering = ("-made_at", "change_id")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Deed | None = None) -> bool:
        return isinstance(request.user, User) and request.user.may(Capability.EXPORT_PEOPLE)

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        assert isinstance(request.user, User)
        if not request.user.may(Capability.MANAGE_PEOPLE):
            return []
        return [NextStep(gettext("Import a list"), reverse("admin:people_import_add"))]

    @admin.display(description=_("What"))
    def description(self, deed: Deed) -> str:
        return described(deed)

    @admin.display(description=_("People"))
    def whose(self, deed: Deed) -> str:
        return str(kind_named(deed.kind).title)

    @admin.display(description=_("Touched"))
    def touched(self, deed: Deed) -> str:
        return touched_words(deed)

    @admin.display(description=_("State"))
    def standing(self, deed: Deed) -> str:
        if deed.undone_at:
            return chip(gettext("Taken back"), Tone.QUIET)
        return (
            chip(gettext("Can be undone"), Tone.INFO)
            if deed.is_undoable
            else chip(gettext("Stands"), Tone.GOOD)
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        response = DeedPage.as_view()(request, change_id=object_id)
        assert isinstance(response, HttpResponse)
        return response


class DeedPage(TemplateResponseMixin, OfficeView):
    """What was done to each person, a hundred a page."""

    title = _("Change")
    capability = Capability.EXPORT_PEOPLE
    template_name = "people/deed.html"

    def get(self, request: HttpRequest, change_id: str) -> HttpResponse:
        deed = _found(change_id)
        rows = deed.rows.defer("photo")
        page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
        note_look_at_many(request, Look.What.REPORT, held=[row.person for row in page.object_list])
        return self.render_to_response(
            self.get_context_data(
                title=described(deed)
                if deed.is_of_cards
                else about_in_words(deed) or described(deed),
                deed=deed,
                kind=kind_named(deed.kind),
                touched=touched_words(deed),
                next=next_steps(self.user, deed),
                may_undo=deed.is_undoable and self.user.may(Capability.MANAGE_PEOPLE),
                page=page,
                rows=[
                    (row, _changes(deed, row, hidden=self.user.hidden_names))
                    for row in page.object_list
                ],
            )
        )


def _found(change_id: str | UUID) -> Deed:
    """Raises Http404, also for what is no id."""
    deeds = Deed.objects.select_related("made_by", "undone_by")
    return get_object_or_404(deeds, pk=as_uuid(str(change_id)))


def _changes(deed: Deed, row: DeedRow, *, hidden: frozenset[str]) -> list[dict[str, str]]:
    return changes_in_words(
        kind_named(deed.kind),
        {
            name: {"before": row.before.get(name), "after": after}
            for name, after in row.after.items()
            if name not in hidden and not (row.is_created and after in ("", None))
        },
    )


class UndoDeedView(ConfirmView):
    route = "people/changes/<uuid:pk>/undo/"
    url_name = "people_undo_deed"
    capability = Capability.MANAGE_PEOPLE
    title = _("Take this back?")
    action = _("Take it back")
    back_name = _("The change")
    is_dangerous = True

    @cached_property
    def deed(self) -> Deed:
        return _found(self.kwargs["pk"])

    @property
    def back(self) -> str:
        return address_of(self.deed)

    def warning(self) -> str:
        deed, kind = self.deed, kind_named(self.deed.kind)
        if not deed.is_undoable:
            words = gettext(
                "This cannot be taken back: it was, or it is more than {hours} hours old."
            )
            return words.format(hours=HOURS)
        created, updated = (deed.summary.get(name, 0) for name in ("created", "updated"))
        if deed.is_of_cards:
            return _warning_of_cards(deed, issued=created, changed=updated)
        gone, before = kind.count_of(created), kind.count_of(updated)
        if created and updated:
            done = gettext(
                "{gone} who came with it will be gone as if they had never been "
                "and {before} will be as before"
            )
        elif created:
            done = gettext("{gone} who came with it will be gone as if they had never been")
        else:
            done = gettext("{before} will be as before") if updated else ""
        words = gettext(
            "{what} {about}: {done}. If anybody has been worked on since, nothing is touched, "
            "and you are told who."
        )
        done = done.format(gone=gone, before=before)
        return words.format(what=deed.get_what_display(), about=about_in_words(deed), done=done)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            undo_deed(deed=self.deed, by=self.user)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            words = gettext("Taken back: {what}.").format(what=touched_words(self.deed))
            messages.success(request, words)
        return HttpResponseRedirect(self.back)


def _warning_of_cards(deed: Deed, *, issued: int, changed: int) -> str:
    if issued:
        words = ngettext(
            "{what}: {number:,} card that it issued will be gone as if it had never been. If it "
            "has been printed, handed out, tapped or changed since, nothing is touched, and you "
            "are told whose.",
            "{what}: {number:,} cards that it issued will be gone as if they had never been. If "
            "one of them has been printed, handed out, tapped or changed since, nothing is "
            "touched, and you are told whose.",
            issued,
        )
    else:
        words = ngettext(
            "{what}: {number:,} card will be as before. If it has been retired or changed since, "
            "nothing is touched, and you are told whose.",
            "{what}: {number:,} cards will be as before. If one of them has been retired or "
            "changed since, nothing is touched, and you are told whose.",
            changed,
        )
    return words.format(what=described(deed), number=issued or changed)
