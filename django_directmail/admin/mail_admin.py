"""The admin of the log: its pages, and who may see and do what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from django_directmail.admin.admin_page import page_url, render_page
from django_directmail.admin.cancel_queued import cancel_selected
from django_directmail.admin.change_list import BoundedPaginator, MailList
from django_directmail.admin.csv_export import export_selected
from django_directmail.admin.dashboard import dashboard
from django_directmail.admin.html_preview import content_response
from django_directmail.admin.list_filters import MailerFilter
from django_directmail.admin.list_search import search
from django_directmail.admin.mail_page import describe, status_badge
from django_directmail.admin.safe_display import clock, moment, quote
from django_directmail.admin.send_again import resend_selected, send_again
from django_directmail.admin.test_mail_form import send_test_page
from django_directmail.models import MailLog

__all__ = ["MailLogAdmin"]

#: Parameters of the list's address; see :meth:`MailLogAdmin.lookup_allowed`.
_LOOKUPS = {"alias", "status__exact", "created_at__gte", "created_at__lt"}


@admin.register(MailLog)
class MailLogAdmin(
    admin.ModelAdmin  # type: ignore[type-arg]  # cannot be given where it runs
):
    """Shows the log; changes nothing in it."""

    list_display = ("created", "state", "recipients", "headline", "from_", "label")
    list_filter = ("status", MailerFilter, ("created_at", admin.DateFieldListFilter))
    # This only shows the search field; get_search_results() does the search.
    search_fields = ("recipients__address_key",)
    search_help_text = gettext_lazy(
        "A whole address or the beginning of one, an env id, a request id, or the id"
        " of a mail or a message."
    )
    actions = (resend_selected, cancel_selected, export_selected)
    sortable_by = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["django_directmail/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return ``False``: sending a mail adds it to the log."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return ``False``: nobody may change what the log says."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return ``False``: ``directmail_prune`` deletes old mails."""
        return False

    def has_content_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may read contents, such as a password reset link."""
        return self.has_view_permission(request) and request.user.has_perm(
            "django_directmail.view_mail_content"
        )

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may send mails again."""
        return request.user.has_perm("django_directmail.resend_maillog")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may cancel queued mails."""
        return request.user.has_perm("django_directmail.cancel_maillog")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may export mails."""
        return request.user.has_perm("django_directmail.export_maillog")

    def has_send_test_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may send test mails."""
        return request.user.has_perm("django_directmail.send_test_mail")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """
        Allow only the filters of the list.

        Django allows every look-up on every column. With these, anybody could guess the
        content of mails letter by letter, and make the database read the whole table.
        """
        return lookup in _LOOKUPS

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[MailList]:
        """Return the change list that stays fast on a large table."""
        return MailList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MailLog], search_term: str
    ) -> tuple[QuerySet[MailLog], bool]:
        """Return the mails that the term finds, and that no DISTINCT is needed."""
        return search(queryset, search_term), False

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        """Return the pages of Django's admin and those that are added here."""
        pages = (
            ("dashboard/", self.dashboard_view, "dashboard"),
            ("send-test/", self.send_test_view, "send_test"),
            ("<uuid:pk>/content/", self.content_view, "content"),
            ("<uuid:pk>/resend/", require_POST(self.resend_view), "resend"),
        )
        own = [
            path(
                route,
                self.admin_site.admin_view(view),
                name=f"django_directmail_maillog_{name}",
            )
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; ignore selected values that are not the id of a mail."""
        if request.method == "POST":
            data = request.POST.copy()
            ids = filter(_is_uuid, data.getlist(ACTION_CHECKBOX_NAME))
            data.setlist(ACTION_CHECKBOX_NAME, list(ids))
            request.POST = data  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    @admin.display(description=gettext_lazy("created"))
    def created(self, row: MailLog) -> SafeString:
        """Return the time."""
        return moment(row.created_at)

    @admin.display(description=gettext_lazy("status"))
    def state(self, row: MailLog) -> SafeString:
        """Return the status: a word with a sign."""
        return status_badge(row)

    @admin.display(description=gettext_lazy("recipients"))
    def recipients(self, row: Any) -> SafeString | str:
        """Return the first address and the number of the others."""
        if not row.more_recipients:
            return self._text(row.first_recipient)
        return format_html("{} +{}", quote(row.first_recipient), row.more_recipients)

    @admin.display(description=gettext_lazy("subject"))
    def headline(self, row: MailLog) -> SafeString | str:
        """Return the subject."""
        return self._text(row.subject)

    @admin.display(description=gettext_lazy("sender"))
    def from_(self, row: MailLog) -> SafeString | str:
        """Return the address of the sender."""
        return self._text(row.sender)

    @admin.display(description=gettext_lazy("tag"))
    def label(self, row: MailLog) -> SafeString | str:
        """Return the tag."""
        return self._text(row.tag)

    def _text(self, text: str) -> SafeString | str:
        return quote(text) if text else self.get_empty_value_display()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the page of one mail, without a form."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            text = _("This mail is not in the log, or not any more.")
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(page_url(self, "changelist"))
        context = {
            "mail": row,
            # The last part of the breadcrumbs.
            "original": f"{clock(row.created_at)} {row.get_status_display()}",
            "has_view_permission": True,
            "may_resend": self.has_resend_permission(request),
            **describe(
                row,
                list_url=page_url(self, "changelist"),
                may_read=self.has_content_permission(request),
            ),
            **(extra_context or {}),
        }
        return render_page(self, request, "change_form.html", **context)

    def dashboard_view(self, request: HttpRequest) -> HttpResponse:
        """Show the dashboard to those who may see the log."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return dashboard(self, request)

    def send_test_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form for a test mail to those who may send one."""
        if not self.has_send_test_permission(request):
            raise PermissionDenied
        return send_test_page(self, request)

    def content_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show the HTML of a mail to those who may read it."""
        if not self.has_content_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or not row.html_body:
            raise Http404(_("There is no HTML of this mail in the log."))
        return content_response(row.html_body)

    def resend_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Send one mail again, after a confirmation."""
        if not self.has_resend_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return send_again(self, request, [row], back=page_url(self, "change", row.pk))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
