"""Many students at once in the office: a selection of the list, or class by class at year's end."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from core.throttling import BulkThrottle
from core.uuids import as_uuid
from office.lists import DAY_INPUT
from office.registry import Contribution
from office.rooms import Room
from office.views import OfficeView
from people.office.changes import say_done
from people.office.deed_words import changes_in_words
from people.office.first_people import first_steps
from people.reports import Report
from students.bulk_change import change_students
from students.class_preview import class_previews, held_back
from students.kind import STUDENT
from students.models import Student
from students.serializers import StudentChangesSerializer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SELECTED = "students_selected"  # in the session: whom the officer has ticked in the list
MOST_TICKED = 500
AS_IT_IS = [("", _("As it is"))]
WAYS = (("promote", _("Promote")), ("graduate", _("Graduate")), ("leave", _("They leave")))


class ChangesForm(forms.Form):
    """What is left empty stays as it is."""

    class_level = forms.CharField(label=_("Class level"), required=False, max_length=50)
    class_code = forms.CharField(required=False, max_length=50, label=_("Class"))
    program = forms.CharField(label=_("Program"), required=False, max_length=200)
    department = forms.CharField(label=_("Department"), required=False, max_length=150)
    student_status = forms.ChoiceField(
        required=False, choices=[*AS_IT_IS, *STUDENT.status_choices], label=_("Status")
    )
    academic_status = forms.ChoiceField(
        label=_("Academic status"),
        required=False,
        choices=[*AS_IT_IS, *Student.AcademicStatus.choices],
    )
    left_on = forms.DateField(required=False, widget=DAY_INPUT, label=_("On the roll until"))

    changes: dict[str, Any]
    """Once it is valid: by field of the model."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = {name: value for name, value in cleaned.items() if value}
        serializer = StudentChangesSerializer(data=said)
        if not self.errors and not serializer.is_valid():
            for name, problems in serializer.errors.items():
                for problem in problems:
                    self.add_error(name if name in self.fields else None, str(problem))
        self.changes = {} if self.errors else dict(serializer.validated_data)
        return cleaned


def presets() -> dict[str, dict[str, Any]]:
    today = timezone.localdate()
    return {
        "graduate": {
            "student_status": "Graduated",
            "academic_status": "Completed",
            "left_on": today,
        },
        "leave": {"student_status": "Withdrawn", "left_on": today},
    }


class ChangeStudents(TemplateResponseMixin, OfficeView):
    """Whom and what; then what would change; then it is done, with a way back."""

    route = "students/change/"
    url_name = "students_change_many"
    title = _("Change many students")
    capability = Capability.MANAGE_PEOPLE
    template_name = "students/change_many.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        students = list(self._asked())
        if not students:
            messages.info(request, gettext("Tick students in the list first, or choose a class."))
            return HttpResponseRedirect(reverse(STUDENT.list_page))
        return self._ask(students, ChangesForm(initial=presets().get(self._what, {})))

    def post(self, request: HttpRequest) -> HttpResponse:
        pks = _ids(request.POST)
        form = ChangesForm(request.POST)
        is_edited = request.POST.get("step") == "edit"
        if not pks:
            form.add_error(None, gettext("Tick at least one student."))
        if is_edited or not form.is_valid():
            known = Student.objects.filter(pk__in=pks) if pks else self._asked()
            return self._ask(list(known), form)
        is_written = request.POST.get("step") == "write"
        throttle = BulkThrottle()
        if is_written and not throttle.allows(str(self.user.pk)):
            too_many = gettext("Too many at once: try again in {seconds} seconds.")
            messages.error(request, too_many.format(seconds=f"{throttle.wait():.0f}"))
            is_written = False
        with transaction.atomic():  # what is written is what was looked at: nobody comes between
            preview = self._change(pks, form, dry_run=True)
            if not is_written or preview.failed or preview.digest != request.POST.get("seen"):
                if is_written:
                    look = gettext("Nothing is changed yet: look at the preview again.")
                    messages.warning(request, look)
                return self._show(preview, form, pks)
            done = self._change(pks, form, dry_run=False)
        students = STUDENT.count_of(done.summary["updated"])
        words = gettext("{students} changed.").format(students=students)
        say_done(request, done.change_id, words)
        request.session.pop(SELECTED, None)
        return HttpResponseRedirect(self._back)

    def _change(self, pks: list[UUID], form: ChangesForm, *, dry_run: bool) -> Report[Student]:
        return change_students(students=pks, changes=form.changes, dry_run=dry_run, by=self.user)

    # --- pages ------------------------------------------------------------------------------

    def _ask(self, students: list[Student], form: ChangesForm) -> HttpResponse:
        return self._page(
            title=self._of_its_class(dict(WAYS).get(self._what, self.title)),
            form=form,
            students=students if len(students) <= MOST_TICKED else [],
            number=STUDENT.count_of(len(students)),
            ids=" ".join(str(student.pk) for student in students),
        )

    def _show(self, preview: Report[Student], form: ChangesForm, pks: list[UUID]) -> HttpResponse:
        names = {row.person.pk: row.person.full_name for row in preview.rows if row.person}
        rows = [
            (
                row,
                names[row.person.pk] if row.person else "",
                changes_in_words(STUDENT, row.changes),
            )
            for row in preview.rows[:MOST_TICKED]
        ]
        hidden = {name: value for name, value in form.data.items() if name in form.fields}
        return self._page(
            title=self._of_its_class(gettext("This is what would change")),
            preview=preview.summary,
            classes=class_previews(preview.rows),
            held_back=held_back(self._asked(), pks) if self._is_of_a_class else None,
            rows=rows,
            has_more=len(preview.rows) > len(rows),
            hidden=hidden.items(),
            ids=" ".join(map(str, pks)),
            seen=preview.digest,
            button=gettext("Change {students}").format(
                students=STUDENT.count_of(preview.summary["updated"])
            ),
        )

    def _of_its_class(self, title: "StrOrPromise") -> str:
        if not self._is_of_a_class:
            return str(title)
        return f"{title}: {STUDENT.group_name(self.request.GET['class_code'])}"

    def _page(self, **context: Any) -> HttpResponse:
        frame = self.get_context_data(back=self._back, here=self.request.get_full_path(), **context)
        return self.render_to_response(frame)

    @property
    def _what(self) -> str:
        return self.request.GET.get("what", "")

    @property
    def _is_of_a_class(self) -> bool:
        return "class_code" in self.request.GET

    @property
    def _back(self) -> str:
        return reverse("admin:students_year_end" if self._is_of_a_class else STUDENT.list_page)

    def _asked(self) -> Any:
        """The class that the address names, or whom the officer has ticked in the list."""
        students = Student.objects.of_kind(STUDENT)
        if self._is_of_a_class:
            level, code = (
                self.request.GET.get(name, "").replace("\x00", "")
                for name in ("class_level", "class_code")
            )
            return here(students).filter(class_level=level, class_code=code)
        return students.filter(pk__in=self.request.session.get(SELECTED, []))


def here(students: Any) -> Any:
    """Those who are still to be promoted or to graduate."""
    return students.filter(is_active=True, status__in=["Active", "Suspended"])


def _ids(said: Any) -> list[UUID]:
    """Ticked one by one, or all in one field."""
    texts = said.getlist("student") if "ticked" in said else said.get("ids", "").split()
    return [pk for text in texts if (pk := as_uuid(text))]


class YearEnd(TemplateResponseMixin, OfficeView):
    """Class by class: promote, hold back, graduate, leave."""

    route = "students/year-end/"
    url_name = "students_year_end"
    title = _("Year's end")
    capability = Capability.MANAGE_PEOPLE
    template_name = "students/year_end.html"
    room: ClassVar[Room | None] = Room.PEOPLE
    place = 4

    def get(self, request: HttpRequest) -> HttpResponse:
        classes = (
            here(Student.objects.of_kind(STUDENT))
            .order_by("-class_level", "class_code")
            .values("class_level", "class_code")
            .annotate(number=Count("pk"))
        )
        found = list(classes)
        steps = None if found else first_steps(request, STUDENT)
        return self.render_to_response(
            self.get_context_data(classes=found, choices=WAYS, first_steps=steps)
        )


CONTRIBUTION = Contribution(views=(ChangeStudents, YearEnd))
