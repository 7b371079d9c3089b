"""Receivers that edit, cancel, watch and fail."""

import django
import pytest
from django.core.mail import EmailMessage
from django.utils.log import configure_logging

from django_directmail.api.errors import RejectedError, SendError
from django_directmail.backends import EmailBackend
from django_directmail.signals import CancelSend, post_send, pre_send


@pytest.fixture
def outcomes(connect):
    """Return a list of what post_send tells, as it comes."""
    found = []

    def receiver(sender, message, status, alias, **kwargs):
        found.append((message.subject, status.status))

    connect(post_send, receiver)
    return found


def message(subject="Subject", **values):
    values = {"to": ["to@example.com"], "from_email": "from@example.com", **values}
    return EmailMessage(subject, "Content", **values)


def test_pre_send_may_edit_the_message(outbox, connect):
    def receiver(sender, message, **kwargs):
        assert sender is EmailBackend
        message.subject += " (edited)"
        message.tags = ["edited"]

    connect(pre_send, receiver)

    message().send()

    (received,) = outbox.mails
    assert (received.subject, received.tag) == ("Subject (edited)", "edited")


def test_pre_send_may_cancel_one_of_a_list(outbox, connect, outcomes):
    def receiver(message, **kwargs):
        if message.subject == "2":
            raise CancelSend

    connect(pre_send, receiver)
    messages = [message("1"), message("2"), message("3")]

    assert EmailBackend().send_messages(messages) == 2

    assert [received.subject for received in outbox.mails] == ["1", "3"]
    assert outcomes == [("1", "accepted"), ("2", "cancelled"), ("3", "accepted")]
    assert messages[1].directmail_status.error is None


def test_pre_send_may_remove_all_recipients(outbox, connect):
    def receiver(message, **kwargs):
        message.to = []

    connect(pre_send, receiver)

    assert message().send() == 0
    assert outbox.calls == 0


def test_error_in_pre_send_is_that_messages_error(outbox, connect, outcomes):
    def receiver(message, **kwargs):
        if message.subject == "1":
            raise LookupError("receiver")

    connect(pre_send, receiver)

    with pytest.raises(SendError) as caught:
        EmailBackend().send_messages([message("1"), message("2")])

    assert isinstance(caught.value.failed[0].error, LookupError)
    assert outcomes == [("1", "rejected"), ("2", "accepted")]
    with pytest.raises(LookupError, match="receiver"):
        message("1").send()


def test_post_send_tells_every_outcome(outbox, outcomes):
    outbox.add_fault("error", status=400, code="Throttling.User")
    outbox.add_fault("error", status=400, code="InvalidBody")
    outbox.add_fault("drop_before")
    messages = [message(str(n)) for n in range(4)]
    messages.append(message("unsupported", to=["webmaster"]))
    messages.append(message("nobody", to=[]))

    with pytest.raises(SendError):
        EmailBackend().send_messages(messages)

    assert outcomes == [
        ("0", "failed"),
        ("1", "rejected"),
        ("2", "unconfirmed"),
        ("3", "accepted"),
        ("unsupported", "rejected"),
    ]


def test_post_send_is_told_of_silent_failures(outbox, outcomes):
    outbox.add_fault("error", status=400, code="InvalidBody")

    EmailBackend(fail_silently=True).send_messages([message()])

    assert outcomes == [("Subject", "rejected")]


def test_error_in_post_send_is_logged_and_the_other_receivers_run(
    outbox, connect, caplog
):
    told = []

    def broken(**kwargs):
        raise LookupError("receiver")

    def fine(status, **kwargs):
        told.append(status.status)

    connect(post_send, broken)
    connect(post_send, fine)

    assert message().send() == 1

    assert told == ["accepted"]
    assert "broken" in caplog.text


def test_broken_receiver_and_mail_to_the_admins_do_not_chase_each_other(
    outbox, connect, settings
):
    """Django logs the receiver's error, and mails it through this very backend."""
    settings.ADMINS = (
        ["admin@example.com"]
        if django.VERSION >= (6, 0)
        else [("Admin", "admin@example.com")]
    )
    # What Django's own LOGGING does: errors of the logger "django" go to the admins.
    configure_logging("logging.config.dictConfig", {})

    def broken(**kwargs):
        raise LookupError("receiver")

    connect(post_send, broken)

    assert message().send() == 1

    # One to the recipient, one about the failure, and none about that one.
    assert [received.to for received in outbox.mails] == [
        ["to@example.com"],
        ["admin@example.com"],
    ]


def test_receivers_hear_of_a_mail_that_a_receiver_sends(outbox, connect):
    """Also where another one, in between, fails."""
    heard = []

    def sends(message, **kwargs):
        if message.subject == "outer":
            EmailBackend().send_messages([globals()["message"]("inner")])

    def fails(**kwargs):
        raise LookupError("receiver")

    def listens(message, **kwargs):
        heard.append(message.subject)

    for receiver in (sends, fails, listens):
        connect(post_send, receiver)

    message("outer").send()

    assert heard == ["inner", "outer"]


def test_signals_name_the_alias(outbox, connect):
    aliases = []

    def receiver(alias, **kwargs):
        aliases.append(alias)

    connect(pre_send, receiver)
    connect(post_send, receiver)

    EmailBackend(alias="bulk").send_messages([message()])

    assert aliases == ["bulk", "bulk"]


def test_refusal_is_still_raised_with_receivers(outbox, outcomes):
    outbox.add_fault("error", status=400, code="InvalidBody")

    with pytest.raises(RejectedError):
        message().send()
