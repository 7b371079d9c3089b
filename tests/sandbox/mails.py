"""Mail for the tests of the page."""

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
