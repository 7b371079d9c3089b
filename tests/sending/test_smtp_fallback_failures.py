"""Each failure of the other mailer says whether it may have the mail."""

import socket

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_directmail.api.errors import DirectMailError, SendError
from django_directmail.backends import EmailBackend
from tests.support.messages import message
from tests.support.smtp_server import SMTP_BACKEND

pytest_plugins = ["tests.support.smtp_fallback"]


def fail():
    one = message(cc=["cc@example.com"])
    with pytest.raises(DirectMailError, match="SMTP_FALLBACK") as caught:
        one.send()
    return one.directmail_status.status, caught.value


def test_refusal_for_good(routed, smtp):
    routed()
    smtp.replies = ["554 reject by content spam from to@example.com"]

    status, error = fail()

    assert (status, error.accepted, error.retryable) == ("rejected", "no", False)
    assert "554" in str(error)
    assert "to@example.com" not in str(error)


def test_refusal_for_now(routed, smtp):
    routed()
    smtp.replies = ["452 too much"]

    status, error = fail()

    assert (status, error.accepted, error.retryable) == ("failed", "no", True)


def test_server_that_goes_away_with_the_mail(routed, smtp):
    routed()
    smtp.replies = [None]

    status, error = fail()

    assert (status, error.accepted) == ("unconfirmed", "unknown")


def test_the_next_letter_gets_a_new_connection(routed, smtp):
    routed()
    smtp.replies = [None]
    letters = [message(cc=["cc@example.com"]) for _ in range(2)]

    with pytest.raises(SendError):
        EmailBackend().send_messages(letters)

    assert [one.directmail_status.status for one in letters] == [
        "unconfirmed",
        "accepted",
    ]


def test_one_who_is_refused_beside_others_is_told(routed, smtp):
    routed()
    smtp.strangers = {"cc@example.com"}

    status, error = fail()

    assert (status, error.accepted, error.retryable) == (
        "unconfirmed",
        "unknown",
        False,
    )
    assert "not for 1 of its 2 recipients (example.com, reply 550)" in str(error)
    assert "cc@" not in str(error)
    assert [e.rcpt_tos for e in smtp.envelopes] == [["to@example.com"]]


def test_all_who_are_refused_have_no_mail(routed, smtp):
    routed()
    smtp.strangers = {"to@example.com", "cc@example.com"}

    status, error = fail()

    assert (status, error.accepted) == ("rejected", "no")
    assert smtp.envelopes == []


def test_nobody_there(routed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    options = {"host": "127.0.0.1", "port": port}
    routed(SMTP_FALLBACK={"BACKEND": SMTP_BACKEND, "OPTIONS": options})

    status, error = fail()

    assert (status, error.accepted, error.retryable) == ("failed", "no", True)


def test_fail_silently_covers_it(routed, smtp):
    routed()
    smtp.replies = ["554 no"]
    quiet = EmailBackend(fail_silently=True)

    assert quiet.send_messages([message(cc=["cc@example.com"])]) == 0


@pytest.mark.parametrize(
    ("fallback", "text"),
    [
        ("nowhere", "neither a name in MAILERS nor the path"),
        ("tests.nowhere.Backend", "neither a name in MAILERS nor the path"),
        ("django_directmail.backends.EmailBackend", "DirectMail's API, too"),
        ({"BACKEND": SMTP_BACKEND, "OPTIONS": {"use_tls": 1, "use_ssl": 1}}, ""),
    ],
)
def test_wrong_fallback_is_a_wrong_configuration(routed, fallback, text):
    routed(SMTP_FALLBACK=fallback)

    with pytest.raises(ImproperlyConfigured, match=f"SMTP_FALLBACK: .*{text}"):
        message(cc=["cc@example.com"]).send()


def test_no_password_is_told(routed, smtp):
    options = {"host": "127.0.0.1", "port": smtp.port, "password": "hunter2secret"}
    options |= {"username": "me", "use_tls": True, "use_ssl": True}
    routed(SMTP_FALLBACK={"BACKEND": SMTP_BACKEND, "OPTIONS": options})

    with pytest.raises(ImproperlyConfigured) as caught:
        message(cc=["cc@example.com"]).send()

    assert "hunter2secret" not in str(caught.value)
