"""``manage.py sendtestmail``: what it prints when it works, and when it does not."""

import io
import json
import os
import subprocess
import sys

import django
import pytest
from django.core.management import CommandError, call_command

from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET, Sandbox

STAFF = (
    [("Al", "al@example.com"), ("Bo", "bo@example.com")]
    if django.VERSION < (6, 0)
    else ["al@example.com", '"Bo" <bo@example.com>']
)


KEY = {"ACCESS_KEY_ID": ACCESS_KEY_ID, "ACCESS_KEY_SECRET": ACCESS_KEY_SECRET}


def run(*arguments):
    """Run the command; return what it printed."""
    out = io.StringIO()
    call_command("sendtestmail", *arguments, stdout=out, stderr=out, no_color=True)
    return out.getvalue()


def failure(*arguments):
    """Run the command, which must fail; return its one paragraph."""
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    text = str(caught.value)
    assert caught.value.returncode != 0
    assert "\n" not in text
    assert text.startswith("The test mail was not sent. ")
    return text


def test_success_prints_what_support_asks_for(outbox):
    printed = run("joe@example.com")

    (received,) = outbox.mails
    assert received.to == ["joe@example.com"]
    assert received.sender == "noreply@mail.example.com"
    for part in (outbox.url, "HMAC-SHA1", received.env_id, received.request_id, " ms"):
        assert part in printed


def test_several_addresses_get_one_mail(outbox):
    run("joe@example.com", "jane@example.com")

    assert [mail.to for mail in outbox.mails] == [
        ["joe@example.com", "jane@example.com"]
    ]


def test_options_reach_the_mail(outbox):
    run(
        "joe@example.com",
        "--from=Shop <shop@example.com>",
        "--subject=Hello",
        "--html",
        "--tag=welcome",
    )

    (received,) = outbox.mails
    assert (received.sender, received.sender_name) == ("shop@example.com", "Shop")
    assert (received.subject, received.tag) == ("Hello", "welcome")
    assert received.text
    assert received.html.startswith("<!DOCTYPE html>")


def test_managers_and_admins_get_a_mail_each_with_the_prefix(outbox, settings):
    settings.MANAGERS, settings.ADMINS = STAFF[:1], STAFF

    run("--managers", "--admins")

    assert [mail.to for mail in outbox.mails] == [
        ["al@example.com"],
        ["al@example.com", "bo@example.com"],
    ]
    for received in outbox.mails:
        assert received.subject.startswith("[Django] ")
        assert received.sender == "errors@mail.example.com"


def test_no_managers_is_said(outbox, settings):
    settings.MANAGERS = []

    assert "settings.MANAGERS is empty" in run("--managers")
    assert outbox.calls == 0


@pytest.mark.parametrize("staff", [None, [()], ["Ann", "ann@example.com"], [5]])
def test_odd_admins_are_named(outbox, settings, staff):
    settings.ADMINS = staff

    assert "settings.ADMINS must be a list of addresses" in failure("--admins")


def test_credentials_that_raise_end_readably(mailer):
    def credentials():
        raise LookupError("no role here")

    mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None, CREDENTIALS=credentials)

    assert "LookupError: no role here" in failure("joe@example.com")
    assert "LookupError: no role here" in failure("joe@example.com", "--dry-run")


def test_nobody_given_is_an_error(outbox):
    with pytest.raises(CommandError, match="--managers"):
        run()


@pytest.mark.parametrize("signature", ["HMAC-SHA1", "ACS3-HMAC-SHA256"])
def test_dry_run_shows_the_request_without_secrets_and_sends_nothing(mailer, signature):
    outbox = mailer(SIGNATURE=signature)

    printed = run("joe@example.com", "--subject=Hello", "--dry-run")

    assert outbox.calls == 0
    assert f"POST {outbox.url}/ ({signature})" in printed
    assert "joe@example.com" in printed
    assert "Hello" in printed
    assert "****" in printed
    assert ACCESS_KEY_SECRET not in printed
    assert "Dry run: nothing was sent." in printed


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
def test_using_picks_the_mailer(outbox, settings):
    backend = "django_directmail.backends.EmailBackend"
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"},
        "direct": {"BACKEND": backend, "OPTIONS": {"signature": "ACS3-HMAC-SHA256"}},
    }

    run("joe@example.com", "--using=direct")

    assert outbox.mails[0].signature == "ACS3-HMAC-SHA256"


def test_unknown_mailer_is_named(outbox):
    with pytest.raises(CommandError, match="nowhere"):
        run("joe@example.com", "--using=nowhere")


def test_another_backend_is_said_to_be_one(settings):
    locmem = "django.core.mail.backends.locmem.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": locmem}}
    else:
        settings.EMAIL_BACKEND = locmem

    assert f"Sent through {locmem}, which is not DirectMail." in run("joe@example.com")
    with pytest.raises(CommandError, match="is not DirectMail's backend"):
        run("joe@example.com", "--dry-run")


class TestFailures:
    """Cause and remedy in one paragraph."""

    def test_wrong_secret(self, mailer):
        mailer(ACCESS_KEY_SECRET="wrong")

        text = failure("joe@example.com")

        assert "SignatureDoesNotMatch" in text
        assert "Check the AccessKey" in text

    def test_unknown_key(self, mailer):
        mailer(ACCESS_KEY_ID="nobody")

        assert "InvalidAccessKeyId.NotFound" in failure("joe@example.com")

    def test_no_key_at_all(self, mailer):
        mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)

        text = failure("joe@example.com")

        assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in text

    def test_unknown_sender_and_where_it_was_looked_for(self, mailer):
        with Sandbox(senders=["known@example.com"]) as sandbox:
            mailer(ENDPOINT=sandbox.url)

            text = failure("joe@example.com")

        assert "InvalidMailAddress.NotFound" in text
        assert "Create it in the console" in text
        assert f"Endpoint {sandbox.url}" in text

    def test_wrong_region_lists_the_right_ones(self, mailer):
        mailer(REGION="cn-hangzou")

        assert 'Did you mean "cn-hangzhou"?' in failure("joe@example.com")

    def test_clock_off(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidTimeStamp.Expired")

        assert "Synchronise it (NTP)" in failure("joe@example.com")

    def test_sandbox_not_running(self, outbox):
        outbox.stop()

        assert "python manage.py directmail_sandbox" in failure("joe@example.com")

    def test_no_network(self, mailer):
        mailer(ENDPOINT="https://no-such-host.invalid")

        assert "its name cannot be resolved" in failure("joe@example.com")

    def test_time_out(self, mailer):
        outbox = mailer(TIMEOUT=(1, 0.1))
        outbox.add_fault("hang")

        assert "no answer within 0.1 s" in failure("joe@example.com")

    def test_bad_address(self, outbox):
        assert "has no domain" in failure("joe")

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="OPTIONS came with Django 6.1")
    def test_silent_mailer_still_tells(self, outbox, settings):
        outbox.add_fault("error", status=400, code="InvalidBody")
        settings.MAILERS = {
            "default": {
                "BACKEND": "django_directmail.backends.EmailBackend",
                "OPTIONS": {"fail_silently": True},
            }
        }

        assert "InvalidBody" in failure("joe@example.com")


@pytest.mark.parametrize(
    ("directmail", "cause"),
    [
        (
            {"ENDPOINT": "http://127.0.0.1:1", "LOG": {"ENABLED": False}, **KEY},
            "the connection was refused",
        ),
        ({"REGOIN": "cn-hangzhou", **KEY}, 'Did you mean "REGION"?'),
    ],
)
def test_command_line_has_no_traceback_and_an_exit_status(directmail, cause):
    """The whole program, as a person runs it."""
    script = (
        "import json, sys, django; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['django_directmail'],"
        "DEFAULT_FROM_EMAIL='a@example.com', DIRECTMAIL=json.loads(sys.argv.pop(1)),"
        "**({'MAILERS': {'default':"
        "{'BACKEND': 'django_directmail.backends.EmailBackend'}}}"
        "if django.VERSION >= (6, 1) else"
        "{'EMAIL_BACKEND': 'django_directmail.backends.EmailBackend'}));"
        "from django.core.management import execute_from_command_line as run;"
        "run(['manage.py', 'sendtestmail', 'joe@example.com'])"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, json.dumps(directmail)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=os.getcwd(),
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("CommandError: The test mail was not sent.")
    assert cause in done.stderr
    assert done.stderr.count("\n") == 1
