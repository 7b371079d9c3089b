"""The filters of the list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_directmail.admin.safe_display import visible
from django_directmail.conf import configured_mailers
from django_directmail.models import MailLog

__all__ = ["MailerFilter"]


class MailerFilter(admin.SimpleListFilter):
    """
    Filters by the alias of the mailer. It is not shown if there is only one mailer.

    The choices come from the settings. To get them from the table would need a DISTINCT
    over the whole table.
    """

    title = _("mailer")
    parameter_name = "alias"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return each alias, or nothing for a single one."""
        aliases = [alias for alias, _, _ in configured_mailers() if alias]
        if len(aliases) < 2:
            return []
        return [(alias, visible(alias)) for alias in aliases]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[MailLog]
    ) -> QuerySet[MailLog]:
        """Return the mails of the mailer that was chosen."""
        alias = self.value()
        return queryset if alias is None else queryset.filter(alias=alias)
