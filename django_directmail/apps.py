"""The app: registers the system checks, and gives the backend its recorder."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

from django_directmail.checks import check_deployment, check_mailers
from django_directmail.conf import Account
from django_directmail.sending.recorder import Recorder

__all__ = ["DirectMailConfig"]


class DirectMailConfig(AppConfig):
    """Sends mail through Alibaba Cloud DirectMail."""

    name = "django_directmail"
    verbose_name = _("DirectMail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, under a tag of their own."""
        checks.register(check_mailers, "directmail")
        checks.register(check_deployment, "directmail", deploy=True)

    def recorder(self, account: Account) -> Recorder:
        """Return what records one list of ``account`` in the log."""
        # Models cannot be imported before the apps are ready.
        from django_directmail.log.recorder import LogRecorder

        return LogRecorder(account)
