"""What the form becomes: one plain mail to the owners of the site."""

import re
from email.headerregistry import Address

from django.conf import settings
from django.core.mail import EmailMessage

SUBJECT_PREFIX = "[Contact] "
BODY = """\
{message}

--
From: {name} <{email}>
Sent with the contact form.
"""


def build_message(*, name, email, subject, message):
    """
    Return the mail, with the visitor as the one to answer to.

    The sender stays the site: DirectMail sends for verified senders only, and a mail
    that claims to be from the visitor would count as forged.
    """
    return EmailMessage(
        subject=SUBJECT_PREFIX + subject,
        body=BODY.format(name=name, email=email, message=message),
        to=settings.CONTACT_RECIPIENTS,
        reply_to=_reply_to(name, email),
    )


def _reply_to(name, email):
    # Rarer characters are valid and DirectMail refuses them. The mail is worth more
    # than its reply button, and the address is in the text as well.
    if not re.fullmatch(r"[A-Za-z0-9_.+-]+@[^\[\]]+", email):
        return []
    local, _, domain = email.rpartition("@")
    # DirectMail takes 15 characters of a name; the whole one is in the text.
    return [str(Address(name[:15].rstrip(), local, domain))]
