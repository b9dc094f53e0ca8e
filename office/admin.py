"""The worker's tables have no pages here: `office.background` says what matters of them."""

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

for model in (Schedule, Success, Failure, OrmQ):
    admin.site.unregister(model)
