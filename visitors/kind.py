"""What a visitor is."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from people.kinds import PersonKind

VISITOR = PersonKind(
    key="visitor",
    model_label="visitors.Visitor",
    serializer_path="visitors.serializers.VisitorSerializer",
    viewset_path="visitors.views.VisitorViewSet",
    plural_key="visitors",
    word=pgettext_lazy("one person", "Visitor"),
    noun=_("visitor"),
    nouns=_("visitors"),
    counted=lambda number: ngettext("{number} visitor", "{number} visitors", number),
    title=_("Visitors"),
    short_title=_("Visitors"),
    holder_word=_("Visitor"),
    holders_word=_("visitors"),
    uuid_key="visitor_uuid",
    card_uuid_key="visitor_uuid",
    own_keys={
        "admitted_from": "expected_from",
        "admitted_until": "expected_until",
        "host_id": "host",
    },
    number_key="visitor_number",
    number_label="Visitor No.",
    number_help=_("Left empty, the next one is given: V-000123. It never changes."),
    number_headings=("visitorno", "visitorid", "identifier", "number", "namba", "nambari"),
    number_taken=_("A visitor with this number already exists."),
    is_number_given=True,
    has_whole_name=True,
    has_visit=True,
    more_words_key="company",
    card_keys=("visitor_uuid", "visitor_number", "full_name", "company"),
    cardless_keys=("visitor_uuid", "visitor_number", "full_name", "company", "phone_number"),
    verify_keys=("visitor_number", "full_name", "company", "photo_url"),
    card_lines=(("Company", "company"),),
    card_role="VISITOR",
    card_edge="dashed",
    print_name="Visitor_ID_Card",
    roles={"en": "Visitor", "sw": "Mgeni"},
    private_fields={"company": "", "host": None, "purpose": ""},
    is_personnel=False,
)
