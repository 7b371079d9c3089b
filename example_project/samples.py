"""A few mails for the log of the example site."""

import contextlib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings

from django_directmail.api import DirectMailError
from django_directmail.models import MailLog

#: Recipient, order number, and the fault of the sandbox for this call.
SAMPLES = (
    ("ada@example.org", 4711, None),
    ("bob@example.com", 4712, {"kind": "throttled", "retry_after": 0}),
    (
        "chen@example.cn",
        4713,
        {
            "kind": "error",
            "status": 400,
            "code": "InvalidToAddress.Spam",
            "message": "The recipient is in the library of invalid addresses.",
        },
    ),
    ("dora@example.net", 4714, None),
)


def send_samples(sandbox):
    """Send the samples on the first start; faults of the sandbox refuse two of them."""
    if MailLog.objects.exists():
        return
    for recipient, number, fault in SAMPLES:
        if fault:
            sandbox.add_fault(**fault)
        name = recipient.partition("@")[0].capitalize()
        message = EmailMultiAlternatives(
            f"Your order {number}",
            f"Dear {name},\n\nyour order {number} is on its way.\n",
            settings.DEFAULT_FROM_EMAIL,
            [recipient],
        )
        message.attach_alternative(
            f"<h1>On its way</h1><p>Dear {name}, your order <b>{number}</b> is.</p>",
            "text/html",
        )
        message.tags, message.metadata = ["orders"], {"order": number}
        # A second attempt would succeed, and the log would have no failure to show.
        once = {**settings.DIRECTMAIL, "MAX_ATTEMPTS": 1}
        with override_settings(DIRECTMAIL=once), contextlib.suppress(DirectMailError):
            message.send()
