"""The template variables about the mail, for every page."""

from django.conf import settings


def mail(request):
    """Return where the mail goes; ``sandbox_url`` is ``None`` if it is real."""
    return {
        "recipients": settings.CONTACT_RECIPIENTS,
        "sandbox_url": settings.SANDBOX_URL,
    }
