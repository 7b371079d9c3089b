"""The app: registers the system checks and connects the log."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

from django_directmail.checks import check_deployment, check_mailers

__all__ = ["DirectMailConfig"]


class DirectMailConfig(AppConfig):
    """Sends mail through Alibaba Cloud DirectMail."""

    name = "django_directmail"
    verbose_name = _("DirectMail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, under a tag of their own, and start to write the log."""
        # Models cannot be imported before this.
        from django_directmail.log import recorder

        recorder.connect()
        checks.register(check_mailers, "directmail")
        checks.register(check_deployment, "directmail", deploy=True)
