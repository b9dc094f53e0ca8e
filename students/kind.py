"""What a student is."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from people.kinds import DayList, PersonKind, Rhythm

ADMITTED = frozenset({"Active"})

STUDENT = PersonKind(
    key="student",
    model_label="students.Student",
    serializer_path="students.serializers.StudentSerializer",
    viewset_path="students.views.StudentViewSet",
    plural_key="students",
    word=pgettext_lazy("one person", "Student"),
    noun=_("student"),
    nouns=_("students"),
    counted=lambda number: ngettext("{number} student", "{number} students", number),
    title=_("Students"),
    short_title=_("Students"),
    holder_word=_("Student"),
    holders_word=_("students"),
    uuid_key="student_uuid",
    card_uuid_key="student_uuid",
    number_key="registration_number",
    number_label="Reg. No.",
    number_help=_("As printed on the card, for example DIT/2024/01234."),
    number_headings=(
        *("regno", "regnumber", "regnr", "registrationno", "registration", "registrationid"),
        *("admissionno", "admissionnumber", "admno", "admission", "studentno", "studentnumber"),
        *("studentid", "studentidnumber", "idno", "idnumber", "id", "identifier", "rollno"),
        *("rollnumber", "indexno", "indexnumber", "matricno", "matricnumber", "matriculationno"),
        *("number", "namba", "nambari", "nambayausajili", "nambayamwanafunzi"),
        *("nambayakuandikishwa", "nambariyausajili", "nambariyamwanafunzi"),
    ),
    roster_roles=frozenset({"student"}),
    number_taken=_("A student with this registration number already exists."),
    status_key="student_status",
    status_words={
        "Active": _("Active"),
        "Suspended": _("Suspended"),
        "Withdrawn": _("Withdrawn"),
        "Graduated": _("Graduated"),
    },
    admitted=ADMITTED,
    expected=ADMITTED,
    groups={
        "class_level": _("Class level"),
        "class_code": _("Class"),
        "department": _("Department"),
    },
    card_group="class_code",
    card_keys=("student_uuid", "registration_number", "full_name", "department"),
    cardless_keys=(
        "student_uuid",
        "registration_number",
        "full_name",
        "department",
        "student_status",
    ),
    verify_keys=(
        "registration_number",
        "full_name",
        "department",
        "program",
        "class_code",
        "status",
        "academic_status",
        "photo_url",
    ),
    card_lines=(("Program", "program"), ("Class", "class_code"), ("Department", "department")),
    card_chip="class_code",
    card_role="STUDENT",
    print_name="Student_ID_Card",
    roles={"en": "Student", "sw": "Mwanafunzi"},
    private_fields={"date_of_birth": None},
    has_guardians=True,
    day_list=DayList.STUDENTS,
    rhythm=Rhythm.LESSONS,
    has_own_policy=True,
)
