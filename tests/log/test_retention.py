"""Old mails are deleted, and old content is cleared, row by row."""

from datetime import timedelta
from itertools import islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_directmail.log.retention import clear_content, days_ago, delete_mails
from django_directmail.models import MailLog, MailRecipient
from tests.support.log_rows import CONTENT, add_mail

pytestmark = pytest.mark.django_db


def delete(*, days=90, batch=1000):
    """Delete what is older; return how many mails."""
    return list(delete_mails(days_ago(days), batch=batch))


def clear(*, days=30, batch=1000):
    """Clear the content of what is between ``days`` and 90 days old."""
    return list(clear_content(days_ago(days), since=days_ago(90), batch=batch))


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
def test_the_database_of_the_log_is_used(settings):
    for _ in range(2):
        add_mail("bob@example.com", days=100)
        add_mail("bob@example.com", days=40, **CONTENT)
        add_mail("bob@example.com", days=1)
        settings.DIRECTMAIL = {"LOG": {"DATABASE": "log"}}

    assert (delete(), clear()) == ([1], [1])
    assert MailLog.objects.using("log").count() == 2
    assert MailLog.objects.using("log").filter(has_body=True).count() == 0
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
