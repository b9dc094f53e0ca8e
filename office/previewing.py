"""Views that say what a change would do before they make it.

What the form holds goes along in the preview as hidden values, so nothing is kept meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.constraints import NON_FIELD
from core.errors import DomainError, messages_in
from office.views import AskingView

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What a page of this way says to itself, beside what is changed.
OWN_NAMES: Final = frozenset(
    {"csrfmiddlewaretoken", "step", "seen", "apply_to_closed", "closed_reason"}
)


class PreviewedView(AskingView):
    """Shows `template_name` until all is said, then `preview_template`, and then writes.

    A view whose `needs_form` is False has nothing to ask and begins with the preview.
    """

    preview_template: ClassVar[str]
    action: ClassVar["StrOrPromise"] = _("Write this")
    needs_form: ClassVar[bool] = True

    def previewed(self) -> HttpResponse:
        """What the change would do; or the form, which says what is wrong with it."""
        raise NotImplementedError

    def written(self) -> HttpResponse:
        """Writes what was seen in the preview; or, if that is out of date, the new one."""
        raise NotImplementedError

    def form_again(self, step: str) -> bool:
        """Whether this button only changes the form; if so, that has been done."""
        return step == "edit"

    def kept(self) -> Sequence[tuple[str, str]]:
        """What goes along in the preview, to be said again."""
        return list(_said(self.request.POST))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_form:
            return self.render_to_response(self.get_context_data())
        return self.previewed()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = request.POST.get("step", "")
        if self.needs_form and self.form_again(step):
            return self.render_to_response(self.get_context_data())
        return self.written() if step == "write" else self.previewed()

    def with_errors(self) -> HttpResponse:
        return self.render_to_response(self.get_context_data(has_errors=True))

    def show_preview(self, **context: Any) -> HttpResponse:
        shown = self.get_context_data(hidden=self.kept(), **context)
        return self.response_class(self.request, [self.preview_template], shown, using=None)

    def out_of_date(self) -> HttpResponse:
        messages.warning(
            self.request,
            gettext(
                "Nothing is written yet: rules have changed since you saw the preview. This is the "
                "new one."
            ),
        )
        return self.previewed()

    def refused(self, error: DomainError) -> HttpResponse:
        for message in error.messages:
            messages.error(self.request, message)
        return self.with_errors() if self.needs_form else redirect(self.back)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"needs_form": self.needs_form, **kwargs})


def _said(asked: Any) -> Iterable[tuple[str, str]]:
    for name, values in asked.lists():
        if name not in OWN_NAMES:
            yield from ((name, value) for value in values)


def add_errors(form: forms.Form, errors: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """What a serializer found wrong, beside the fields; `names`: those of the form that differ."""
    for key, found in errors.items():
        name = names.get(key, key)
        is_of_form = key != NON_FIELD and name in form.fields
        for message in messages_in(found):
            form.add_error(name if is_of_form else None, message)


def complete(response: HttpResponseBase) -> HttpResponse:
    """What a view answers, for an admin in whose place it stands."""
    assert isinstance(response, HttpResponse)
    return response
