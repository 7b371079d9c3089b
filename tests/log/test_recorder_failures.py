"""The log in trouble: it never stops a mail, and never has one sent twice."""

import asyncio
import contextlib
import logging
import sys
from datetime import timedelta

import django
import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.log import configure_logging

from django_directmail.api.errors import (
    DirectMailError,
    SendError,
    UnsupportedMessage,
)
from django_directmail.backends import EmailBackend
from django_directmail.models import MailLog


def message(subject="Subject", key=None, **values):
    """Return a message, complete unless ``values`` say otherwise."""
    values = {"to": ["to@example.com"], "from_email": "from@example.com", **values}
    found = EmailMessage(subject, "Content", **values)
    if key is not None:
        found.idempotency_key = key
    return found


def send(*messages):
    """Send a list; return the count, or ``None`` if some failed."""
    with contextlib.suppress(DirectMailError):
        return EmailBackend().send_messages(list(messages))


@contextlib.contextmanager
def cut_off():
    """Have the server end our connection; SQLite refuses to write instead."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        pragma = "PRAGMA query_only = {}".format
        with connection.cursor() as cursor:
            cursor.execute(pragma("ON"))
        yield
        with connection.cursor() as cursor:
            cursor.execute(pragma("OFF"))
        return
    number, end = {
        "postgresql": ("pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
        "mysql": ("CONNECTION_ID()", "KILL %s"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {number}")
        (number,) = cursor.fetchone()
    other = connection.copy("other")
    with other.cursor() as cursor:
        cursor.execute(end, [number])
    other.close()
    yield


class TestBrokenDatabase:
    """The mail goes out, the count is right, and the logger hears of it."""

    @pytest.mark.django_db(transaction=True)
    def test_database_that_stops_in_the_middle_of_a_list(
        self, outbox, after_begin, caplog
    ):
        with contextlib.ExitStack() as stack:
            # After the rows are written, before the first call.
            after_begin(lambda submissions: stack.enter_context(cut_off()))

            assert send(message("1"), message("2")) == 2

        assert [mail.subject for mail in outbox.mails] == ["1", "2"]
        records = [r for r in caplog.records if r.name == "django_directmail"]
        statuses = {row.status for row in MailLog.objects.all()}
        if connection.vendor != "sqlite":
            # A second attempt, over a new connection, is enough.
            assert (records, statuses) == ([], {"accepted"})
            return
        assert [record.levelname for record in records] == ["ERROR"]
        assert "The mail log was not written" in records[0].message
        # Nobody told them how it ended.
        assert statuses == {"sending"}

    @pytest.mark.django_db(transaction=True)
    def test_database_that_is_gone_at_first_and_back_at_the_end(
        self, outbox, after_begin, caplog
    ):
        stack = contextlib.ExitStack()
        after_begin(lambda submissions: stack.close())
        stack.enter_context(cut_off())

        assert send(message("1"), message("2")) == 2

        assert len(outbox.mails) == 2
        rows = MailLog.objects.all()
        assert {(row.status, row.recipients.count()) for row in rows} == {
            ("accepted", 1)
        }

    @pytest.mark.django_db(transaction=True)
    def test_mail_with_a_key_waits_until_the_key_can_be_kept(self, outbox):
        keyed = message(key="k")

        with cut_off(), pytest.raises(DirectMailError, match="idempotency key") as told:
            EmailBackend().send_messages([keyed])

        assert (told.value.accepted, told.value.retryable) == ("no", True)
        assert keyed.directmail_status.status == "failed"
        assert keyed.send() == 1
        assert len(outbox.mails) == 1

    @pytest.mark.django_db(transaction=True)
    def test_mails_without_a_key_go_out_beside_it(self, outbox):
        with cut_off():
            send(message("1", key="k"), message("2"))

        assert [mail.subject for mail in outbox.mails] == ["2"]

    @pytest.mark.django_db(transaction=True)
    def test_connection_that_is_sound_stays_open(self, outbox, settings):
        """Its owner may be in the middle of reading from it."""
        if connection.vendor == "sqlite" and sys.version_info < (3, 11):
            pytest.skip("until Python 3.10, sqlite3 resets all cursors at a rollback")
        Group.objects.bulk_create(Group(name=str(n)) for n in range(300))
        settings.DIRECTMAIL["LOG"] = {"DATABASE": "default"}
        table = MailLog._meta.db_table
        with connection.schema_editor() as schema:
            schema.alter_db_table(MailLog, table, "hidden")
        try:
            groups = Group.objects.order_by("pk").iterator(chunk_size=2)
            for group, _ in zip(groups, range(3), strict=False):
                send(message(group.name))
            rest = len(list(groups))
        finally:
            with connection.schema_editor() as schema:
                schema.alter_db_table(MailLog, "hidden", table)

        assert len(outbox.mails) == 3
        assert rest >= 296

    @pytest.mark.django_db(transaction=True)
    def test_next_mail_is_on_record_again(self, outbox):
        with cut_off():
            send(message("1"))

        assert send(message("2")) == 1

        assert MailLog.objects.filter(subject="2", status="accepted").exists()

    @pytest.mark.django_db
    def test_missing_table_within_a_transaction_of_the_caller(self, outbox, caplog):
        if not connection.features.can_rollback_ddl:
            pytest.skip(f"{connection.vendor} cannot take back a renamed table")
        table = MailLog._meta.db_table
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {table} RENAME TO hidden")

            assert send(message()) == 1
            send(message(key="k"))

            # The caller's transaction goes on.
            with connection.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM hidden")
            transaction.set_rollback(True)
        assert len(outbox.mails) == 1
        assert "and migrated?" in caplog.text

    @pytest.mark.django_db
    def test_alias_that_is_no_database(self, mailer, caplog):
        outbox = mailer(LOG={"DATABASE": "nowhere"})

        assert send(message()) == 1

        assert len(outbox.mails) == 1
        assert "ConnectionDoesNotExist" in caplog.text

    @pytest.mark.django_db
    def test_error_of_the_log_that_goes_to_the_admins_does_not_go_round(
        self, mailer, settings
    ):
        outbox = mailer(LOG={"DATABASE": "nowhere"})
        settings.ADMINS = (
            ["admin@example.com"]
            if django.VERSION >= (6, 0)
            else [("Admin", "admin@example.com")]
        )
        config = {"loggers": {"django_directmail": {"handlers": ["mail_admins"]}}}
        config |= {"version": 1, "disable_existing_loggers": False}
        handler = {"class": "django.utils.log.AdminEmailHandler", "level": "ERROR"}
        config["handlers"] = {"mail_admins": handler}
        try:
            configure_logging("logging.config.dictConfig", config)

            assert send(message()) == 1
        finally:
            logging.getLogger("django_directmail").handlers.clear()

        # One to the recipient, one about the log, and none about that one.
        assert [mail.to for mail in outbox.mails] == [
            ["admin@example.com"],
            ["to@example.com"],
        ]

    @pytest.mark.django_db
    def test_event_loop_without_sync_to_async(self, outbox, caplog):
        async def work():
            return send(message())

        assert asyncio.run(work()) == 1

        assert len(outbox.mails) == 1
        assert "SynchronousOnlyOperation" in caplog.text

    def test_database_that_a_test_forbids(self, mailer, caplog):
        outbox = mailer(LOG={"ENABLED": True})

        assert send(message()) == 1

        assert len(outbox.mails) == 1
        assert "The mail log was not written" in caplog.text


class Replica:
    """A router that reads from one database and writes to another."""

    def db_for_read(self, model, **hints):
        """Read from the other one."""
        return "log"

    def db_for_write(self, model, **hints):
        """Write to the usual one."""
        return "default"


class TestTransactions:
    """What a rollback of the caller takes away."""

    @pytest.mark.django_db(transaction=True, databases=["default", "log"])
    def test_rows_go_where_routers_write(self, outbox, settings):
        settings.DATABASE_ROUTERS = ["tests.log.test_recorder_failures.Replica"]

        counts = [send(message(key="k")) for _ in range(2)]

        assert (counts, len(outbox.mails)) == ([1, 1], 1)
        assert MailLog.objects.using("default").count() == 1
        assert MailLog.objects.using("log").count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_rows_go_with_the_transaction(self, outbox):
        with transaction.atomic():
            send(message())
            assert MailLog.objects.count() == 1
            transaction.set_rollback(True)

        assert len(outbox.mails) == 1
        assert MailLog.objects.count() == 0

    @pytest.mark.django_db(transaction=True, databases=["default", "log"])
    def test_rows_of_another_database_stay(self, mailer):
        outbox = mailer(LOG={"DATABASE": "log"})

        with transaction.atomic():
            send(message())
            transaction.set_rollback(True)

        assert len(outbox.mails) == 1
        assert MailLog.objects.using("default").count() == 0
        (row,) = MailLog.objects.all()
        assert (row._state.db, row.status) == ("log", "accepted")
        assert [r.address for r in row.recipients.all()] == ["to@example.com"]


@pytest.mark.django_db
class TestKeys:
    """A second message with a key that is taken is not sent."""

    def test_second_message_gets_the_status_of_the_first(self, outbox):
        send(message("1", key="k"))
        second = message("2", key="k", to=["other@example.com"])

        assert send(second) == 1

        (mail,) = outbox.mails
        status = second.directmail_status
        assert (status.status, status.env_ids) == ("accepted", [mail.env_id])
        assert list(status.recipients) == ["to@example.com"]
        assert MailLog.objects.count() == 1

    def test_twin_in_the_same_list_is_not_sent(self, outbox, caplog):
        twin = message("2", key="k")

        assert send(message("1", key="k"), twin, message("3")) == 3

        assert [mail.subject for mail in outbox.mails] == ["1", "3"]
        assert twin.directmail_status.status == "accepted"
        assert MailLog.objects.count() == 2
        assert MailLog.objects.filter(idempotency_key="k").count() == 1
        assert caplog.records == []

    def test_twin_of_one_that_failed_fails_as_well(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidBody")
        twin = message("2", key="k")

        with pytest.raises(SendError) as caught:
            EmailBackend().send_messages([message("1", key="k"), twin])

        assert [outcome.position for outcome in caught.value.failed] == [0, 1]

    def test_known_one_does_not_take_the_log_from_the_others(self, outbox, caplog):
        send(message("1", key="1"))
        for _ in range(3):
            assert send(message("1", key="1"), message("2", key="2")) == 2

        assert [mail.subject for mail in outbox.mails] == ["1", "2"]
        assert caplog.records == []

    def test_one_that_never_ended_is_unconfirmed_after_a_while(self, outbox):
        send(message(key="k"))
        long_ago = timezone.now() - timedelta(minutes=16)
        MailLog.objects.update(status="sending", accepted="unknown", env_id="")
        second, third = message(key="k"), message(key="k")
        assert send(second) == 0
        MailLog.objects.update(created_at=long_ago)
        assert send(third) == 0

        statuses = [one.directmail_status.status for one in (second, third)]
        assert statuses == ["sending", "unconfirmed"]

    @pytest.mark.parametrize(
        ("one", "other"), [("Key", "key"), ("é", "e"), ("ß", "ss")]
    )
    def test_keys_are_told_apart_to_the_letter(self, outbox, one, other):
        send(message(key=one))

        assert send(message(key=other)) == 1

        assert len(outbox.mails) == 2
        assert MailLog.objects.filter(status="accepted").count() == 2

    def test_unconfirmed_one_is_not_sent_again(self, outbox):
        outbox.add_fault("drop_after")
        send(message(key="k"))
        second = message(key="k")

        assert send(second) == 0

        assert len(outbox.mails) == 1
        assert second.directmail_status.status == "unconfirmed"

    @pytest.mark.parametrize("code", ["Throttling.User", "InvalidBody"])
    def test_one_that_surely_did_not_arrive_may_be_sent_again(self, outbox, code):
        outbox.add_fault("error", status=400, code=code)
        send(message(key="k"))

        assert send(message(key="k")) == 1

        assert len(outbox.mails) == 1
        keys = MailLog.objects.order_by("created_at").values_list("idempotency_key")
        assert list(keys) == [(None,), ("k",)]

    def test_half_accepted_one_is_not_sent_again(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidToAddress.Spam")
        to = [f"user{n}@example.com" for n in range(101)]
        send(message(key="k", to=to))
        second = message(key="k", to=to)

        assert send(second) == 0

        assert len(outbox.mails) == 1
        status = second.directmail_status
        assert status.status == "partial"
        assert status.recipients["user0@example.com"].status == "rejected"
        assert status.recipients["user100@example.com"].status == "accepted"

    def test_message_that_could_not_be_expressed_leaves_its_key_free(self, outbox):
        send(message(key="k", to=["webmaster"]))

        assert send(message(key="k")) == 1

    @pytest.mark.parametrize(
        "key", ["", "x" * 256, "a\nb", 7.5, b"k", "a\0b", " a", "a ", "\ud800"]
    )
    def test_odd_key_is_refused_or_text(self, outbox, key):
        one = message(key=key)
        if key == 7.5:
            assert one.send() == 1
            assert MailLog.objects.get().idempotency_key == "7.5"
            return

        with pytest.raises(UnsupportedMessage, match="idempotency_key"):
            one.send()

        assert outbox.calls == 0

    def test_key_without_a_log_is_refused(self, mailer):
        outbox = mailer(LOG={"ENABLED": False})

        with pytest.raises(UnsupportedMessage, match="there is no log"):
            message(key="k").send()

        assert outbox.calls == 0
