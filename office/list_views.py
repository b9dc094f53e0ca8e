"""Keep a view of a list, and let one go: the buttons above each list."""

from typing import Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from office.lists import list_of
from office.models import SavedView
from office.saved_views import without_page
from office.views import OfficeView

MOST: Final = 30
MOST_QUERY: Final = 1000


class SavedViewForm(forms.Form):
    name = forms.CharField(max_length=60)
    query = forms.CharField(required=False)


class KeepView(OfficeView):
    """By POST: `name` and `query` keep a view, the same name anew; `forget` lets one go."""

    route = "list/<str:app>/<str:model>/views/"
    url_name = "list_views"
    title = _("Views")
    http_method_names = ("post",)

    def post(self, request: HttpRequest, app: str, model: str) -> HttpResponse:
        office = list_of(app, model)
        if not office.has_view_permission(request):
            raise Http404
        query = without_page(request.POST.get("query", ""))
        page = office.list_url + (f"?{query}" if query else "")
        mine = SavedView.objects.filter(user=self.user, list_name=office.list_name)
        if (forget := request.POST.get("forget", "")).isdecimal() and len(forget) < MOST:
            mine.filter(pk=int(forget) % 2**63).delete()
            return redirect(page)
        form = SavedViewForm(request.POST)
        if not form.is_valid():
            for errors in form.errors.values():
                messages.error(
                    request, gettext("The view was not kept. {reason}").format(reason=errors[0])
                )
            return redirect(page)
        said = form.cleaned_data["name"]
        if len(query) > MOST_QUERY:
            messages.error(request, gettext("The view was not kept. Its address is too long."))
        elif mine.exclude(name=said).count() >= MOST:
            messages.error(
                request,
                gettext("A list has at most {most} views: let one go first.").format(most=MOST),
            )
        else:
            key = {"user": self.user, "list_name": office.list_name, "name": said}
            SavedView.objects.update_or_create(**key, defaults={"query": query})
            messages.success(request, gettext("Kept as “{name}”.").format(name=said))
        return redirect(page)
