"""
A process that sends mails with idempotency keys, while others send the same ones.

``python -m tests.support.racing_processes ENDPOINT COUNT list|single``: waits for a
line on its standard input, so that all of them start at once. ``DATABASE_URL``
names the database of the log, as it is, without a prefix for tests.
"""

import sys

import dj_database_url
import django
from django.conf import settings


def main(endpoint, count, way):
    """Send ``count`` mails, in one list or one after the other."""
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
    messages = []
    for number in range(count):
        message = EmailMessage(f"{number}", "-", "a@example.com", ["b@example.com"])
        message.idempotency_key = f"key {number}"
        messages.append(message)
    for part in [messages] if way == "list" else [[one] for one in messages]:
        EmailBackend().send_messages(part)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
