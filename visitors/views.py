from people.views import PersonViewSet
from visitors.filters import VisitorFilter
from visitors.kind import VISITOR
from visitors.models import Visitor


class VisitorViewSet(PersonViewSet[Visitor]):
    kind = VISITOR
    queryset = Visitor.objects.with_current_card()
    filterset_class = VisitorFilter
    lookup_url_kwarg = VISITOR.uuid_key
    ordering_fields = (
        "full_name",
        "visitor_number",
        "company",
        "expected_from",
        "expected_until",
        "created_at",
        "updated_at",
    )
