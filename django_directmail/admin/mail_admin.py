"""The list of mails and the page of one mail, both read-only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_directmail.admin import mail_page as detail
from django_directmail.admin.change_list import BoundedPaginator, MailList
from django_directmail.admin.dashboard import DashboardMixin
from django_directmail.admin.html_preview import content_response
from django_directmail.admin.list_actions import ActionsMixin
from django_directmail.admin.list_filters import MailerFilter
from django_directmail.admin.list_search import search
from django_directmail.admin.safe_display import clock, moment, quote
from django_directmail.admin.test_mail_form import TestMailMixin
from django_directmail.models import MailLog

__all__ = ["MailLogAdmin"]

#: Parameters of the list's address; see :meth:`MailLogAdmin.lookup_allowed`.
_LOOKUPS = {"alias", "status__exact", "created_at__gte", "created_at__lt"}


@admin.register(MailLog)
class MailLogAdmin(
    ActionsMixin,
    TestMailMixin,
    DashboardMixin,
    admin.ModelAdmin,  # type: ignore[type-arg]  # cannot be given where it runs
):
    """Shows the log; changes nothing in it."""

    list_display = ("created", "state", "recipients", "headline", "from_", "label")
    list_filter = ("status", MailerFilter, ("created_at", admin.DateFieldListFilter))
    # Only that the list has a search; get_search_results() is what searches.
    search_fields = ("recipients__address_key",)
    search_help_text = gettext_lazy(
        "A whole address or the beginning of one, an env id, a request id, or the id"
        " of a mail or a message."
    )
    sortable_by = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["django_directmail/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return ``False``: the log is written by what is sent."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return ``False``: a log that can be changed is none."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return ``False``: what is old is removed by a command."""
        return False

    def has_content_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may read mails; they may hold a link to a password."""
        return self.has_view_permission(request) and request.user.has_perm(
            "django_directmail.view_mail_content"
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """
        Allow the filters of the list only.

        Django allows every column, in any way: by which the content of mails could
        be guessed, letter by letter, and the whole table be read.
        """
        return lookup in _LOOKUPS

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[MailList]:
        """Return the list that suits a large table."""
        return MailList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MailLog], search_term: str
    ) -> tuple[QuerySet[MailLog], bool]:
        """Return what the term finds, which needs no DISTINCT."""
        return search(queryset, search_term), False

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        """Return the pages, with that of a mail's content."""
        view = self.admin_site.admin_view(self.content_view)
        name = "django_directmail_maillog_content"
        return [path("<uuid:pk>/content/", view, name=name), *super().get_urls()]

    @admin.display(description=gettext_lazy("created"))
    def created(self, row: MailLog) -> SafeString:
        """Return the time."""
        return moment(row.created_at)

    @admin.display(description=gettext_lazy("status"))
    def state(self, row: MailLog) -> SafeString:
        """Return the status as a word with a sign."""
        return detail.status_badge(row)

    @admin.display(description=gettext_lazy("recipients"))
    def recipients(self, row: Any) -> SafeString | str:
        """Return the first address, and how many more there are."""
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
        """Return the page of one mail, on which there is no form to change it."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            text = _("This mail is not in the log, or not any more.")
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(self._list_url())
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "mail": row,
            # Where this mail is in the breadcrumbs.
            "original": f"{clock(row.created_at)} {row.get_status_display()}",
            "has_view_permission": True,
            "media": self.media,
            "may_resend": request.user.has_perm("django_directmail.resend_maillog"),
            **detail.describe(
                row,
                list_url=self._list_url(),
                may_read=self.has_content_permission(request),
            ),
            **(extra_context or {}),
        }
        template = "admin/django_directmail/maillog/change_form.html"
        return TemplateResponse(request, template, context)

    def content_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Return the HTML of a mail, for those who may read it."""
        if not self.has_content_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or not row.html_body:
            raise Http404(_("There is no HTML of this mail in the log."))
        return content_response(row.html_body)

    def _list_url(self) -> str:
        return reverse(
            "admin:django_directmail_maillog_changelist",
            current_app=self.admin_site.name,
        )
