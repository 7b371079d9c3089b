"""The page with the form that sends a test mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_directmail._compat import get_mailer
from django_directmail.admin.admin_page import page_url, render_page
from django_directmail.diagnostics.test_mail import NotSent, build_message, send
from django_directmail.mailers import our_mailers
from django_directmail.models import MailLog
from django_directmail.status import SendStatus

__all__ = ["send_test_page"]


class Row(forms.BoundField):
    """A form field that looks like those of the admin's own forms."""

    def css_classes(self, extra_classes: Any = None) -> str:
        """Return the CSS classes of the element around the field."""
        return super().css_classes("form-row")


class TestMailForm(forms.Form):
    """Asks for a recipient, not for a text: with free text it could send spam."""

    bound_field_class = Row

    recipient = forms.EmailField(label=gettext_lazy("Recipient"))
    mailer = forms.ChoiceField(label=gettext_lazy("Mailer"))
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        max_length=128,
        help_text=gettext_lazy("Optional. The tag must exist in the console."),
    )
    html = forms.BooleanField(
        label=gettext_lazy("Add an HTML body to the text"), required=False
    )

    def __init__(self, *args: Any, mailers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["mailer"]
        field.choices = [(name, name) for name in mailers]
        field.initial = mailers[0] if mailers else ""
        if len(mailers) < 2:
            field.widget = field.hidden_widget()


def send_test_page(
    model_admin: admin.ModelAdmin[MailLog], request: HttpRequest
) -> HttpResponse:
    """Show the form; on POST send the mail."""
    mailers = [alias or "default" for alias, _kind, _options in our_mailers()]
    failure = "" if mailers else _no_mailer()
    if request.method == "POST":
        form = TestMailForm(request.POST, mailers=mailers)
        if form.is_valid():
            try:
                return _send(model_admin, request, form.cleaned_data)
            except NotSent as error:
                failure = str(error)
    else:
        email = getattr(request.user, "email", "")
        form = TestMailForm(initial={"recipient": email}, mailers=mailers)
    return render_page(
        model_admin,
        request,
        "send_test.html",
        title=_("Send a test mail"),
        form=form,
        failure=failure,
        can_send=bool(mailers),
        back=_back(model_admin, request),
    )


def _no_mailer() -> str:
    text = _(
        "No mailer of this site sends through DirectMail. Name %(backend)s in the"
        " settings."
    )
    return text % {"backend": "django_directmail.backends.EmailBackend"}


def _back(model_admin: admin.ModelAdmin[MailLog], request: HttpRequest) -> str:
    """Return the address of the list; that of the index without its permission."""
    if model_admin.has_view_permission(request):
        return page_url(model_admin, "changelist")
    return reverse(f"{model_admin.admin_site.name}:index")


def _send(
    model_admin: admin.ModelAdmin[MailLog],
    request: HttpRequest,
    wanted: dict[str, Any],
) -> HttpResponse:
    """Send the mail and redirect; raise :exc:`NotSent` if it was not accepted."""
    recipient = wanted["recipient"]
    mailer = _mailer(wanted["mailer"])
    message = build_message([recipient], tag=wanted["tag"], html=wanted["html"])
    status = send(mailer, message)
    text = _("DirectMail accepted the test mail for %(recipient)s (%(endpoint)s).")
    endpoint = mailer.client.endpoint  # type: ignore[attr-defined]  # ours
    model_admin.message_user(
        request, text % {"recipient": recipient, "endpoint": endpoint}, messages.SUCCESS
    )
    return HttpResponseRedirect(_next_page(model_admin, request, status))


def _next_page(
    model_admin: admin.ModelAdmin[MailLog], request: HttpRequest, status: SendStatus
) -> str:
    """Return the address of the mail's page, or of the form if that cannot be shown."""
    row = MailLog.objects.filter(env_id__in=status.env_ids).first()
    if row is not None and model_admin.has_view_permission(request, row):
        return page_url(model_admin, "change", row.pk)
    return page_url(model_admin, "send_test")


def _mailer(name: str) -> BaseEmailBackend:
    try:
        return get_mailer(name)
    except ImproperlyConfigured as error:
        raise NotSent(error) from None
