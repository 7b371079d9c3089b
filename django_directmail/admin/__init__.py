"""The admin of the log. Django imports it where its admin is installed."""

from django_directmail.admin.log import MailLogAdmin

__all__ = ["MailLogAdmin"]
