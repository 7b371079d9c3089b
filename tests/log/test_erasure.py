"""One address is erased from the log, row by row."""

import pytest
from django.core.mail import EmailMessage

from django_directmail.log.erasure import Erasure
from django_directmail.models import MailLog, MailRecipient
from tests.support.log_rows import CLEARED, CONTENT, add_mail

pytestmark = pytest.mark.django_db


def erase(address, **options):
    """Erase; return the numbers of deleted, shared and merely naming mails."""
    *_, erased = Erasure(address).run(**{"batch": 1000, **options})
    return (erased.deleted, erased.taken_out, erased.cleared)


def columns_of(log, names):
    """Return some columns of a mail as they are in the database now."""
    return MailLog.objects.values(*names).get(pk=log.pk)


@pytest.mark.django_db(databases=["default", "log"])
def test_the_database_of_the_log_is_used(settings):
    for _ in range(2):
        add_mail("bob@example.com", days=100)
        add_mail("bob@example.com", days=40, **CONTENT)
        add_mail("bob@example.com", days=1)
        settings.DIRECTMAIL = {"LOG": {"DATABASE": "log"}}

    assert erase("bob@example.com") == (3, 0, 0)
    assert MailLog.objects.using("log").count() == 0
    assert MailLog.objects.using("default").count() == 3
    assert MailLog.objects.using("default").filter(has_body=True).count() == 1


class TestErasure:
    @pytest.mark.parametrize(
        "asked", ["bob@example.com", "BOB@Example.com", "Bob <bob@example.com>"]
    )
    def test_a_mail_to_this_address_alone_is_deleted(self, asked):
        add_mail("Bob@Example.com")
        other = add_mail("joe@example.com", **CONTENT)

        assert erase(asked) == (1, 0, 0)
        assert list(MailLog.objects.all()) == [other]
        assert columns_of(other, CONTENT) == CONTENT

    def test_the_two_spellings_of_a_domain_are_one_address(self):
        add_mail("bob@b\u00fccher.example")
        add_mail("bob@xn--bcher-kva.example")

        assert erase("bob@B\u00dcCHER.example") == (2, 0, 0)

    def test_a_mail_to_others_too_loses_recipient_and_content(self):
        log = add_mail("bob@example.com", "joe@example.com", env_id="e1", **CONTENT)

        assert erase("bob@example.com") == (0, 1, 0)
        assert [r.address for r in log.recipients.all()] == ["joe@example.com"]
        assert columns_of(log, CONTENT) == CLEARED
        assert columns_of(log, ["env_id"]) == {"env_id": "e1"}

    @pytest.mark.parametrize(
        "columns",
        [
            {"parameters": {"reply_address": "bob@example.com"}},
            {"parameters": {"headers": {"X-User-A": "<bob@example.com>, x"}}},
            {"parameters": {"headers": {"X-User-A": "/?to=bob%40example.com&x"}}},
            {"metadata": {"customer": "BOB@example.com"}},
            {"subject": "Message from bob@example.com."},
            {"text_body": "\u6765\u81eabob@example.com\u7684\u90ae\u4ef6"},
            {"html_body": '<a href="mailto:bob@example.com">'},
            {"sender": "Bob@example.com"},
        ],
    )
    def test_a_mail_that_names_it_anywhere_loses_its_content(self, columns):
        log = add_mail("joe@example.com", **{**CONTENT, **columns})

        assert erase("bob@example.com") == (0, 0, 1)
        assert columns_of(log, [*CLEARED, "sender"]) == {**CLEARED, "sender": ""}
        assert log.recipients.count() == 1

    @pytest.mark.parametrize(
        "other",
        [
            "jimbob@example.com",
            "jim.bob@example.com",
            "jim+bob@example.com",
            "bob@example.com.au",
            "bob@example.community",
            "bob@example-com",
            "bobXexample.com",
        ],
    )
    def test_a_similar_address_is_another_one(self, other):
        columns = {**CONTENT, "subject": f"From {other}", "sender": "s@example.com"}
        log = add_mail(other, **columns)

        assert erase("bob@example.com") == (0, 0, 0)
        assert columns_of(log, columns) == columns

    def test_signs_with_a_meaning_for_databases_mean_themselves(self):
        add_mail(subject="to a_b%c@example.com", sender="s@example.com")
        other = add_mail(subject="to aXbYc@example.com", sender="s@example.com")

        assert erase("a_b%c@example.com") == (0, 0, 1)
        assert columns_of(other, ["subject"])["subject"] != ""

    def test_a_sender_who_is_somebody_else_stays_known(self):
        log = add_mail("bob@example.com", "a@example.com", sender="s@example.com")

        erase("bob@example.com")

        assert columns_of(log, ["sender"]) == {"sender": "s@example.com"}

    def test_addresses_of_a_refused_mail_are_found_as_they_were_written(self):
        add_mail("a@example.com, bob@example.com", status="rejected", nonce="")
        both = add_mail("<bob@example.com", "x", status="rejected", nonce="")
        other = add_mail("a@example.com, jimbob@example.com", nonce="")

        assert erase("bob@example.com") == (1, 1, 0)
        assert set(MailLog.objects.all()) == {both, other}
        assert [r.address for r in both.recipients.all()] == ["x"]

    def test_queued_mails_are_left_and_named(self):
        waiting = {"status": "queued", "accepted": "no", **CONTENT}
        alone = add_mail("bob@example.com", **waiting)
        shared = add_mail("bob@example.com", "joe@example.com", **waiting)
        naming = add_mail(**{**waiting, "subject": "bob@example.com"})
        add_mail(**waiting)
        add_mail("bob@example.com")

        assert erase("bob@example.com") == (1, 0, 0)
        assert set(Erasure("bob@example.com").queued()) == {
            alone.pk,
            shared.pk,
            naming.pk,
        }
        assert columns_of(shared, CONTENT) == CONTENT

    def test_a_mail_resent_from_an_erased_one_stays(self):
        young = add_mail(resent_from=add_mail("bob@example.com"))

        assert erase("bob@example.com") == (1, 0, 0)
        assert columns_of(young, ["resent_from"]) == {"resent_from": None}

    def test_dry_run_counts_the_same_and_changes_nothing(self):
        add_mail("bob@example.com", **CONTENT)
        add_mail("bob@example.com", "joe@example.com", subject="To bob@example.com")
        add_mail(metadata={"from": "bob@example.com"})
        add_mail("bob@example.com, x", nonce="")
        before = list(MailLog.objects.values()), list(MailRecipient.objects.values())

        counted = erase("bob@example.com", dry_run=True)

        assert (
            list(MailLog.objects.values()),
            list(MailRecipient.objects.values()),
        ) == (before)
        assert counted == erase("bob@example.com") == (2, 1, 1)

    def test_small_batches_find_the_same(self):
        for _ in range(5):
            add_mail("bob@example.com")
            add_mail("bob@example.com", "BOB@example.com", "joe@example.com")
            add_mail(subject="bob@example.com")

        steps = Erasure("bob@example.com").run(batch=2)

        assert [step.searched for step in steps] == [0] * 5 + [2, 4, 6, 8, 10]
        assert erase("bob@example.com") == (0, 0, 0)
        assert MailRecipient.objects.filter(address_key="bob@example.com").count() == 0

    @pytest.mark.parametrize("address", ["", "bob", "bob@", "a@example.com, b"])
    def test_what_is_no_address_is_refused(self, address):
        with pytest.raises(ValueError, match="--address"):
            Erasure(address)


def test_nothing_is_left_of_an_address_that_stood_everywhere(mailer):
    """As the log itself is written, for mails that went out and one that could not."""
    mailer(LOG={"BODIES": True}, POLICY={"headers": "warn"})
    for to in (["bob@example.com"], ["joe@example.com", "Bob <Bob@Example.com>"]):
        message = EmailMessage(
            "For bob@example.com",
            "Dear bob@example.com",
            "Bob <bob@example.com>",
            to,
            bcc=["bob@example.com"],
            reply_to=["bob@example.com"],
            headers={"List-Unsubscribe": "<https://example.com/?bob%40example.com>"},
        )
        message.metadata = {"customer": "bob@example.com"}
        message.send()
    with pytest.raises(ValueError, match="not exactly one address"):
        EmailMessage("s", "b", to=["joe@example.com, bob@example.com"]).send()
    assert "bob" in everything_stored()

    assert erase("bob@example.com") == (2, 1, 0)
    assert "bob" not in everything_stored()
    assert "joe@example.com" in everything_stored()


def everything_stored():
    """Return all that the log holds, in lower case."""
    rows = [*MailLog.objects.values(), *MailRecipient.objects.values()]
    return str(rows).lower()
