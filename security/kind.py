"""What a guard is."""

from people.kinds import ERASED_NUMBER, DayList, PersonKind, Rhythm

SECURITY = PersonKind(
    key="security",
    model_label="security.SecurityPersonnel",
    serializer_path="security.serializers.SecuritySerializer",
    viewset_path="security.views.SecurityViewSet",
    plural_key="security",
    noun="guard",
    nouns="guards",
    title="Security personnel",
    holder_word="Security personnel",
    holders_word="security personnel",
    uuid_key="security_id",
    card_uuid_key="security_uuid",
    number_key="employee_id",
    number_label="Employee ID",
    number_taken="Somebody with this employee ID already exists.",
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
