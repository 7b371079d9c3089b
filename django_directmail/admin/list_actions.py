"""What can be done with mails: send again, cancel, export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from django_directmail.admin.cancel_queued import ask_to_cancel, cancel_queued
from django_directmail.admin.confirmation import (
    TOKEN,
    Confirmation,
    hidden_fields,
    token,
)
from django_directmail.admin.csv_export import export
from django_directmail.admin.send_again import (
    Outcome,
    ask_to_resend,
    key_of,
    send_again,
    tell,
)
from django_directmail.models import MailLog

__all__ = ["ActionsMixin"]

#: Mails that can be sent again at once: each is a call, and the browser waits.
MAX_RESENDS = 100


class ActionsMixin(
    admin.ModelAdmin  # type: ignore[type-arg]  # cannot be given where it runs
):
    """
    What can be done with mails: send again, cancel, export.

    Each asks first, and acts on the answer. An answer that was given for listed mails
    holds for these, whatever the filters of the list find by then.
    """

    actions = ("resend_selected", "cancel_selected", "export_selected")

    def get_urls(self) -> list[URLPattern]:
        """Add where the page of one mail sends it again."""
        view = self.admin_site.admin_view(require_POST(self.resend_view))
        name = "django_directmail_maillog_resend"
        return [path("<uuid:pk>/resend/", view, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ignore what was chosen and is no id of a mail."""
        if request.method == "POST":
            data = request.POST.copy()
            ids = filter(_is_id, data.getlist(ACTION_CHECKBOX_NAME))
            data.setlist(ACTION_CHECKBOX_NAME, list(ids))
            request.POST = data  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may send mails again."""
        return request.user.has_perm("django_directmail.resend_maillog")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may cancel mails."""
        return request.user.has_perm("django_directmail.cancel_maillog")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may export mails."""
        return request.user.has_perm("django_directmail.export_maillog")

    def resend_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask whether to send one mail again, and do it."""
        if not self.has_resend_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return self._resend(request, [row], back=self._page_of(row))

    @admin.action(
        permissions=["resend"], description=gettext_lazy("Send selected mails again")
    )
    def resend_selected(
        self, request: HttpRequest, queryset: QuerySet[MailLog]
    ) -> HttpResponse | None:
        """Ask whether to send these mails again, and do it, oldest first."""
        chosen = self._chosen(request, queryset).prefetch_related("recipients")
        rows = list(chosen[: MAX_RESENDS + 1])
        if len(rows) > MAX_RESENDS:
            text = _("At most %(count)d mails can be sent again at once. Select fewer.")
            self.message_user(request, text % {"count": MAX_RESENDS}, messages.ERROR)
            return None
        rows.sort(key=lambda row: (row.created_at, row.pk))
        hidden = hidden_fields("resend_selected", [row.pk for row in rows])
        return self._resend(
            request, rows, back=request.get_full_path(), hidden=tuple(hidden)
        )

    def _resend(
        self,
        request: HttpRequest,
        rows: Sequence[MailLog],
        *,
        back: str,
        hidden: Sequence[tuple[str, object]] = (),
    ) -> HttpResponse:
        given, error = token(request), ""
        if given:
            outcomes = send_again(
                rows,
                token=given,
                by=request.user.get_username(),
                repeat="repeat" in request.POST,
            )
            if not rows or any(outcome.word for outcome in outcomes):
                self._tell(request, tell(outcomes))
                return HttpResponseRedirect(self._page_of_new(outcomes, given) or back)
            error = _("Nothing was sent. See below why.")
        page = ask_to_resend(rows, back=back, hidden=hidden, error=error)
        return self._ask(request, page)

    def _page_of_new(self, outcomes: Sequence[Outcome], token: str) -> str:
        """Return the page of the mail that this answer made, if it is only one."""
        if len(outcomes) != 1:
            return ""
        key = key_of(outcomes[0].row, token)
        new = MailLog.objects.filter(idempotency_key=key).first()
        return self._page_of(new) if new else ""

    @admin.action(
        permissions=["cancel"], description=gettext_lazy("Cancel selected mails")
    )
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[MailLog]
    ) -> HttpResponse | None:
        """Ask whether to cancel those of these mails that are queued, and do it."""
        queryset = self._chosen(request, queryset)
        page = None
        if not token(request):
            back = request.get_full_path()
            hidden = _again(request, "cancel_selected")
            page = ask_to_cancel(queryset, back=back, hidden=hidden)
        if page:
            return self._ask(request, page)
        self._tell(request, cancel_queued(queryset))
        return None

    @admin.action(
        permissions=["export"], description=gettext_lazy("Export selected mails as CSV")
    )
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[MailLog]
    ) -> HttpResponseBase:
        """Say what the file will hold, and send it."""
        if token(request):
            return export(self._chosen(request, queryset))
        page = Confirmation(
            title=_("Export mails?"),
            texts=[
                _(
                    "The file has one line for each mail: times, status, sender,"
                    " recipients, subject, ids and errors, but not the content."
                ),
                _(
                    "Addresses are personal data. Keep the file where only those can"
                    " read it who may, and delete it when it is no longer needed."
                ),
            ],
            button=_("Download"),
            back=request.get_full_path(),
            hidden=_again(request, "export_selected"),
        )
        return self._ask(request, page)

    def _chosen(
        self, request: HttpRequest, queryset: QuerySet[MailLog]
    ) -> QuerySet[MailLog]:
        """Return the mails that are meant, of those that the list's filters find."""
        if not token(request) or _is_across(request):
            return queryset
        ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
        return self.get_queryset(request).filter(pk__in=ids)

    def _ask(self, request: HttpRequest, page: Confirmation) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": page.title,
            "opts": self.opts,
            "media": self.media,
            "page": page,
            "token_name": TOKEN,
        }
        request.current_app = self.admin_site.name
        template = "admin/django_directmail/maillog/confirm_action.html"
        return TemplateResponse(request, template, context)

    def _tell(self, request: HttpRequest, said: Iterable[tuple[int, str]]) -> None:
        for level, text in said:
            self.message_user(request, text, level)

    def _page_of(self, row: MailLog) -> str:
        name = f"{self.admin_site.name}:django_directmail_maillog_change"
        return reverse(name, args=[row.pk])


def _is_across(request: HttpRequest) -> bool:
    return request.POST.get("select_across") == "1"


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _again(request: HttpRequest, action: str) -> list[tuple[str, object]]:
    """Return the fields that ask for ``action`` on the same mails."""
    return hidden_fields(
        action,
        request.POST.getlist(ACTION_CHECKBOX_NAME),
        across=_is_across(request),
    )
