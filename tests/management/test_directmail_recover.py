"""``manage.py directmail_recover``: what it settles, leaves alone, and tells."""

import io
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.signals import post_init
from django.utils import timezone

from django_directmail.backends import EmailBackend
from django_directmail.management.commands import directmail_recover
from django_directmail.models import MailLog
from tests.support.log_rows import add_mail

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    """A terminal, at which somebody presses Ctrl+C when ``stop_at`` is printed."""

    stop_at = None

    def isatty(self):
        """Say that this is one."""
        return True

    def write(self, text):
        """Print, or be interrupted."""
        if self.stop_at and self.stop_at in text:
            self.stop_at = None
            raise KeyboardInterrupt
        return super().write(text)


def run(*arguments, out=None):
    """Run the command; return the lines that it printed."""
    out = out or io.StringIO()
    call_command("directmail_recover", *arguments, stdout=out, no_color=True)
    return out.getvalue().splitlines()


def failure(*arguments, out=None):
    """Run the command, which must fail; return the error."""
    with pytest.raises(CommandError) as caught:
        run(*arguments, out=out)
    return caught.value


def add_sending(*, seconds, **columns):
    """Add a mail that was begun so long ago and never ended; return it."""
    log = add_mail(status="sending", accepted="unknown", **columns)
    log.created_at = timezone.now() - timedelta(seconds=seconds)
    log.save()
    return log


def mail(key):
    """Return a message with an idempotency key."""
    one = EmailMessage("Subject", "-", "a@example.com", ["b@example.com"])
    one.idempotency_key = key
    return one


class TestWhat:
    def test_a_mail_that_never_ended_is_unconfirmed_after_a_quarter_of_an_hour(self):
        old = add_sending(seconds=901)
        young = add_sending(seconds=890)

        assert run() == ["Mails that became unconfirmed: 1"]

        old.refresh_from_db()
        young.refresh_from_db()
        assert (old.status, old.accepted) == ("unconfirmed", "unknown")
        assert old.finished_at >= timezone.now() - timedelta(seconds=60)
        assert "its process was stopped" in old.error_message
        assert "Before it is sent again, look for it" in old.error_message
        assert young.status == "sending"

    def test_nothing_else_of_it_changes(self):
        log = add_sending(seconds=1000, idempotency_key="k", text_body="Content")
        before = MailLog.objects.values().get()

        run()

        after = MailLog.objects.values().get(pk=log.pk)
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"status", "finished_at", "error_message"}

    @pytest.mark.parametrize(
        "status",
        [s for s in MailLog.Status.values if s != "sending"],
    )
    def test_a_mail_that_ended_or_waits_is_left_alone(self, status):
        add_mail(days=9, status=status)
        before = list(MailLog.objects.values())

        assert run("--older-than=0") == ["Mails that became unconfirmed: 0"]
        assert list(MailLog.objects.values()) == before

    def test_zero_seconds_are_all(self):
        add_sending(seconds=0)
        add_sending(seconds=10_000)

        assert run("--older-than=0") == ["Mails that became unconfirmed: 2"]
        assert not MailLog.objects.filter(status="sending").exists()

    def test_dry_run_foretells_it_and_changes_nothing(self):
        add_sending(seconds=1000)
        before = list(MailLog.objects.values())

        assert run("--dry-run") == [
            "Dry run: nothing is changed.",
            "Mails that would become unconfirmed: 1",
        ]
        assert list(MailLog.objects.values()) == before

    def test_it_can_be_run_again(self):
        add_sending(seconds=1000)
        run()
        before = list(MailLog.objects.values())

        assert run() == ["Mails that became unconfirmed: 0"]
        assert list(MailLog.objects.values()) == before

    @pytest.mark.django_db(databases=["default", "log"])
    def test_it_settles_where_the_log_is(self, settings):
        settings.DIRECTMAIL = {"LOG": {"DATABASE": "log"}}
        add_sending(seconds=1000)

        assert run() == ["Mails that became unconfirmed: 1"]
        assert MailLog.objects.using("log").get().status == "unconfirmed"


class TestKeys:
    def test_a_key_stays_taken_because_the_mail_may_be_there(self, outbox):
        add_sending(seconds=1000, idempotency_key="k")
        run()
        second = mail("k")

        assert second.send() == 0

        assert second.directmail_status.status == "unconfirmed"
        assert outbox.calls == 0


class TestLateEnd:
    """A process that was believed to be gone, and is not."""

    def settle_all(self, submissions):
        assert MailLog.objects.filter(status="sending").exists()
        run("--older-than=0")
        assert not MailLog.objects.filter(status="sending").exists()

    @pytest.mark.parametrize(
        ("fault", "status", "accepted"),
        [
            (None, "accepted", "yes"),
            ({"kind": "error", "status": 400, "code": "InvalidBody"}, "rejected", "no"),
            ({"kind": "throttled", "retry_after": 0}, "failed", "no"),
            ({"kind": "drop_after"}, "unconfirmed", "unknown"),
        ],
    )
    def test_the_true_outcome_is_written_over_the_guess(
        self, outbox, after_begin, fault, status, accepted
    ):
        after_begin(self.settle_all)
        if fault:
            outbox.add_fault(**fault)
        one = mail("k")

        try:
            EmailBackend().send_messages([one])
        except Exception as error:
            told = str(error)
        else:
            told = ""

        row = MailLog.objects.get()
        assert (row.status, row.accepted, row.attempts) == (status, accepted, 1)
        assert row.error_message == told
        assert row.env_id == "".join(m.env_id for m in outbox.mails if not fault)
        assert row.recipients.count() == 1

    def test_an_end_between_the_look_and_the_update_wins(self):
        """Two statements: which ones there are, and the update of these."""
        log, other = add_sending(seconds=1000), add_sending(seconds=1000)
        updates = []

        def end_first(execute, sql, *arguments):
            if sql.startswith("UPDATE"):
                updates.append(sql)
                if len(updates) == 1:
                    found = MailLog.objects.filter(pk=log.pk)
                    found.update(status="accepted", accepted="yes")
            return execute(sql, *arguments)

        with connection.execute_wrapper(end_first):
            assert run() == ["Mails that became unconfirmed: 1"]

        rows = dict(MailLog.objects.values_list("pk", "status"))
        assert rows == {log.pk: "accepted", other.pk: "unconfirmed"}


class TestProgress:
    @pytest.fixture(autouse=True)
    def _mails(self, monkeypatch):
        monkeypatch.setattr(directmail_recover, "BATCH", 2)
        for _ in range(5):
            add_sending(seconds=1000)

    def test_a_terminal_shows_one_line_that_is_rewritten(self):
        terminal = Terminal()

        run(out=terminal)

        assert terminal.getvalue() == (
            "\rSettled: 2 / 5\rSettled: 4 / 5\rSettled: 5 / 5\n"
            "Mails that became unconfirmed: 5\n"
        )

    def test_a_file_gets_the_result_only(self):
        assert run() == ["Mails that became unconfirmed: 5"]

    def test_a_file_gets_a_line_for_each_batch_if_asked(self):
        assert run("-v2")[:2] == ["Settled: 2 / 5", "Settled: 4 / 5"]

    @pytest.mark.parametrize("out", [io.StringIO(), Terminal()])
    def test_nothing_is_printed_if_asked(self, out):
        assert run("-v0", out=out) == []
        assert not MailLog.objects.filter(status="sending").exists()

    def test_an_interrupt_leaves_whole_batches_and_says_so(self):
        terminal = Terminal()
        terminal.stop_at = "4 / 5"

        error = failure(out=terminal)

        assert error.returncode == 130
        assert str(error) == "Interrupted. Settled: 4 / 5. Run it again for the rest."
        assert run() == ["Mails that became unconfirmed: 1"]

    def test_no_row_is_loaded(self, connect):
        loaded = []
        connect(post_init, lambda sender, **kwargs: loaded.append(sender))

        run()

        assert loaded == []

    def test_a_batch_is_one_query_and_one_update(self, django_assert_num_queries):
        # How many there are, three batches, and nothing more.
        with django_assert_num_queries(1 + 3 * 2 + 1):
            run()


class TestTroubles:
    @pytest.mark.parametrize(
        "value", ["-1", "", "a", "1.5", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 11]
    )
    def test_numbers_that_cannot_be_are_refused(self, value):
        add_sending(seconds=1000)

        assert "is not a whole number from" in str(failure(f"--older-than={value}"))
        assert MailLog.objects.filter(status="sending").exists()

    def test_a_century_is_the_limit(self):
        assert run("--older-than=3153600000") == ["Mails that became unconfirmed: 0"]

    def test_a_database_that_is_not_configured_is_named(self, settings):
        settings.DIRECTMAIL = {"LOG": {"DATABASE": "nowhere"}}

        assert "nowhere" in str(failure())

    def test_settings_that_cannot_be_are_told(self, settings):
        settings.DIRECTMAIL = {"LOG": {"DATABSE": "default"}}

        assert 'Did you mean "DATABASE"?' in str(failure())

    def test_a_wrong_mailer_does_not_matter(self, configure):
        configure(REGION="nowhere")

        assert run() == ["Mails that became unconfirmed: 0"]


def test_help_says_when_it_may_be_zero(capsys):
    with pytest.raises(SystemExit):
        call_command("directmail_recover", "--help")

    shown = " ".join(capsys.readouterr().out.split())
    assert "only while everything that sends mail is stopped. Default: 900." in shown
