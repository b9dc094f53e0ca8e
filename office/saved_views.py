"""Views of lists that somebody keeps: saved and forgotten by the buttons above each list."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.views.main import PAGE_VAR
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from office.models import SavedView
from office.views import OfficeView

MOST: Final = 30


@dataclass(frozen=True, slots=True)
class ViewLink:
    """`query` begins with its `?`; `is_current`: it is what the list shows now."""

    pk: int
    name: str
    query: str
    is_current: bool


def views_of(user: User, list_name: str, query: str) -> list[ViewLink]:
    now = without_page(query)
    views = SavedView.objects.filter(user=user, list_name=list_name)
    return [ViewLink(view.pk, view.name, f"?{view.query}", view.query == now) for view in views]


def without_page(query: str) -> str:
    """Of an address: all but the page, always in the same order."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return urlencode(sorted(pair for pair in pairs if pair[0] != PAGE_VAR))


class SavedViewForm(forms.Form):
    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=1000, required=False)


class KeepView(OfficeView):
    """By POST: `name` and `query` keep a view, the same name anew; `forget` lets one go."""

    route = "list/<str:app>/<str:model>/views/"
    url_name = "list_views"
    title = "Views"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, app: str, model: str) -> HttpResponse:
        office = _list_of(request, app, model)
        name = f"{office.opts.app_label}_{office.opts.model_name}"
        page = reverse(f"admin:{name}_changelist")
        mine = SavedView.objects.filter(user=self.user, list_name=name)
        if (forget := request.POST.get("forget", "")).isdecimal() and len(forget) < MOST:
            mine.filter(pk=int(forget) % 2**63).delete()
            return redirect(page)
        form = SavedViewForm(request.POST)
        if not form.is_valid():
            for errors in form.errors.values():
                messages.error(request, f"The view was not kept. {errors[0]}")
            return redirect(page)
        query = without_page(form.cleaned_data["query"])
        said = form.cleaned_data["name"]
        if mine.exclude(name=said).count() >= MOST:
            messages.error(request, f"A list has at most {MOST} views: let one go first.")
        else:
            key = {"user": self.user, "list_name": name, "name": said}
            SavedView.objects.update_or_create(**key, defaults={"query": query})
            messages.success(request, f"Kept as “{said}”.")
        return redirect(f"{page}?{query}" if query else page)


def _list_of(request: HttpRequest, app: str, model: str) -> Any:
    """Raises Http404, also for a list that this user does not see."""
    try:
        office = admin.site.get_model_admin(apps.get_model(app, model))
    except (LookupError, NotRegistered):
        raise Http404 from None
    if not office.has_view_permission(request):
        raise Http404
    return office
