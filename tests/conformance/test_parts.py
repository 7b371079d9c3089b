"""Each part of a message arrives in full, or somebody is told, or it is refused."""

import pytest

from django_directmail._compat import build_mailer
from django_directmail.api.actions.mail import SingleSendMail
from django_directmail.api.errors import RejectedError, UnsupportedMessage
from django_directmail.api.fields import wire_names
from django_directmail.backends import EmailBackend
from django_directmail.message.policy import POLICIES
from tests.support.message_parts import attributes
from tests.support.message_parts_beyond import ROWS
from tests.support.messages import message, parameters
from tests.support.smtp_server import SMTP_BACKEND

pytest_plugins = ["tests.support.smtp_fallback"]


def named(rows):
    """Return the rows as parameters of a test."""
    return [
        pytest.param(row, id=f"{n}-{row.what.replace(' ', '-')}")
        for n, row in enumerate(rows)
    ]


def warnings(caplog):
    """Return the warnings, without what they all begin with."""
    return [
        record.getMessage().removeprefix("A mail is not sent as it is: ")
        for record in caplog.records
        if record.name == "django_directmail"
    ]


@pytest.mark.parametrize(
    "row", named(row for row in ROWS if not (row.error or row.is_fallback))
)
def test_what_arrives(mailer, caplog, row):
    outbox = mailer(**row.settings)
    one = row.make()
    before = attributes(one)

    assert EmailBackend().send_messages([one]) == 1

    assert attributes(one) == before
    assert [parameters(mail) for mail in outbox.mails] == row.expected()
    for mail in outbox.mails:
        assert tuple((f.name, f.content) for f in mail.attachments) == row.files
    found = warnings(caplog)
    assert len(found) == (1 if row.warning else 0)
    assert row.warning in "".join(found)


@pytest.mark.parametrize("row", named(row for row in ROWS if row.error))
def test_what_is_refused(mailer, row):
    outbox = mailer(**row.settings)

    with pytest.raises(UnsupportedMessage) as caught:
        row.make().send()

    assert row.error in str(caught.value)
    assert caught.value.accepted == "no"
    assert outbox.calls == 0


@pytest.mark.parametrize("row", named(row for row in ROWS if row.is_fallback))
def test_what_takes_the_other_mailer_is_what_django_would_send(
    mailer, smtp, caplog, row
):
    options = {"host": "127.0.0.1", "port": smtp.port}
    fallback = {"BACKEND": SMTP_BACKEND, "OPTIONS": options}
    outbox = mailer(**row.settings, SMTP_FALLBACK=fallback)
    one = row.make()
    one.extra_headers = {**one.extra_headers, "Message-ID": "<1@example.com>"}

    assert one.send() == 1
    build_mailer(SMTP_BACKEND, options, has_names=False).send_messages([one])

    ours, theirs = (entire(arrived) for arrived in smtp.messages)
    assert ours == theirs
    ours, theirs = smtp.envelopes
    assert (ours.mail_from, ours.rcpt_tos) == (theirs.mail_from, theirs.rcpt_tos)
    assert outbox.calls == 0
    assert warnings(caplog) == []


def entire(arrived):
    """Return headers and content of all parts, without boundaries and time."""
    return [
        (
            [h for h in part.items() if "boundary" not in h[1] and h[0] != "Date"],
            None if part.is_multipart() else part.get_payload(decode=True),
        )
        for part in arrived.walk()
    ]


class TestTable:
    """The table leaves nothing out."""

    def test_each_choice_of_each_policy_has_a_row(self):
        found = {
            (feature, choice)
            for row in ROWS
            for feature, choice in row.settings.get("POLICY", {}).items()
        }

        assert found == {
            (f, choice) for f, known in POLICIES.items() for choice in known
        }

    def test_each_policy_is_tried_without_being_set(self):
        tried = {row.what for row in ROWS if row.what.startswith("policy ")}

        assert tried >= {f"policy {feature}" for feature in POLICIES}

    def test_each_parameter_of_the_call_arrives_in_some_row(self):
        found = {name for row in ROWS for call in row.expected() for name in call}
        found |= {"attachments" for row in ROWS if row.files}

        assert found == set(wire_names(SingleSendMail))


def test_subject_that_is_too_long_for_directmail_is_refused_there(outbox):
    """Its own pages disagree about the limit, so that it has the last word."""
    with pytest.raises(RejectedError, match="Shorten the subject") as caught:
        message(subject="x" * 300).send()

    assert caught.value.accepted == "no"
    assert outbox.mails == []
