"""Lists, failures, threads, connections: the backend over real sockets."""

import asyncio
import contextlib
import copy
import pickle
import signal
import threading

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, send_mail

from django_directmail._compat import get_mailer
from django_directmail.api.errors import (
    CredentialsError,
    RejectedError,
    SendError,
    ServerError,
    ThrottledError,
    TransportError,
    UnsupportedMessage,
)
from django_directmail.backends import EmailBackend
from django_directmail.sandbox import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET,
    STS_SECURITY_TOKEN,
)


def message(subject="Subject", **values):
    """Return a message, complete unless ``values`` say otherwise."""
    values = {"to": ["to@example.com"], "from_email": "from@example.com", **values}
    return EmailMessage(subject, "Content", **values)


def send(*messages, **options):
    """Send through a backend of our own; return the count."""
    return EmailBackend(**options).send_messages(list(messages))


class TestConnections:
    """One pool for the process."""

    def test_two_send_mail_calls_use_one_connection(self, outbox):
        for _ in range(2):
            send_mail("Subject", "Content", None, ["to@example.com"])

        assert (outbox.calls, outbox.connections) == (2, 1)

    def test_four_threads_share_one_backend(self, outbox):
        backend = get_mailer()
        start = threading.Barrier(4)
        counts = []

        def work(name):
            start.wait()
            with backend:
                for n in range(5):
                    counts.append(backend.send_messages([message(f"{name} {n}")]))

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert counts == [1] * 20
        assert sorted(mail.subject for mail in outbox.mails) == sorted(
            f"{name} {n}" for name in "abcd" for n in range(5)
        )
        assert outbox.connections <= 4

    def test_event_loop_through_sync_to_async(self, outbox):
        async def work():
            return await asyncio.gather(
                *(sync_to_async(message(str(n)).send)() for n in range(3))
            )

        assert asyncio.run(work()) == [1, 1, 1]
        assert len(outbox.mails) == 3

    @pytest.mark.parametrize("signature", ["HMAC-SHA1", "ACS3-HMAC-SHA256"])
    def test_both_signatures_arrive(self, mailer, signature):
        outbox = mailer(SIGNATURE=signature)

        message("你好 *~+").send()

        (received,) = outbox.mails
        assert (received.signature, received.subject) == (signature, "你好 *~+")

    def test_temporary_credentials_arrive(self, mailer):
        outbox = mailer(
            ACCESS_KEY_ID=STS_ACCESS_KEY_ID,
            ACCESS_KEY_SECRET=STS_ACCESS_KEY_SECRET,
            SECURITY_TOKEN=STS_SECURITY_TOKEN,
        )

        assert message().send() == 1
        assert outbox.mails[0].access_key_id == STS_ACCESS_KEY_ID


class TestOutcome:
    """One message: what is raised, and what is on it afterwards."""

    FAULTS = {
        "throttled": (
            {"kind": "error", "status": 400, "code": "Throttling.User"},
            ThrottledError,
            "failed",
            "no",
        ),
        "rejected": (
            {"kind": "error", "status": 400, "code": "InvalidBody"},
            RejectedError,
            "rejected",
            "no",
        ),
        "broken": (
            {"kind": "error", "status": 500, "code": "InternalError"},
            ServerError,
            "unconfirmed",
            "unknown",
        ),
        "proxy page": (
            {"kind": "status", "status": 502},
            TransportError,
            "unconfirmed",
            "unknown",
        ),
        "dropped": (
            {"kind": "drop_after"},
            TransportError,
            "unconfirmed",
            "unknown",
        ),
    }

    @pytest.mark.parametrize("name", FAULTS)
    def test_error_and_status_agree(self, outbox, name):
        fault, error, status, accepted = self.FAULTS[name]
        outbox.add_fault(**fault)
        one = message()

        with pytest.raises(error) as caught:
            one.send()

        found = one.directmail_status
        assert caught.value.accepted == accepted
        assert found.error is caught.value
        assert (found.status, found.env_ids) == (status, [])
        assert found.recipients["to@example.com"].status == status

    def test_connection_refused_is_failed_and_may_be_sent_again(self, outbox):
        outbox.stop()
        one = message()

        with pytest.raises(TransportError) as caught:
            one.send()

        assert (caught.value.accepted, caught.value.retryable) == ("no", True)
        assert one.directmail_status.status == "failed"

    def test_second_send_forgets_the_first_failure(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidBody")
        one = message()
        with pytest.raises(RejectedError):
            one.send()

        one.send()

        assert one.directmail_status.status == "accepted"
        assert one.directmail_status.error is None

    @pytest.mark.parametrize("sent", [True, False])
    def test_message_survives_copy_and_pickle(self, outbox, sent):
        one = message()
        if not sent:
            outbox.add_fault("error", status=400, code="InvalidBody")
        with contextlib.suppress(RejectedError):
            one.send()

        for twin in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert twin.directmail_status.status == one.directmail_status.status
            assert str(twin.directmail_status.error) == str(one.directmail_status.error)

    def test_half_accepted_message_says_yes_and_which(self, outbox):
        one = message(bcc=[f"bcc{n}@example.com" for n in range(4)])
        outbox.add_fault("drop_before")

        with pytest.raises(SendError) as caught:
            one.send()

        assert caught.value.accepted == "yes"
        assert not caught.value.retryable
        assert [o.position for o in caught.value.failed] == [0]
        assert [o.position for o in caught.value.sent] == [1, 2]
        status = one.directmail_status
        assert "to@example.com" not in repr(status)
        assert status.status == "unconfirmed"
        assert status.recipients["to@example.com"].status == "unconfirmed"
        assert status.recipients["bcc3@example.com"].status == "accepted"

    def test_half_refused_message_is_partial(self, outbox):
        one = message(to=[f"user{n}@example.com" for n in range(101)])
        outbox.add_fault("error", status=400, code="InvalidToAddress.Spam")

        with pytest.raises(SendError, match="1 of 2 calls of this message"):
            one.send()

        status = one.directmail_status
        assert status.status == "partial"
        assert status.recipients["user0@example.com"].status == "rejected"
        assert status.recipients["user100@example.com"].status == "accepted"


class TimeLimit(Exception):
    """What a task engine raises into the middle of a task."""


@pytest.mark.parametrize("kind", [TimeLimit, KeyboardInterrupt])
def test_interrupted_call_is_unconfirmed_and_raised_at_once(outbox, kind):
    """A time limit is a signal, whose handler raises wherever the program is."""
    outbox.add_fault("hang")
    one, never = message(), message()

    def ring(*args):
        raise kind

    def interrupt_once_it_arrived():
        pause = threading.Event()
        while not outbox.mails and not outbox.stopping.is_set():
            pause.wait(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, ring)
    watcher = threading.Thread(target=interrupt_once_it_arrived)
    watcher.start()
    try:
        with pytest.raises(kind):
            send(one, never)
    finally:
        watcher.join()
        signal.signal(signal.SIGUSR1, before)

    status = one.directmail_status
    assert status.status == "unconfirmed"
    assert status.recipients["to@example.com"].status == "unconfirmed"
    assert never.directmail_status.status == "failed"
    assert never.directmail_status.error.accepted == "no"
    assert len(outbox.mails) == 1


class TestPickles:
    """A message may travel to a worker; no secret travels with it."""

    def test_sent_message_holds_no_secret(self, outbox):
        one = message()
        one.send()

        assert ACCESS_KEY_SECRET.encode() not in pickle.dumps(one)

    def test_backend_is_built_anew_from_the_settings(self, outbox):
        backend = get_mailer()

        twin = pickle.loads(pickle.dumps(backend))

        assert ACCESS_KEY_SECRET.encode() not in pickle.dumps(backend)
        assert twin.send_messages([message()]) == 1
        assert copy.deepcopy(backend) is backend

    def test_backend_with_options_of_its_own_is_refused(self, outbox):
        with pytest.raises(TypeError, match="Put them into DIRECTMAIL"):
            pickle.dumps(EmailBackend(region="us-east-1"))

    def test_foreign_errors_are_named_and_not_carried(self, mailer):
        class Odd(Exception):
            def __init__(self, code, text):
                super().__init__(text)

        def credentials():
            raise Odd(5, "token=geheim")

        mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None, CREDENTIALS=credentials)
        one, two = message(), message()
        with pytest.raises(SendError) as caught:
            send(one, two)

        for twin in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert str(twin.directmail_status.error) == "Odd"
        failed = pickle.loads(pickle.dumps(caught.value)).failed
        assert [str(outcome.error) for outcome in failed] == ["Odd", "Odd"]
        assert "geheim" not in repr(one.directmail_status) + str(caught.value)


class TestLists:
    """A list is always finished."""

    def test_bad_message_does_not_stop_the_others(self, outbox):
        bad, refused = message(to=["webmaster"]), message(to=["a_b@x"])
        with pytest.raises(SendError) as caught:
            send(message("1"), bad, message("2"), refused, message("3"))

        error = caught.value
        assert [mail.subject for mail in outbox.mails] == ["1", "2", "3"]
        assert [o.position for o in error.sent] == [0, 2, 4]
        assert [o.env_ids[0] for o in error.sent] == [m.env_id for m in outbox.mails]
        assert [(o.position, type(o.error)) for o in error.failed] == [
            (1, UnsupportedMessage),
            (3, RejectedError),
        ]
        assert error.accepted == "yes"
        assert "2 of 5 messages failed" in str(error)

    @pytest.mark.parametrize("odd", [None, "text", object()])
    def test_what_is_no_message_does_not_stop_the_others(self, outbox, odd):
        with pytest.raises(SendError) as caught:
            send(message("1"), odd, message("2"))

        assert [mail.subject for mail in outbox.mails] == ["1", "2"]
        assert [o.position for o in caught.value.failed] == [1]
        assert "send EmailMessages" in str(caught.value.failed[0].error)

    def test_skipped_messages_keep_their_place_in_the_count(self, outbox):
        outbox.add_fault("error", status=400, code="InvalidBody")

        with pytest.raises(SendError) as caught:
            send(message(to=[]), message(), message())

        assert [o.position for o in caught.value.failed] == [1]
        assert [o.position for o in caught.value.sent] == [2]

    def test_fail_silently_counts_and_logs(self, outbox, caplog):
        outbox.add_fault("error", status=400, code="InvalidBody")

        assert send(message(), message(), fail_silently=True) == 1

        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert "InvalidBody" in record.message

    def test_fail_silently_covers_a_server_that_is_not_there(self, outbox):
        outbox.stop()

        assert send(message(), fail_silently=True) == 0

    def test_fail_silently_never_hides_a_message_that_cannot_be_sent(self, outbox):
        with pytest.raises(UnsupportedMessage):
            send(message(to=["webmaster"]), fail_silently=True)

    def test_two_failures_of_which_none_arrived_may_be_retried(self, outbox):
        outbox.stop()

        with pytest.raises(SendError) as caught:
            send(message(), message())

        assert (caught.value.accepted, caught.value.retryable) == ("no", True)
        twin = pickle.loads(pickle.dumps(caught.value))
        assert [str(o.error) for o in twin.failed] == [
            str(o.error) for o in caught.value.failed
        ]


class TestCredentials:
    """Where the AccessKey comes from, and what happens without one."""

    @pytest.mark.parametrize("fail_silently", [True, False])
    def test_missing_credentials_are_never_silenced(self, mailer, fail_silently):
        outbox = mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)

        with pytest.raises(ImproperlyConfigured, match="ALIBABA_CLOUD_ACCESS_KEY_ID"):
            send(message(), message(), fail_silently=fail_silently)

        assert outbox.calls == 0

    def test_environment_is_read_at_each_send(self, mailer, monkeypatch):
        outbox = mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None)
        backend = get_mailer()
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY_ID)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET)

        assert backend.send_messages([message()]) == 1

        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", STS_ACCESS_KEY_ID)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", STS_ACCESS_KEY_SECRET)
        monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", STS_SECURITY_TOKEN)
        assert backend.send_messages([message()]) == 1
        assert [mail.access_key_id for mail in outbox.mails] == [
            ACCESS_KEY_ID,
            STS_ACCESS_KEY_ID,
        ]

    def test_callable_is_asked_at_each_call(self, mailer):
        from django_directmail.api import Credentials

        asked = []

        def credentials():
            asked.append(1)
            return Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET)

        mailer(ACCESS_KEY_ID=None, ACCESS_KEY_SECRET=None, CREDENTIALS=credentials)

        assert send(message(), message()) == 2
        assert asked == [1, 1]

    def test_wrong_secret_is_a_credentials_error(self, mailer):
        mailer(ACCESS_KEY_SECRET="wrong")

        with pytest.raises(CredentialsError, match="SignatureDoesNotMatch"):
            message().send()
