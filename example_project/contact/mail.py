"""The mail to the owners of the site."""

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
    Return the mail; a reply to it goes to the visitor.

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
    # DirectMail refuses some valid characters. Then the mail is sent without a reply
    # address; the address is also in the text.
    if not re.fullmatch(r"[A-Za-z0-9_.+-]+@[^\[\]]+", email):
        return []
    local, _, domain = email.rpartition("@")
    # DirectMail accepts a name of 15 characters; the whole name is in the text.
    return [str(Address(name[:15].rstrip(), local, domain))]
