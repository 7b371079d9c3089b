"""What each database must keep as it was given: SQLite, PostgreSQL, MariaDB."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction

from django_directmail.models import MailLog, MailRecipient

pytestmark = pytest.mark.django_db

# Four bytes each in UTF-8: an emoji, an ideograph outside the first plane, a clef.
FOUR_BYTES = "\N{PARTY POPPER}\N{CJK UNIFIED IDEOGRAPH-20BB7}\N{MUSICAL SYMBOL G CLEF}"
# One sign of five code points, and letters that are written from right to left.
FAMILY = "👩\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧"
HEBREW = "שלום"
TEXTS = {
    "subject": (FOUR_BYTES * 333)[:998],
    "tag": (FOUR_BYTES * 43)[:128],
    "alias": "é" * 100,
    "sender": "ö" * 320,
    "idempotency_key": FOUR_BYTES * 85,
    "error_message": f"<{FAMILY}> {HEBREW}\r\n\t\\'\"%s{{}}" * 5_000,
    "html_body": f"<p>{FAMILY}</p>\n" * 20_000,
}
TABLES = {"django_directmail_maillog", "django_directmail_mailrecipient"}


def create_log(**values):
    """Write a row of the log and return it as the database has it now."""
    written = MailLog.objects.create(status="accepted", accepted="yes", **values)
    return MailLog.objects.get(pk=written.pk)


def tables_of(alias):
    """Return the tables of the app that are in a database."""
    return TABLES & set(connections[alias].introspection.table_names())


@pytest.mark.parametrize("field", TEXTS)
def test_text_of_full_length_comes_back_whole(field):
    log = create_log(**{field: TEXTS[field]})

    assert getattr(log, field) == TEXTS[field]


def test_nested_metadata_comes_back_with_its_types():
    metadata = {
        "order": {"id": 2**53, "paid": True, "note": None, "rate": 0.1},
        FAMILY: [HEBREW, {"": FOUR_BYTES}, [], {}, 'quote " and \\ and \n'],
    }

    log = create_log(metadata=metadata, parameters={"headers": metadata})

    assert log.metadata == metadata
    assert log.parameters == {"headers": metadata}


def test_metadata_is_found_by_a_value_within():
    log = create_log(metadata={"order": {"city": "東京"}})
    create_log(metadata={"order": {"city": "京都"}})

    assert list(MailLog.objects.filter(metadata__order__city="東京")) == [log]


def test_address_of_full_length_comes_back_and_is_found():
    address = f"{'ü' * 64}@{'例' * 251}.org"
    MailRecipient.objects.create(
        log=create_log(), address=address, address_key=address.lower()
    )

    found = MailRecipient.objects.get(address_key=address)

    assert len(address) == 320
    assert found.address == address


def test_times_keep_their_microseconds():
    moment = datetime.datetime(2026, 3, 29, 1, 59, 59, 999_999, datetime.timezone.utc)

    assert create_log(created_at=moment).created_at == moment


def test_later_ids_are_greater():
    moment = datetime.datetime(2026, 3, 29, tzinfo=datetime.timezone.utc)
    written = [MailLog.objects.create(created_at=moment) for _ in range(2)]
    older, newer = sorted(written, key=lambda log: log.pk)

    assert list(MailLog.objects.all()) == [newer, older]
    assert list(MailLog.objects.filter(pk__gt=older.pk)) == [newer]


def test_key_is_taken_once_and_none_at_will():
    create_log(idempotency_key="order-7")
    create_log(idempotency_key=None)
    create_log(idempotency_key=None)

    with pytest.raises(IntegrityError), transaction.atomic():
        create_log(idempotency_key="order-7")


def test_recipients_go_with_their_mail():
    log, kept = create_log(), create_log()
    for owner in (log, kept):
        MailRecipient.objects.create(log=owner, address="a@example.com")

    log.delete()

    assert [one.log for one in MailRecipient.objects.all()] == [kept]


def test_each_index_is_there_by_its_name():
    with connection.cursor() as cursor:
        table = MailLog._meta.db_table
        found = connection.introspection.get_constraints(cursor, table)

    for index in MailLog._meta.indexes:
        assert found[index.name]["index"]
        assert found[index.name]["columns"] == [
            field.lstrip("-") for field in index.fields
        ]


def test_models_have_no_change_without_a_migration(capsys):
    call_command("makemigrations", "--check", "--dry-run")

    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.django_db(databases=["log"], transaction=True)
def test_tables_go_and_come_back():
    def migrate(*names):
        call_command(
            "migrate", "django_directmail", *names, database="log", verbosity=0
        )

    migrate("zero")
    gone = tables_of("log")
    migrate()

    assert gone == set()
    assert tables_of("log") == TABLES


@pytest.mark.django_db(databases=["default", "log"])
def test_log_elsewhere_outlives_a_rollback(settings):
    settings.DIRECTMAIL = {"LOG": {"DATABASE": "log"}}

    with transaction.atomic():
        User.objects.create(username="ann")
        log = create_log(subject="Welcome")
        transaction.set_rollback(True)

    assert list(MailLog.objects.all()) == [log]
    assert not User.objects.exists()
    assert not MailLog.objects.using("default").exists()
