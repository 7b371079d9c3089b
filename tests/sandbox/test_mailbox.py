"""Which mails the mailbox keeps, and what of them."""

from django_directmail.api import Client
from django_directmail.sandbox import Sandbox
from django_directmail.sandbox.http_request import ApiCall
from django_directmail.sandbox.mailbox import Mailbox
from tests.support.api_samples import KEY, mail


def received(number=1, **changes):
    """Return an accepted call with a mail."""
    return ApiCall(
        version="2015-11-23",
        action="SingleSendMail",
        signature="HMAC-SHA1",
        access_key_id="id",
        format="JSON",
        parameters={
            "AccountName": "a@example.com",
            "ToAddress": "b@example.org",
            "Subject": f"Subject {number}",
            **changes,
        },
    )


def test_a_sandbox_keeps_the_newest_of_its_capacity():
    with Sandbox(capacity=2) as sandbox:
        for number in range(3):
            Client(KEY, endpoint=sandbox.url).call(mail(subject=f"{number}"))

        assert [m.subject for m in sandbox.mails] == ["1", "2"]
        assert [m.id for m in sandbox.mails] == [2, 3]


def test_large_mail_makes_room_by_its_size():
    mailbox = Mailbox(capacity=10, max_size=1000)

    for number in range(3):
        mailbox.accept(received(number, TextBody="x" * 400), "R")

    assert [m.subject for m in mailbox.all()] == ["Subject 1", "Subject 2"]


def test_the_newest_is_kept_whatever_its_size():
    mailbox = Mailbox(capacity=10, max_size=1000)

    mailbox.accept(received(1), "R")
    mailbox.accept(received(2, TextBody="x" * 5000), "R")

    assert [m.subject for m in mailbox.all()] == ["Subject 2"]


def test_ids_go_on_after_clearing():
    mailbox = Mailbox()
    first = mailbox.accept(received(1), "R")

    mailbox.clear()
    second = mailbox.accept(received(2), "R")

    assert (first.id, second.id) == (1, 2)
    assert mailbox.get(first.id) is None
    assert mailbox.get(second.id) is second
    assert mailbox.all() == [second]


def test_every_change_has_its_own_revision():
    mailbox = Mailbox()
    revisions = [mailbox.revision]

    for change in (lambda: mailbox.accept(received(), "R"), mailbox.clear):
        change()
        revisions.append(mailbox.revision)

    assert len(set(revisions)) == 3


def test_what_proves_the_sender_is_not_kept():
    mailbox = Mailbox()

    kept = mailbox.accept(
        received(Signature="proof", SecurityToken="proof", TagName="tag"), "R"
    )

    assert "proof" not in str(kept.as_dict())
    assert kept.parameters["TagName"] == "tag"


def test_the_representation_has_no_body():
    kept = Mailbox().accept(received(TextBody="private", HtmlBody="private"), "R")

    assert "private" not in repr(kept)
