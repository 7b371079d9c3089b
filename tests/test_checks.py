"""System checks, by running the command that runs them."""

import django
import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from django_directmail.backends import EmailBackend

GOOD = {"ACCESS_KEY_ID": "id", "ACCESS_KEY_SECRET": "secret"}


def ids(**kwargs):
    """Return the ids of our messages, in order."""
    return [message.id for message in run_checks(tags=["directmail"], **kwargs)]


@pytest.mark.django_db(databases="__all__")
def test_checks_are_wired_to_the_command(configure, capsys):
    configure(REGION="nowhere")

    with pytest.raises(SystemExit, match="directmail.E001") as caught:
        raise_as_exit("check")

    assert "cn-hangzhou" in str(caught.value)


def raise_as_exit(*arguments):
    from django.core.management.base import SystemCheckError

    try:
        call_command(*arguments)
    except SystemCheckError as error:
        raise SystemExit(str(error)) from None


def test_good_settings_are_silent(configure):
    configure(**GOOD)

    assert ids() == []
    assert ids(include_deployment_checks=True) == []


def test_missing_credentials_are_a_warning(configure):
    configure()

    (message,) = run_checks(tags=["directmail"])
    assert message.id == "directmail.W001"
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in message.msg


def test_credentials_of_the_environment_are_enough(configure, monkeypatch):
    configure()
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")

    assert ids() == []


def test_database_of_the_log_that_does_not_exist(configure):
    configure(**GOOD, LOG={"DATABASE": "nowhere"})

    (message,) = run_checks(tags=["directmail"])
    assert message.id == "directmail.E002"
    assert "'nowhere'" in message.msg


def test_wrong_setting_is_an_error_whatever_the_mailer(settings):
    settings.DIRECTMAIL = {"REGOIN": "x"}

    assert ids() == ["directmail.E001"]


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://dm.example.com", ["directmail.W002"]),
        ("https://dm.example.com", []),
        ("http://127.0.0.1:8025", []),
        ("http://localhost:8025", []),
        ("http://[::1]:8025", []),
    ],
)
def test_plain_http_is_for_loopback_only(configure, endpoint, expected):
    configure(**GOOD, ENDPOINT=endpoint)

    assert ids() == expected


def test_sandbox_in_production_is_a_warning(configure):
    configure(**GOOD, ENDPOINT="http://127.0.0.1:8025")

    assert ids(include_deployment_checks=True) == ["directmail.W005"]


def test_long_display_name_is_a_warning(configure, settings):
    configure(**GOOD)
    settings.DEFAULT_FROM_EMAIL = "The Example Company <noreply@example.com>"

    (message,) = run_checks(tags=["directmail"])
    assert message.id == "directmail.W003"
    assert "19 characters" in message.msg


@pytest.mark.parametrize("sender", ["webmaster@localhost", "webmaster", "a@b@c"])
def test_sender_that_cannot_be_one_is_a_warning(configure, settings, sender):
    configure(**GOOD)
    settings.SERVER_EMAIL = sender
    assert ids() == []

    settings.MANAGERS = ["manager@example.com"]

    (message,) = run_checks(tags=["directmail"])
    assert message.id == "directmail.W006"
    assert "SERVER_EMAIL" in message.msg + message.hint


def test_settings_for_later_are_told_to_have_no_effect(configure):
    configure(**GOOD, WEBHOOK={}, QUEUE={})

    messages = run_checks(tags=["directmail"])
    assert [message.id for message in messages] == ["directmail.W004"] * 2


def test_fallback_that_is_no_mailer_is_an_error(configure):
    configure(**GOOD, SMTP_FALLBACK="nowhere")

    (message,) = run_checks(tags=["directmail"])

    assert message.id == "directmail.E003"
    assert "'nowhere' is neither a name in MAILERS" in message.msg


def test_fallback_that_can_be_built_is_fine(configure):
    options = {"host": "smtp.example.com", "password": "secret"}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    configure(**GOOD, SMTP_FALLBACK={"BACKEND": backend, "OPTIONS": options})

    assert ids() == []


def test_other_backends_are_left_alone(settings):
    settings.DIRECTMAIL = {}
    if django.VERSION >= (6, 1):
        settings.MAILERS = {
            "default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"},
            "broken": {"BACKEND": "no.such.Backend"},
        }
    else:
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

    assert ids() == []


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
def test_each_mailer_is_checked_under_its_name(settings):
    settings.DIRECTMAIL = GOOD
    backend = "django_directmail.backends.EmailBackend"
    settings.MAILERS = {
        "default": {"BACKEND": backend, "OPTIONS": {"fail_silently": True}},
        "bulk": {"BACKEND": backend, "OPTIONS": {"region": "nowhere"}},
        "typo": {"BACKEND": backend, "OPTIONS": {"regoin": "us-east-1"}},
    }

    messages = run_checks(tags=["directmail"])

    assert [message.id for message in messages] == ["directmail.E001"] * 2
    assert messages[0].msg.startswith("MAILERS['bulk']: ")
    assert 'Did you mean "region"?' in messages[1].msg


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
def test_backend_with_an_option_of_its_own_is_fine(settings):
    settings.DIRECTMAIL = GOOD
    settings.MAILERS = {
        "default": {"BACKEND": f"{__name__}.Tenant", "OPTIONS": {"tenant": "x"}}
    }

    assert ids() == []


@pytest.mark.skipif(django.VERSION < (6, 1), reason="MAILERS came with Django 6.1")
@pytest.mark.parametrize("mailers", [{}, {"default": None}, {"default": {}}])
def test_odd_mailers_do_not_break_the_checks(settings, mailers):
    settings.DIRECTMAIL = {}
    settings.MAILERS = mailers

    assert ids() == []


class Tenant(EmailBackend):
    """A backend as a project may write one."""

    def __init__(self, *, tenant=None, **kwargs):
        self.tenant = tenant
        super().__init__(**kwargs)


def test_headers_that_no_mail_could_carry_are_an_error(configure):
    configure(**GOOD, DEFAULTS={"headers": {"X-Priority": "1"}})

    assert ids() == ["directmail.E001"]


def test_no_check_tells_a_secret(configure):
    configure(ACCESS_KEY_ID="id", ACCESS_KEY_SECRET="ge heim")

    assert "heim" not in str(run_checks(tags=["directmail"]))
