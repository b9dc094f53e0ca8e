"""What a member of staff is."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from people.kinds import DayList, PersonKind

STAFF = PersonKind(
    key="staff",
    model_label="staff.StaffMember",
    serializer_path="staff.serializers.StaffSerializer",
    viewset_path="staff.views.StaffViewSet",
    plural_key="staff",
    word=pgettext_lazy("one person", "Staff"),
    noun=_("member of staff"),
    nouns=_("members of staff"),
    counted=lambda number: ngettext(
        "{number} member of staff", "{number} members of staff", number
    ),
    title=_("Staff"),
    short_title=_("Staff"),
    holder_word=_("Staff member"),
    holders_word=_("staff"),
    uuid_key="staff_uuid",
    card_uuid_key="staff_uuid",
    number_key="staff_number",
    number_label="Staff No.",
    number_help=_("As printed on the card, for example STAFF/2024/001."),
    number_headings=(
        *("staffno", "staffid", "employeeno", "employeenumber", "employeeid", "payrollno"),
        *("payrollnumber", "pfno", "pfnumber", "checkno", "checknumber", "idno", "idnumber", "id"),
        *("identifier", "number", "namba", "nambari", "nambayamtumishi"),
        *("nambayamfanyakazi", "nambayaajira"),
    ),
    roster_roles=frozenset({"administrator", "aide", "proctor", "teacher"}),
    number_taken=_("A staff member with this staff number already exists."),
    status_key="employment_status",
    status_words={
        "Active": _("Active"),
        "On Leave": _("On Leave"),
        "Retired": _("Retired"),
        "Terminated": _("Terminated"),
    },
    admitted=frozenset({"Active", "On Leave"}),
    expected=frozenset({"Active"}),
    groups={"department": _("Department")},
    card_group="department",
    card_keys=("staff_uuid", "staff_number", "full_name", "department", "position"),
    cardless_keys=(
        "staff_uuid",
        "staff_number",
        "full_name",
        "department",
        "position",
        "employment_status",
    ),
    verify_keys=(
        "staff_number",
        "full_name",
        "department",
        "position",
        "employment_status",
        "photo_url",
    ),
    card_lines=(("Position", "position"), ("Department", "department")),
    card_role="STAFF",
    card_edge="double",
    print_name="Staff_ID_Card",
    roles={"en": "Staff", "sw": "Mfanyakazi"},
    private_fields={"position": ""},
    day_list=DayList.STAFF,
)
