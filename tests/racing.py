"""
A process that sends mails with idempotency keys, while others send the same ones.

``python -m tests.racing ENDPOINT COUNT``: waits for a line on its standard input, so
that all of them start at once. ``DATABASE_URL`` names the database of the log, as it
is, without a prefix for tests.
"""

import sys

import dj_database_url
import django
from django.conf import settings


def main(endpoint, count):
    """Send ``count`` mails, one after the other."""
    settings.configure(
        INSTALLED_APPS=["django_directmail"],
        DATABASES={"default": dj_database_url.config()},
        USE_TZ=True,
        DIRECTMAIL={
            "ACCESS_KEY_ID": "sandbox-id",
            "ACCESS_KEY_SECRET": "sandbox-secret",
            "ENDPOINT": endpoint,
        },
    )
    django.setup()
    from django.core.mail import EmailMessage

    from django_directmail.backends import EmailBackend

    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        message = EmailMessage(f"{number}", "-", "a@example.com", ["b@example.com"])
        message.idempotency_key = f"key {number}"
        EmailBackend().send_messages([message])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
