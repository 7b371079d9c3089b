"""The admin of the log. Django imports it if ``django.contrib.admin`` is installed."""

from django_directmail.admin.mail_admin import MailLogAdmin

__all__ = ["MailLogAdmin"]
