"""What a guard is."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from people.kinds import ERASED_NUMBER, DayList, PersonKind, Rhythm

SECURITY = PersonKind(
    key="security",
    model_label="security.SecurityPersonnel",
    serializer_path="security.serializers.SecuritySerializer",
    viewset_path="security.views.SecurityViewSet",
    plural_key="security",
    word=pgettext_lazy("one person", "Security"),
    noun=_("guard"),
    nouns=_("guards"),
    counted=lambda number: ngettext("{number} guard", "{number} guards", number),
    title=_("Security personnel"),
    short_title=_("Security"),
    holder_word=_("Security personnel"),
    holders_word=_("security personnel"),
    uuid_key="security_id",
    card_uuid_key="security_uuid",
    number_key="employee_id",
    number_label="Employee ID",
    number_help=_("For example SEC/2024/001."),
    number_headings=(
        *("employeeno", "employeenumber", "staffno", "staffnumber", "guardno", "guardid"),
        *("guardnumber", "idno", "idnumber", "id", "identifier", "number", "namba"),
        *("nambari", "nambayamlinzi"),
    ),
    number_taken=_("Somebody with this employee ID already exists."),
    has_whole_name=True,
    more_words_key="badge_number",
    card_keys=("security_id", "employee_id", "badge_number", "full_name"),
    cardless_keys=("security_id", "employee_id", "badge_number", "full_name", "phone_number"),
    verify_keys=("employee_id", "badge_number", "full_name", "phone_number", "hire_date"),
    card_lines=(("Badge", "badge_number"),),
    card_role="SECURITY",
    card_edge="hazard",
    print_name="Security_ID_Card",
    roles={"en": "Security", "sw": "Mlinzi"},
    private_fields={"badge_number": ERASED_NUMBER, "hire_date": None},
    day_list=DayList.STAFF,
    rhythm=Rhythm.SHIFTS,
)
