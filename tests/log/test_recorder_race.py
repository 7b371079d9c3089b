"""Two processes that send the same mails at the same moment."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ways", [("single", "single"), ("list", "single")])
def test_two_processes_with_the_same_keys_send_each_mail_once(outbox, tmp_path, ways):
    url = os.environ.get("DATABASE_URL")
    if connection.vendor == "sqlite":
        url = f"sqlite:///{tmp_path / 'log.sqlite3'}"
        migrate = (
            "import django; from django.conf import settings; import dj_database_url;"
            "settings.configure(INSTALLED_APPS=['django_directmail'],"
            " DATABASES={'default': dj_database_url.config()}); django.setup();"
            "from django.core.management import call_command; call_command('migrate',"
            " verbosity=0)"
        )
        subprocess.run(
            [sys.executable, "-c", migrate],
            check=True,
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
        )
    else:
        # The one that the test runner made.
        base, _, _ = url.rpartition("/")
        url = f"{base}/{connection.settings_dict['NAME']}"
    count = 30
    pipe = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "tests.support.racing_processes",
                        outbox.url,
                        str(count),
                        way,
                    ],
                    stdin=pipe,
                    stdout=pipe,
                    text=True,
                    cwd=ROOT,
                    env={**os.environ, "DATABASE_URL": url},
                )
            )
            for way in ways
        ]
        for racer in racers:
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        for racer in racers:
            racer.communicate(timeout=60)

    assert [racer.returncode for racer in racers] == [0, 0]
    subjects = sorted(int(mail.subject) for mail in outbox.mails)
    assert subjects == list(range(count))
