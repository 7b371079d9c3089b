"""What leaves the log, row by row: old mails, old content, and one address."""

from datetime import timedelta
from itertools import islice

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_directmail.log.retention import (
    Erasure,
    clear_content,
    days_ago,
    delete_mails,
)
from django_directmail.models import MailLog, MailRecipient
from tests.support.log_rows import CLEARED, CONTENT, add_mail

pytestmark = pytest.mark.django_db


def delete(*, days=90, batch=1000):
    """Delete what is older; return how many mails."""
    return list(delete_mails(days_ago(days), batch=batch))


def clear(*, days=30, batch=1000):
    """Clear the content of what is between ``days`` and 90 days old."""
    return list(clear_content(days_ago(days), since=days_ago(90), batch=batch))


def erase(address, **options):
    """Erase; return the numbers of deleted, shared and merely naming mails."""
    *_, erased = Erasure(address).run(**{"batch": 1000, **options})
    return (erased.deleted, erased.taken_out, erased.cleared)


def columns_of(log, names):
    """Return some columns of a mail as they are in the database now."""
    return MailLog.objects.values(*names).get(pk=log.pk)


class TestOldMails:
    def test_only_older_ones_are_deleted_with_their_recipients(self):
        add_mail("a@example.com", "b@example.com", days=91)
        young = add_mail("c@example.com", days=89)

        assert delete() == [1]
        assert list(MailLog.objects.all()) == [young]
        assert [r.address for r in MailRecipient.objects.all()] == ["c@example.com"]

    def test_queued_ones_stay_however_old(self):
        queued = add_mail(days=900, status="queued", accepted="no")

        assert delete() == []
        assert list(MailLog.objects.all()) == [queued]

    def test_younger_ones_forget_from_which_they_were_resent(self):
        old = add_mail(days=100)
        older = add_mail(days=101)
        add_mail(days=99, resent_from=older)
        young = add_mail(days=1, resent_from=old, resent_by="ann")

        assert delete() == [3]
        young.refresh_from_db()
        assert (young.resent_from, young.resent_by) == (None, "ann")

    def test_batches_are_as_small_as_asked_even_within_one_moment(self):
        moment = timezone.now() - timedelta(days=100)
        for _ in range(5):
            log = add_mail()
            MailLog.objects.filter(pk=log.pk).update(created_at=moment)

        assert delete(batch=2) == [2, 4, 5]
        assert not MailLog.objects.exists()

    def test_who_stops_in_between_loses_only_the_rest(self):
        for days in range(100, 106):
            add_mail(days=days)

        done = list(islice(delete_mails(days_ago(90), batch=2), 2))

        assert done == [2, 4]
        assert MailLog.objects.count() == MailRecipient.objects.count() == 2
        assert delete() == [2]

    def test_a_full_batch_fits_into_one_query_of_each_kind(self):
        moment = timezone.now() - timedelta(days=100)
        MailLog.objects.bulk_create(
            MailLog(status="accepted", accepted="yes", created_at=moment, **CONTENT)
            for _ in range(10_001)
        )
        MailRecipient.objects.bulk_create(
            MailRecipient(log_id=pk, address="a@example.com", address_key="a")
            for pk in MailLog.objects.values_list("pk", flat=True)
        )

        assert delete(batch=10_000) == [10_000, 10_001]
        assert not MailRecipient.objects.exists()

    def test_no_body_is_read(self):
        for _ in range(3):
            add_mail(days=100, **CONTENT)
            add_mail(days=40, **CONTENT)

        with CaptureQueriesContext(connection) as queries:
            assert delete(batch=2) == [2, 3]
            assert clear(batch=2) == [2, 3]

        read = [q["sql"] for q in queries if q["sql"].startswith("SELECT")]
        assert read
        assert not [sql for sql in read if "text_body" in sql or "html_body" in sql]


@pytest.mark.django_db(databases=["default", "log"])
def test_all_of_it_happens_in_the_database_of_the_log(settings):
    for _ in range(2):
        add_mail("bob@example.com", days=100)
        add_mail("bob@example.com", days=40, **CONTENT)
        add_mail("bob@example.com", days=1)
        settings.DIRECTMAIL = {"LOG": {"DATABASE": "log"}}

    assert (delete(), clear(), erase("bob@example.com")) == ([1], [1], (2, 0, 0))
    assert MailLog.objects.using("log").count() == 0
    assert MailLog.objects.using("default").count() == 3
    assert MailLog.objects.using("default").filter(has_body=True).count() == 1


class TestOldContent:
    def test_bodies_are_cleared_and_the_record_stays(self):
        log = add_mail(days=31, **CONTENT)

        assert clear() == [1]
        assert columns_of(log, CONTENT) == {
            **CONTENT,
            "text_body": "",
            "html_body": "",
            "has_body": False,
        }

    @pytest.mark.parametrize(
        ("days", "status"), [(29, "accepted"), (31, "queued"), (91, "accepted")]
    )
    def test_other_mails_keep_theirs(self, days, status):
        log = add_mail(days=days, status=status, **CONTENT)

        assert clear() == []
        assert columns_of(log, CONTENT) == CONTENT

    def test_the_data_of_a_template_goes_too(self):
        template = {"template_id": "17", "template_data": {"code": "4711"}}
        parameters = {"template": template, "click_trace": "1"}
        log = add_mail(days=31, template_id="17", parameters=parameters, has_body=True)
        bare = add_mail(days=31, template_id="17", has_body=True)

        assert clear() == [2]
        assert columns_of(log, ["parameters", "has_body"]) == {
            "parameters": {"template": {"template_id": "17"}, "click_trace": "1"},
            "has_body": False,
        }
        assert columns_of(bare, ["parameters"]) == {"parameters": {}}

    def test_a_full_batch_of_templates_fits(self):
        moment = timezone.now() - timedelta(days=40)
        template = {"template_id": "17", "template_data": {"code": "4711"}}
        MailLog.objects.bulk_create(
            MailLog(
                status="accepted",
                accepted="yes",
                created_at=moment,
                template_id="17",
                parameters={"template": template},
                has_body=True,
            )
            for _ in range(2_500)
        )

        assert clear(batch=1_000) == [1_000, 2_000, 2_500]
        kept = MailLog.objects.values_list("parameters", flat=True)
        assert set(map(str, kept)) == {"{'template': {'template_id': '17'}}"}


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
