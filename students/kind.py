"""What a student is."""

from people.kinds import DayList, PersonKind

ADMITTED = frozenset({"Active"})

STUDENT = PersonKind(
    key="student",
    model_label="students.Student",
    serializer_path="students.serializers.StudentSerializer",
    plural_key="students",
    noun="student",
    nouns="students",
    title="Students",
    holder_word="Student",
    holders_word="students",
    uuid_key="student_uuid",
    card_uuid_key="student_uuid",
    number_key="registration_number",
    number_label="Reg. No.",
    status_key="student_status",
    statuses=("Active", "Suspended", "Withdrawn", "Graduated"),
    admitted=ADMITTED,
    expected=ADMITTED,
    groups={"class_level": "Class level", "class_code": "Class", "department": "Department"},
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
    card_role="STUDENT",
    print_name="Student_ID_Card",
    roles={"en": "Student", "sw": "Mwanafunzi"},
    private_fields={"date_of_birth": None},
    is_eating=True,
    day_list=DayList.STUDENTS,
    has_own_policy=True,
)
