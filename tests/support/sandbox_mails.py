"""Mails for the sandbox, and what they contain."""

import json

from django_directmail.api import Client, Credentials, SingleSendMail
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET


def send(sandbox, **changes):
    """Send one mail to ``sandbox`` over HTTP, as programs do; return the result."""
    client = Client(Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET), endpoint=sandbox.url)
    fields = {
        "account_name": "shop@example.com",
        "to_address": "ana@example.net",
        "subject": "Your order",
        "text_body": "It is on its way.",
        **changes,
    }
    return client.call(SingleSendMail(**fields))


def content(mail):
    """Return all parameters of a mail but those that differ for each call."""
    own = {"SignatureNonce", "Timestamp"}
    found = {k: value for k, value in mail.parameters.items() if k not in own}
    if "Headers" in found:
        # Their order says nothing.
        found["Headers"] = json.loads(found["Headers"])
    return found


def nonce_and_time(mail):
    """Return what makes the request of a mail unlike any other."""
    return mail.parameters["SignatureNonce"], mail.parameters["Timestamp"]
