"""The backend where the app is not installed, in both ways to configure it."""

import os
import subprocess
import sys
import textwrap

import django
import pytest


def run_script(script, *arguments):
    """Run a script in a fresh interpreter that turns warnings into errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(script)]
        + list(arguments),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=os.path.dirname(os.path.dirname(__file__)),
    )


WITHOUT_APP = """
    import sys, warnings
    import django
    from django.conf import settings

    # Django itself announces the end of the setting, at the line that defines it.
    with warnings.catch_warnings():
        if sys.argv[2] == "legacy":
            warnings.simplefilter("ignore", PendingDeprecationWarning)
        settings.configure(
            DIRECTMAIL={
                "ACCESS_KEY_ID": "sandbox-id",
                "ACCESS_KEY_SECRET": "sandbox-secret",
                "ENDPOINT": sys.argv[1],
            },
            **(
                {"EMAIL_BACKEND": "django_directmail.backends.EmailBackend"}
                if sys.argv[2] == "legacy"
                else {
                    "MAILERS": {
                        "default": {
                            "BACKEND": "django_directmail.backends.EmailBackend"
                        }
                    }
                }
            ),
        )
    from django.core.mail import EmailMessage, send_mail, send_mass_mail

    data = ("Subject", "Content", "from@example.com", ["to@example.com"])
    assert send_mail(*data) == 1
    assert send_mass_mail([data, data]) == 2
    assert EmailMessage(*data).send() == 1
    keyed = EmailMessage(*data)
    keyed.idempotency_key = "key"
    for expected in ("Call django.setup() first", "Add django_directmail to"):
        try:
            keyed.send()
        except ValueError as error:
            assert expected in str(error), error
        else:
            raise AssertionError("it was sent without a log")
        django.setup()
    assert not settings.INSTALLED_APPS
    print("sent", django.get_version())
"""


@pytest.mark.parametrize(
    "kind",
    [
        "legacy",
        pytest.param(
            "mailers",
            marks=pytest.mark.skipif(
                django.VERSION < (6, 1), reason="MAILERS came with Django 6.1"
            ),
        ),
    ],
)
def test_mail_goes_out_without_the_app_and_without_a_warning(open_sandbox, kind):
    done = run_script(WITHOUT_APP, open_sandbox.url, kind)

    assert done.stderr == ""
    assert done.stdout.startswith("sent")
    assert len(open_sandbox.mails) == 4
