from django.urls import path

from notifications.import_views import GuardiansImportJob, GuardiansTemplate, ImportGuardians
from notifications.stopping import Inbound, Stop
from notifications.views import NoticeViewSet

ONE = "<uuid:notice_id>/"

notification_urls = [
    path("", NoticeViewSet.as_view({"get": "list"}), name="notice-list"),
    path("inbound/", Inbound.as_view(), name="notice-inbound"),
    path(ONE, NoticeViewSet.as_view({"get": "retrieve"}, detail=True), name="notice-detail"),
    path(
        f"{ONE}retry/", NoticeViewSet.as_view({"post": "retry"}, detail=True), name="notice-retry"
    ),
]

guardian_list_urls = [
    path("import/", ImportGuardians.as_view(), name="guardians-import"),
    path("import/<uuid:job_id>/", GuardiansImportJob.as_view(), name="guardian-import-job"),
    path("import/template/", GuardiansTemplate.as_view(), name="guardians-import-template"),
]

# Short, for it stands in a message.
stop_urls = [path("<str:token>", Stop.as_view(), name="stop")]
