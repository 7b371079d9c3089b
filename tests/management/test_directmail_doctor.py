"""``manage.py directmail_doctor``: one line for each check, and what to do."""

import io
import os
import subprocess
import sys

import django
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from django_directmail.sandbox import (
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)
from tests.support.reports import run

NAMES = ["Settings", "Destination", "Credentials", "Answer", "Account", "Clock"]
NAMES += ["Sender", "Domain", "Delivery", "Log"]


@pytest.mark.django_db
def test_all_is_well_with_the_sandbox(mailer, settings):
    settings.DEBUG = True
    outbox = mailer()

    report = run()

    assert list(report) == NAMES
    assert set(report.marks()) == {"OK"}
    assert report.failed == ""
    assert report.text.endswith("All is well.\n")
    assert outbox.url in report["Destination"][1]
    assert "this is the sandbox" in report["Destination"][1]
    assert "the key is right (HMAC-SHA1)" in report["Answer"][1]
    assert "normal; quota for a day: 2,000" in report["Account"][1]
    assert "noreply@mail.example.com (DEFAULT_FROM_EMAIL)" in report["Sender"][1]
    assert "in the database default" in report["Log"][1]
    assert report["Domain"][1] == (
        "mail.example.com; verified: ownership, SPF, MX, DKIM, DMARC, CNAME"
    )
    assert report["Delivery"][1].startswith("yesterday and today: 0 requested")
    # Account, sender, domain and its details, delivery.
    assert (outbox.mails, outbox.calls) == ([], 5)


def test_the_sandbox_in_production_is_a_warning(outbox):
    report = run()

    mark, text = report["Destination"]
    assert mark == "WARN"
    assert text.endswith("-> Remove ENDPOINT to send through DirectMail.")
    assert "there is 1 warning" in report.text
    assert report.failed == ""


def test_settings_that_cannot_be_end_it_at_once(configure):
    configure(REGION="cn-hangzou")

    report = run()

    assert report.marks() == ["FAIL", *["SKIP"] * 9]
    assert 'Did you mean "cn-hangzhou"?' in report["Settings"][1]
    assert report["Log"][1] == "skipped, because of the failure above"
    assert report.failed == "1 check failed."


def test_doubtful_settings_are_a_warning_with_their_hint(mailer, settings):
    mailer()
    settings.DEFAULT_FROM_EMAIL = "The Example Company <noreply@example.com>"

    report = run()

    assert report["Settings"][0] == "WARN"
    assert "19 characters" in report["Settings"][1]
    assert report["Settings"][1].endswith(
        "-> DirectMail accepts 15 characters. Shorten it."
    )


class TestDestination:
    def test_region_and_endpoint_are_told(self, configure):
        configure(REGION="eu-central-1")

        report = run()

        assert report["Destination"] == (
            "OK",
            "https://dm.eu-central-1.aliyuncs.com, region eu-central-1",
        )

    def test_an_endpoint_of_ones_own_is_told(self, configure):
        configure(ENDPOINT="https://dm.example.com")

        assert run()["Destination"] == (
            "OK",
            "https://dm.example.com, from ENDPOINT",
        )


class TestCredentials:
    def test_none_at_all_end_what_needs_them(self, mailer):
        outbox = mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)

        report = run()

        assert report.marks()[2:7] == ["FAIL", *["SKIP"] * 4]
        assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in report["Credentials"][1]
        assert report["Settings"][0] == report["Log"][0] == "OK"
        assert outbox.calls == 0

    def test_a_source_that_raises_is_told(self, mailer):
        def credentials():
            raise LookupError("no role here")

        mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None, CREDENTIALS=credentials)

        assert "LookupError: no role here" in run()["Credentials"][1]

    def test_where_they_come_from_is_told_and_nothing_of_them(
        self, mailer, monkeypatch
    ):
        mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", STS_ACCESS_KEY_ID)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", STS_ACCESS_KEY_SECRET)
        monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", STS_SECURITY_TOKEN)

        report = run()

        assert report["Credentials"] == ("OK", "from the environment, temporary")
        assert report["Answer"][0] == "OK"
        for part in (STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN):
            assert part not in report.text

    def test_a_source_is_asked_once(self, mailer):
        given = iter(
            [type("Key", (), {"access_key_id": "a", "access_key_secret": "b"})]
        )
        mailer(
            ACCESS_KEY_ID=None,
            ACCESS_KEY_SECRET=None,
            CREDENTIALS=lambda: next(given),
        )

        report = run()

        assert report["Credentials"] == ("OK", "from CREDENTIALS")
        assert "InvalidAccessKeyId" in report["Answer"][1]


class TestLog:
    def test_a_log_that_is_off_is_fine(self, outbox):
        assert run()["Log"] == ("OK", 'turned off by DIRECTMAIL["LOG"]')

    @pytest.mark.django_db
    def test_migrations_that_are_not_applied_are_named(self, outbox):
        latest = "0002_route_redirect_attachments"
        MigrationRecorder(connection).record_unapplied("django_directmail", latest)

        mark, text = run()["Log"]

        assert mark == "WARN"
        assert f"not applied: {latest}" in text
        assert "Check that the database exists" in text
        assert text.endswith("migrate django_directmail --database default")

    @pytest.mark.django_db
    def test_tables_that_are_missing_all_the_same_are_told(self, outbox):
        if not connection.features.can_rollback_ddl:
            pytest.skip("this database cannot take the change back")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_directmail_mailrecipient RENAME TO gone")

        mark, text = run()["Log"]

        assert mark == "WARN"
        assert "django_directmail_mailrecipient" in text

    @pytest.mark.django_db(databases=["default", "log"])
    def test_the_database_of_the_log_is_named(self, mailer):
        mailer(LOG={"DATABASE": "log"})

        assert run()["Log"][1].startswith("tables are in the database log (")

    @pytest.mark.django_db
    def test_a_database_that_is_not_configured_is_named(self, mailer):
        mailer(LOG={"DATABASE": "nowhere"})

        mark, text = run()["Log"]
        assert (mark, "nowhere" in text) == ("FAIL", True)


class TestMailers:
    def test_no_mailer_of_ours_is_an_error(self, settings):
        dummy = "django.core.mail.backends.dummy.EmailBackend"
        if django.VERSION >= (6, 1):
            settings.MAILERS = {"default": {"BACKEND": dummy}}
        else:
            settings.EMAIL_BACKEND = dummy

        report = run()
        assert report.failed.startswith("No mailer sends through DirectMail.")
        assert "which does not send by DirectMail" in run("--using=default").text

    def test_an_unknown_mailer_is_a_failure(self, outbox):
        report = run("--using=nowhere")

        assert report.marks()[0] == "FAIL"
        assert "no mailer nowhere. There are: default." in report["Settings"][1]

    def test_a_mistyped_backend_is_named(self, settings):
        mistyped = "django_directmail.backend.EmailBackend"
        if django.VERSION >= (6, 1):
            settings.MAILERS = {"default": {"BACKEND": mistyped}}
        else:
            settings.EMAIL_BACKEND = mistyped

        report = run()

        assert report["Settings"][0] == "FAIL"
        assert f"cannot be imported: {mistyped}" in report["Settings"][1]
        assert report.failed == "1 check failed."

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
    def test_each_is_examined_with_its_own_settings(self, outbox, settings):
        backend = "django_directmail.backends.EmailBackend"
        settings.MAILERS = {
            "default": {"BACKEND": backend},
            "typo": {"BACKEND": backend, "OPTIONS": {"regoin": "us-east-1"}},
            "plain": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"},
        }

        report = run()
        only = run("--using=default")

        assert "Mailer default" in report.text
        assert "Mailer typo" in report.text
        assert "plain" not in report.text
        assert report.failed == "1 check failed."
        assert (only["Settings"], only.failed) == (("OK", "no problem found"), "")


class TestOutput:
    @pytest.mark.parametrize(
        ("encoding", "sign"), [("utf-8", "\u2713 OK    Set"), ("ascii", "OK    Set")]
    )
    def test_signs_are_printed_where_they_can_be(self, outbox, encoding, sign):
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding=encoding)

        call_command("directmail_doctor", stdout=out, no_color=True)

        lines = raw.getvalue().decode(encoding).splitlines()
        assert lines[1].startswith(sign)

    def test_colours_mark_the_words(self, mailer):
        mailer(ACCESS_KEY_SECRET="wrong")
        out = io.StringIO()

        with pytest.raises(CommandError):
            call_command("directmail_doctor", stdout=out, force_color=True)

        lines = out.getvalue().splitlines()
        assert lines[1].startswith("\x1b[32;1m\u2713 OK  \x1b[0m  Settings")
        assert any(line.startswith("\x1b[31;1m\u2717 FAIL\x1b[0m") for line in lines)
        assert any(line.startswith("- SKIP  ") for line in lines)


def test_the_command_line_has_an_exit_status_and_no_traceback(open_sandbox):
    """The whole program, as a person runs it, with a log that is not migrated."""
    script = (
        "import sys, django; from django.conf import settings;"
        "backend = 'django_directmail.backends.EmailBackend';"
        "settings.configure(INSTALLED_APPS=['django_directmail'],"
        "DEFAULT_FROM_EMAIL='a@example.com', DIRECTMAIL={'ENDPOINT': sys.argv.pop(),"
        "'ACCESS_KEY_ID': 'sandbox-id', 'ACCESS_KEY_SECRET': 'wrong'},"
        "DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3',"
        "'NAME': ':memory:'}},"
        "**({'MAILERS': {'default': {'BACKEND': backend}}}"
        "if django.VERSION >= (6, 1) else {'EMAIL_BACKEND': backend}));"
        "from django.core.management import execute_from_command_line as run;"
        "run(['manage.py', 'directmail_doctor'])"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, open_sandbox.url],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=os.getcwd(),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert (done.returncode, done.stderr) == (1, "CommandError: 1 check failed.\n")
    assert "WARN  Log: in the database default, migrations are not" in done.stdout
    assert "FAIL  Answer: " in done.stdout
