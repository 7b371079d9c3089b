"""The form that sends a test mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.mail.backends.base import BaseEmailBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_directmail._compat import get_mailer
from django_directmail.backends import our_mailers
from django_directmail.diagnostics.test_mail import (
    NotSent,
    build_message,
    not_sent,
    send,
)
from django_directmail.models import MailLog
from django_directmail.status import SendStatus

__all__ = ["TestMailMixin"]


class Row(forms.BoundField):
    """A field in the look of the admin's own forms."""

    def css_classes(self, extra_classes: Any = None) -> str:
        """Return the classes of what surrounds the field."""
        return super().css_classes("form-row")


class TestMailForm(forms.Form):
    """Asks to whom, and not what: free text would make a relay for spam of it."""

    bound_field_class = Row

    recipient = forms.EmailField(label=gettext_lazy("Recipient"))
    mailer = forms.ChoiceField(label=gettext_lazy("Mailer"))
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        max_length=128,
        help_text=gettext_lazy("One that exists in the console, or none."),
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


class TestMailMixin(
    admin.ModelAdmin  # type: ignore[type-arg]  # cannot be given where it runs
):
    """The form that sends a test mail."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the form."""
        view = self.admin_site.admin_view(self.send_test_view)
        name = "django_directmail_maillog_send_test"
        return [path("send-test/", view, name=name), *super().get_urls()]

    def has_send_test_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may send test mails."""
        return request.user.has_perm("django_directmail.send_test_mail")

    def send_test_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form; on POST send the mail."""
        if not self.has_send_test_permission(request):
            raise PermissionDenied
        mailers = [alias or "default" for alias, _kind, _options in our_mailers()]
        failure = ""
        if not mailers:
            failure = _(
                "No mailer of this site sends through DirectMail. Name"
                " %(backend)s in the settings."
            ) % {"backend": "django_directmail.backends.EmailBackend"}
        if request.method == "POST":
            form = TestMailForm(request.POST, mailers=mailers)
            if form.is_valid():
                try:
                    return self._sent(request, form.cleaned_data)
                except NotSent as error:
                    failure = str(error)
        else:
            email = getattr(request.user, "email", "")
            form = TestMailForm(initial={"recipient": email}, mailers=mailers)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send a test mail"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "failure": failure,
            "can_send": bool(mailers),
            "back": self._back(request),
        }
        request.current_app = self.admin_site.name
        template = "admin/django_directmail/maillog/send_test.html"
        return TemplateResponse(request, template, context)

    def _back(self, request: HttpRequest) -> str:
        """Return the list, or the first page for those who may not see the list."""
        site = self.admin_site.name
        if self.has_view_permission(request):
            return reverse(f"{site}:django_directmail_maillog_changelist")
        return reverse(f"{site}:index")

    def _sent(self, request: HttpRequest, wanted: dict[str, Any]) -> HttpResponse:
        """Send the mail and lead on; raise :exc:`NotSent` if that fails."""
        recipient = wanted["recipient"]
        mailer = _mailer(wanted["mailer"])
        message = build_message([recipient], tag=wanted["tag"], html=wanted["html"])
        status = send(mailer, message)
        text = _("DirectMail accepted the test mail for %(recipient)s (%(endpoint)s).")
        endpoint = mailer.client.endpoint  # type: ignore[attr-defined]  # ours
        self.message_user(
            request,
            text % {"recipient": recipient, "endpoint": endpoint},
            messages.SUCCESS,
        )
        return HttpResponseRedirect(self._next_page(request, status))

    def _next_page(self, request: HttpRequest, status: SendStatus) -> str:
        """Return the page of the mail in the log, or else the form once more."""
        row = MailLog.objects.filter(env_id__in=status.env_ids).first()
        site = self.admin_site.name
        if row is not None and self.has_view_permission(request, row):
            name = f"{site}:django_directmail_maillog_change"
            return reverse(name, args=[row.pk])
        return reverse(f"{site}:django_directmail_maillog_send_test")


def _mailer(name: str) -> BaseEmailBackend:
    try:
        return get_mailer(name)
    except ImproperlyConfigured as error:
        raise NotSent(not_sent(error)) from None
