"""What the registration office shows of every person; the apps add their own columns."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ChoiceField, ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.history import Change
from core.history_words import HistoryLine
from core.middleware import with_camera
from office.chips import chip, portrait
from office.columns import ColumnsByRole
from office.lists import NextStep
from office.long_lists import LongListAdmin
from office.rooms import Room
from office.tasks import Tone
from people import photos
from people.deed_models import Deed
from people.field_words import FIELD_WORDS, field_word
from people.history import history_of_person, told_of_person
from people.kinds import PersonKind
from people.looking import note_look
from people.models import Import, Look, Person, PersonQuerySet
from people.office.additions import additions
from people.office.came_with import CameWithFilter
from people.office.changes import DeedAdmin, say_done
from people.office.consents import consents_panel
from people.office.import_list import ImportAdmin
from people.office.looks import looks_panel
from people.office.person_form import PHOTO_FIELDS, PersonForm
from people.office.standing import StandingFilter
from people.office.story import Story
from people.scope import may_read
from people.standing import NOT_EXPECTED, OK
from people.switching import switch_people

P = TypeVar("P", bound=Person)
MOST_NAMED = 500


class PersonAdmin(ColumnsByRole[P], LongListAdmin[P], Generic[P]):
    """A kind of person; `summary` names what stands under the name on the person's page."""

    room = Room.PEOPLE
    file_needs = Capability.EXPORT_PEOPLE

    form = PersonForm
    change_form_template = "people/change_form.html"
    change_list_template = "people/change_list.html"
    list_display_links = ("full_name",)
    list_filter: ClassVar[Any] = (StandingFilter,)
    search_fields = ("search_text",)  # shows the search box; get_search_results does the search
    search_help_text = _("Any part of a name or number, in any order.")
    readonly_fields = ("created_at", "updated_at")
    actions: Any = ("deactivate", "activate")
    summary: ClassVar[tuple[str, ...]] = ()
    further = (
        *("class_level", "class_code", "program", "department", "position", "company"),
        *("phone_number", "email", "date_of_birth", "enrolled_on", "left_on"),
    )

    @property
    def kind(self) -> PersonKind:
        return self.model.person_kind

    # --- the list -------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[P]:
        people = cast("PersonQuerySet[P]", super().get_queryset(request))
        return people.of_own_kind().seen_by(request.user).with_current_card()

    def further_columns(self, request: HttpRequest) -> list[str]:
        """Those that such people have, and that are no columns anyhow."""
        has = {self.kind.attribute(key) for key in self.kind.serializer.Meta.fields}
        return [
            name
            for name in super().further_columns(request)
            if name in has and name not in self.list_display
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: P | None = None) -> bool:
        return isinstance(request.user, User) and may_read(request.user, self.kind)

    def get_list_display(self, request: HttpRequest) -> Any:
        added = [column for addition in additions() for column in addition.columns]
        own = (self.number_column if name == "identifier" else name for name in self.list_display)
        return (*own, *added)

    @cached_property
    def number_column(self) -> Any:
        """The number, under the name that it has for this kind."""

        @admin.display(description=FIELD_WORDS[self.kind.number_key], ordering="identifier")
        def number(person: P) -> str:
            return person.identifier

        return number

    def get_list_filter(self, request: HttpRequest) -> Any:
        added = [choice for addition in additions() for choice in addition.filters]
        return (*added, *super().get_list_filter(request), CameWithFilter)

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        """A school has lists already."""
        steps = super().next_steps(request)
        url = f"{reverse('admin:people_import_add')}?kind={self.kind.key}"
        return [NextStep(gettext("Import a list"), url), *steps] if steps else []

    def get_actions(self, request: HttpRequest) -> Any:
        added = {
            name: (act, name, description)
            for addition in additions()
            for name, act, description in addition.actions(_user(request), self.kind)
        }
        return {**added, **super().get_actions(request)}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[P], search_term: str
    ) -> tuple[QuerySet[P], bool]:
        people = cast("PersonQuerySet[P]", queryset)
        return people.search_as(_user(request), search_term.replace("\x00", "")), False

    @admin.display(description=_("Photo"))
    def portrait(self, person: P) -> str:
        return portrait(photo=person.photo, name=str(person.full_name))

    @admin.display(description=_("Status"))
    def standing(self, person: P) -> str:
        return chip(person.standing, _tone(person))

    @admin.action(description=_("Switch off: they have left"), permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[P]) -> HttpResponse | None:
        return self._switch(request, people, is_active=False)

    @admin.action(description=_("Switch on: they are back"), permissions=["change"])
    def activate(self, request: HttpRequest, people: QuerySet[P]) -> HttpResponse | None:
        return self._switch(request, people, is_active=True)

    def _switch(
        self, request: HttpRequest, people: QuerySet[P], *, is_active: bool
    ) -> HttpResponse | None:
        """It names them first; done, it can be taken back as any change of many."""
        if "confirmed" not in request.POST:
            return self._asking_to_switch(request, people, is_active=is_active)
        keys = list(people.values_list("pk", flat=True))
        number, deed = switch_people(
            kind=self.kind, people=keys, is_active=is_active, by=_user(request)
        )
        words = gettext("{number} changed.").format(number=number)
        say_done(request, deed.pk if deed else None, words)
        return None

    def _asking_to_switch(
        self, request: HttpRequest, people: QuerySet[P], *, is_active: bool
    ) -> HttpResponse:
        number, is_across = people.count(), request.POST.get("select_across") == "1"
        off = gettext("No gate opens to them from now on. It can be taken back for a day.")
        on = gettext(
            "Gates open to them again, and a last day that is over is taken away. "
            "It can be taken back for a day."
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Switch on") if is_active else gettext("Switch off"),
            "back": request.get_full_path(),
            "action": request.POST["action"],
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "is_across": is_across,
            "is_active": is_active,
            "count": self.kind.count_of(number),
            "warning": on if is_active else off,
            "people": people[:MOST_NAMED],
            "is_more": number > MOST_NAMED,
            "button": gettext("Switch on") if is_active else gettext("Switch off"),
        }
        return TemplateResponse(request, "people/switch.html", context)

    # --- one person -----------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: P | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[P]]:
        labels = {field: field_word(key) for field, key in self.kind.api_keys.items()}
        helps = {
            "identifier": self.kind.number_help,
            "whole_name": "",
            "left_on": gettext("The last day here. From the day after, no gate lets them in."),
        }
        words = {"labels": labels, "help_texts": helps}
        return super().get_form(request, obj, change, **words, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "status":
            initial = db_field.get_default()
            return ChoiceField(choices=self.kind.status_choices, initial=initial, **kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def history_of(self, obj: P) -> list[Change]:
        return history_of_person(obj)

    def in_words(self, changes: Iterable[Change]) -> list[HistoryLine]:
        return told_of_person(changes, self.kind)

    def get_fieldsets(self, request: HttpRequest, obj: P | None = None) -> Any:
        """With the photo's fields for whoever may change it, after who the person is."""
        first, *rest = super().get_fieldsets(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            return [first, *rest]
        fields = PHOTO_FIELDS if obj is not None and obj.photo else PHOTO_FIELDS[:1]
        return [first, (_("Photo"), {"fields": fields}), *rest]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: P | None = None,
    ) -> HttpResponse:
        may_edit = add or self.has_change_permission(request, obj)
        context["takes_portrait"] = may_edit
        if obj is not None:
            note_look(request, Look.What.DETAILS, obj.pk)
            context["show_save_and_add_another"] = False
            context["portrait"] = portrait(photo=obj.photo, name=str(obj.full_name), size="large")
            context["standing"] = self.standing(obj)
            context["summary"] = [text for name in self.summary if (text := getattr(obj, name))]
            context["may_read_history"] = _user(request).may(Capability.READ_HISTORY)
            context["panels"] = self.panels(request, obj)
            context["story"] = Story(_user(request), obj, request.GET)
            context["narrowed"] = context["story"].narrowed
            context["is_editing"] = bool(context["errors"]) or "edit" in request.GET
            context["may_edit"] = may_edit
            context["panel_styles"] = [one.stylesheet for one in additions() if one.stylesheet]
        shown = super().render_change_form(request, context, add, change, form_url, obj)
        return with_camera(shown) if may_edit else shown

    def panels(self, request: HttpRequest, person: P) -> list[str]:
        """What stands beside the form, one piece of HTML each."""
        added = (addition.panel(request, person) for addition in additions())
        own = (consents_panel(request, person), looks_panel(request, person))
        return [panel for panel in (*added, *own) if panel]

    def response_change(self, request: HttpRequest, obj: P) -> HttpResponse:
        """Whoever goes on editing finds the form open."""
        response = super().response_change(request, obj)
        if "_continue" in request.POST and response.status_code == HTTPStatus.FOUND:
            joint = "&" if "?" in response["Location"] else "?"
            response["Location"] += f"{joint}edit=1"
        return response

    def save_model(self, request: HttpRequest, obj: P, form: ModelForm[P], change: bool) -> None:
        assert isinstance(form, PersonForm)
        if not change:
            obj.save()
        elif fields := form.changed_columns():
            obj.save(update_fields=[*fields, "updated_at"])
            # What the database makes of the names: the message says the new one.
            obj.refresh_from_db(fields=["full_name"])
        if jpeg := form.cleaned_data.get("new_photo"):
            photos.keep_photo(person=obj, jpeg=jpeg)
        elif form.cleaned_data.get("remove_photo"):
            photos.remove_photo(person=obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """For whoever may read it over REST."""
        if not _user(request).may(Capability.READ_HISTORY):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def changes_told(self, request: HttpRequest, obj: P) -> list[Change]:
        note_look(request, Look.What.HISTORY, obj.pk)
        return super().changes_told(request, obj)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _tone(person: Person) -> Tone:
    if person.has_left or person.admitted == NOT_EXPECTED:
        return Tone.QUIET
    if person.status in person.declared.expected:
        return Tone.GOOD
    return Tone.INFO if person.admitted == OK else Tone.WARN


admin.site.register(Import, ImportAdmin)
admin.site.register(Deed, DeedAdmin)
