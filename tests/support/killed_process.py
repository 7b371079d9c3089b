"""
A process that forks senders, to be killed one after the other.

``python -m tests.support.killed_process ENDPOINT``: for each line ``round count`` on
its input, it forks a child that sends a list of so many mails, and prints the child's
process id; when the child is gone, it prints ``gone``. At the end of its input it
settles the mails whose process is gone, and prints the log as JSON. ``DATABASE_URL``
names the database of the log, as it is, without a prefix for tests.
"""

import json
import os
import sys

import dj_database_url
import django
from django.conf import settings


def main(endpoint):
    """Fork, wait, and report."""
    settings.configure(
        INSTALLED_APPS=["django_directmail"],
        DATABASES={"default": dj_database_url.config()},
        USE_TZ=True,
        DIRECTMAIL={
            "ACCESS_KEY_ID": "sandbox-id",
            "ACCESS_KEY_SECRET": "sandbox-secret",
            "ENDPOINT": endpoint,
            "MAX_CONCURRENCY": 4,
            "RATE_LIMIT": 100_000,
        },
    )
    django.setup()
    from django.core.management import call_command

    from django_directmail.models import MailLog

    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        call_command("migrate", verbosity=0)
    django.db.connections.close_all()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            send(*line.split())
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)
    call_command("directmail_recover", older_than=0, verbosity=0)
    rows = MailLog.objects.values("subject", "status", "accepted", "env_id")
    print(json.dumps(list(rows)))


def send(name, count):
    """Send a list, through a backend of this process alone."""
    from django.core.mail import EmailMessage

    from django_directmail.backends import EmailBackend

    EmailBackend().send_messages(
        [
            EmailMessage(f"{name} {n}", "-", "a@example.com", ["b@example.com"])
            for n in range(int(count))
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1])
