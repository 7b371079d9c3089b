"""``manage.py directmail_prune``: what it prints, asks and leaves behind."""

import io
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from django_directmail.models import MailLog
from tests.support.log_rows import CONTENT, add_mail

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
    call_command("directmail_prune", *arguments, stdout=out, stderr=out, no_color=True)
    return out.getvalue().splitlines()


def failure(*arguments, out=None):
    """Run the command, which must fail; return the error."""
    with pytest.raises(CommandError) as caught:
        run(*arguments, out=out)
    return caught.value


@pytest.fixture
def answer(monkeypatch):
    """Return a function that types an answer to the next question."""

    def answer(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return answer


class TestAge:
    def test_old_mails_go_by_the_retention_of_the_settings(self, settings):
        settings.DIRECTMAIL = {"LOG": {"RETENTION_DAYS": 7}}
        add_mail(days=8)
        young = add_mail(days=6, **CONTENT)

        assert run() == ["Mails older than 7 days, deleted: 1"]
        assert list(MailLog.objects.filter(has_body=True)) == [young]

    def test_ninety_days_are_the_default(self):
        add_mail(days=91)
        add_mail(days=89)

        assert run() == ["Mails older than 90 days, deleted: 1"]

    def test_options_delete_some_and_clear_others(self):
        add_mail(days=31, **CONTENT)
        clear = add_mail(days=11, **CONTENT)
        young = add_mail(days=9, **CONTENT)

        assert run("--rows=30", "--bodies=10") == [
            "Mails older than 30 days, deleted: 1",
            "Mails older than 10 days, content cleared: 1",
        ]
        assert dict(MailLog.objects.values_list("pk", "text_body")) == {
            clear.pk: "",
            young.pk: "Dear you",
        }

    def test_zero_days_are_all_but_the_queued_ones(self):
        queued = add_mail(status="queued", accepted="no")
        add_mail()

        run("--rows=0")

        assert list(MailLog.objects.all()) == [queued]

    def test_dry_run_foretells_it_and_changes_nothing(self):
        add_mail(days=31, **CONTENT)
        add_mail(days=11, **CONTENT)
        before = list(MailLog.objects.values())

        foretold = run("--rows=30", "--bodies=10", "--dry-run")

        assert list(MailLog.objects.values()) == before
        assert foretold == [
            "Dry run: nothing is changed.",
            "Mails older than 30 days that would be deleted: 1",
            "Mails older than 10 days whose content would be cleared: 1",
        ]
        done = run("--rows=30", "--bodies=10")
        assert [line[-3:] for line in done] == [": 1", ": 1"]

    def test_a_log_that_is_off_can_be_emptied(self, settings):
        settings.DIRECTMAIL = {"LOG": {"ENABLED": False}}
        add_mail(days=91)

        assert run() == ["Mails older than 90 days, deleted: 1"]


class TestProgress:
    @pytest.fixture(autouse=True)
    def _mails(self):
        for _ in range(5):
            add_mail(days=100)

    def test_a_terminal_shows_one_line_that_is_rewritten(self):
        terminal = Terminal()

        run("--batch=2", out=terminal)

        assert terminal.getvalue() == (
            "\rDeleted: 2 / 5\rDeleted: 4 / 5\rDeleted: 5 / 5\n"
            "Mails older than 90 days, deleted: 5\n"
        )

    def test_a_file_gets_the_result_only(self):
        assert len(run("--batch=2")) == 1

    def test_a_file_gets_a_line_for_each_batch_if_asked(self):
        assert run("--batch=2", "-v2") == [
            "Deleted: 2 / 5",
            "Deleted: 4 / 5",
            "Deleted: 5 / 5",
            "Mails older than 90 days, deleted: 5",
        ]

    @pytest.mark.parametrize("out", [io.StringIO(), Terminal()])
    def test_nothing_is_printed_if_asked(self, out):
        assert run("-v0", out=out) == []
        assert not MailLog.objects.exists()

    def test_an_interrupt_leaves_whole_batches_and_says_so(self):
        terminal = Terminal()
        terminal.stop_at = "4 / 5"

        error = failure("--batch=2", out=terminal)

        assert error.returncode == 130
        assert str(error) == "Interrupted. Deleted: 4 / 5. Run it again for the rest."
        assert MailLog.objects.count() == 1
        assert run() == ["Mails older than 90 days, deleted: 1"]


@pytest.mark.parametrize(
    "argument",
    [
        "--rows=-1",
        "--rows=",
        "--rows=a",
        "--bodies=36501",
        "--batch=0",
        "--batch=10001",
    ],
)
def test_numbers_that_cannot_be_are_refused(argument):
    add_mail(days=100)

    assert "is not a whole number from" in str(failure(argument))
    assert MailLog.objects.exists()


class TestAddress:
    def test_the_address_is_erased_and_the_numbers_are_told(self):
        add_mail("bob@example.com")
        add_mail("bob@example.com", "joe@example.com", **CONTENT)
        add_mail(parameters={"reply_address": "bob@example.com"})
        add_mail("joe@example.com", **CONTENT)

        printed = run("--address=Bob@example.com", "--noinput")

        assert printed[:3] == [
            "Mails to this address alone, deleted: 1",
            "Mails to several people, recipient and content taken out: 1",
            "Other mails that name it, content cleared: 1",
        ]
        assert printed[3].startswith("Not erased: DirectMail's console, ")
        assert MailLog.objects.filter(has_body=True).count() == 1

    def test_dry_run_asks_nothing_and_changes_nothing(self):
        add_mail("bob@example.com")

        printed = run("--address=bob@example.com", "--dry-run")

        assert printed[:2] == [
            "Dry run: nothing is changed.",
            "Mails to this address alone that would be deleted: 1",
        ]
        assert MailLog.objects.exists()

    @pytest.mark.parametrize(("text", "left"), [("yes\n", 0), ("no\n", 1), ("\n", 1)])
    def test_only_a_yes_lets_it_go_on(self, answer, capsys, text, left):
        add_mail("bob@example.com")
        answer(text)

        printed = run("--address=bob@example.com")

        question = capsys.readouterr().out
        assert "erases bob@example.com from the mail log" in question
        assert "Mails to it: 1." in question
        assert MailLog.objects.count() == left
        assert (printed == ["Nothing was erased."]) == bool(left)

    def test_nobody_to_ask_is_an_error(self, answer):
        add_mail("bob@example.com")
        answer("")

        assert "--noinput" in str(failure("--address=bob@example.com"))
        assert MailLog.objects.exists()

    def test_queued_mails_are_named_with_what_to_do(self):
        queued = add_mail("bob@example.com", status="queued", accepted="no")

        printed = run("--address=bob@example.com", "--noinput")

        assert printed[3] == (
            "1 mail with this address is still queued and was not changed. Cancel it,"
            f" then run this again: {queued.pk}"
        )
        assert MailLog.objects.exists()

    def test_many_queued_mails_are_counted(self):
        for _ in range(21):
            add_mail("bob@example.com", status="queued", accepted="no")

        printed = run("--address=bob@example.com", "--dry-run")

        assert printed[4].startswith("21 mails with this address are still queued")
        assert printed[4].endswith(" ...")

    def test_an_interrupt_says_how_far_it_got(self):
        for _ in range(4):
            add_mail("bob@example.com")
        terminal = Terminal()
        terminal.stop_at = "changed: 4"

        error = failure(
            "--address=bob@example.com", "--noinput", "--batch=2", out=terminal
        )

        assert str(error).startswith("Interrupted. Mails searched: 0, changed: 4.")
        assert not MailLog.objects.exists()

    @pytest.mark.parametrize("address", ["", "bob", "a@example.com, b@example.com"])
    def test_what_is_no_address_erases_nothing(self, address):
        add_mail(days=100)

        assert "--address" in str(failure("--noinput", f"--address={address}"))
        assert MailLog.objects.exists()

    @pytest.mark.parametrize("other", ["--rows=9", "--bodies=9"])
    def test_an_age_does_not_go_with_it(self, other):
        assert "cannot be used with" in str(failure("--address=bob@example.com", other))


class TestTroubles:
    def test_settings_that_cannot_be_are_told(self, settings):
        settings.DIRECTMAIL = {"LOG": {"RETENTION_DAY": 7}}

        assert 'Did you mean "RETENTION_DAYS"?' in str(failure())

    def test_a_database_that_is_not_configured_is_named(self, settings):
        settings.DIRECTMAIL = {"LOG": {"DATABASE": "nowhere"}}

        assert "nowhere" in str(failure())

    def test_a_wrong_mailer_does_not_matter(self, configure):
        configure(REGION="nowhere")

        assert run() == ["Mails older than 90 days, deleted: 0"]


def test_missing_tables_are_a_readable_error_on_the_command_line():
    """The whole program, as a person runs it."""
    script = (
        "from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['django_directmail'],"
        "DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3',"
        "'NAME': ':memory:'}});"
        "from django.core.management import execute_from_command_line as run;"
        "run(['manage.py', 'directmail_prune'])"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=os.getcwd(),
    )

    assert done.returncode == 1
    assert "no such table: django_directmail_maillog" in done.stderr
    assert "manage.py migrate django_directmail" in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_says_what_it_cannot_reach(capsys):
    with pytest.raises(SystemExit):
        call_command("directmail_prune", "--help")

    shown = " ".join(capsys.readouterr().out.split())
    for part in ("console", "backups", "idempotency keys", "RETENTION_DAYS"):
        assert part in shown
