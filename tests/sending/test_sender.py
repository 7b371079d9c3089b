"""Several calls at a time: how many, in which thread, and what an interrupt leaves."""

import contextvars
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection, transaction

from django_directmail.api import Credentials
from django_directmail.api.fields import wire_names
from django_directmail.api.responses import SendResult
from django_directmail.api.signing import SIGNATURES
from django_directmail.backends import EmailBackend
from django_directmail.models import MailLog
from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from django_directmail.signals import post_send
from tests.support.messages import message

NAMES = wire_names(SendResult)
ANSWER = json.dumps({NAMES["env_id"]: "1", NAMES["request_id"]: "2"}).encode()


class Meeting(ThreadingHTTPServer):
    """
    Answers once ``size`` requests are there together, and counts the most at once.

    ``arrived`` is called with each request, before it waits.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, size, arrived=lambda: None):
        super().__init__(("127.0.0.1", 0), _Guest)
        self.barrier = threading.Barrier(size)
        self.arrived = arrived
        self.lock = threading.Lock()
        self.here = self.most = self.calls = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *details):
        self.barrier.abort()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Guest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        self.rfile.read(int(self.headers["Content-Length"]))
        with server.lock:
            server.calls += 1
            server.here += 1
            server.most = max(server.most, server.here)
        server.arrived()
        try:
            server.barrier.wait(30)
        except threading.BrokenBarrierError:
            self.close_connection = True
            return
        with server.lock:
            server.here -= 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args):
        pass


@pytest.fixture
def meet(configure):
    """Return a function that makes a meeting the endpoint of the default mailer."""

    def meet(server, **directmail):
        configure(
            **{
                "ACCESS_KEY_ID": "id",
                "ACCESS_KEY_SECRET": "secret",
                "ENDPOINT": server.url,
                "MAX_ATTEMPTS": 1,
                **directmail,
            }
        )
        return EmailBackend()

    return meet


def letters(number):
    return [message(subject=str(n)) for n in range(number)]


class TestHowMany:
    def test_eight_are_under_way_by_default(self, meet):
        with Meeting(8) as server:
            assert meet(server).send_messages(letters(24)) == 24

        assert (server.calls, server.most) == (24, 8)

    def test_setting_is_the_limit(self, meet):
        with Meeting(3) as server:
            assert meet(server, MAX_CONCURRENCY=3).send_messages(letters(9)) == 9

        assert server.most == 3

    def test_calls_of_one_message_go_together(self, meet):
        one = message(to=[f"user{n}@example.com" for n in range(4)])

        with Meeting(4) as server:
            meet(server, SPLIT_RECIPIENTS=True).send_messages([one])

        assert server.most == 4
        assert list(one.directmail_status.recipients) == one.to

    def test_one_at_a_time_stays_in_the_thread_of_the_caller(self, mailer):
        mailer(MAX_CONCURRENCY=1)

        EmailBackend().send_messages(letters(5))

        names = [thread.name for thread in threading.enumerate()]
        assert not [name for name in names if name.startswith("directmail_")]

    def test_files_of_one_message_are_uploaded_together(self, mailer):
        """Each upload waits, so that a second one can only come at the same time."""
        outbox = mailer(MAX_CONCURRENCY=4)
        outbox.add_fault("hang", action="AuthorizeFileUpload", seconds=1, times=4)
        one = message()
        for n in range(4):
            one.attach(f"{n}.txt", str(n), "text/plain")

        one.send()

        assert outbox.connections >= 4
        assert [f.content for f in outbox.mails[0].attachments] == [
            b"0",
            b"1",
            b"2",
            b"3",
        ]


class TestSizes:
    @pytest.mark.parametrize("signature", SIGNATURES)
    def test_five_megabytes_of_html_arrive(self, mailer, signature):
        outbox = mailer(SIGNATURE=signature, TIMEOUT=30)
        html = "<p>Käse & Brot 100% 你好</p>\r\n" * 160_000
        assert len(html.encode()) > 5 * 1024 * 1024
        one = message(body=html)
        one.content_subtype = "html"

        assert one.send() == 1

        assert outbox.mails[0].html == html


class TestOutcomes:
    def test_results_are_in_the_order_of_the_list(self, mailer):
        outbox = mailer(MAX_CONCURRENCY=8)
        outbox.add_fault("latency", seconds=0.2)
        many = letters(20)

        assert EmailBackend().send_messages(many) == 20

        by_id = {mail.env_id: mail.subject for mail in outbox.mails}
        found = [by_id[one.directmail_status.env_ids[0]] for one in many]
        assert found == [one.subject for one in many]

    def test_failed_ones_are_told_by_their_position(self, mailer):
        from django_directmail.api.errors import SendError

        mailer(MAX_CONCURRENCY=8)
        many = letters(10)
        many[3].body = many[7].body = "\ud800"

        with pytest.raises(SendError) as caught:
            EmailBackend().send_messages(many)

        assert [outcome.position for outcome in caught.value.failed] == [3, 7]
        assert [outcome.position for outcome in caught.value.sent] == [
            0,
            1,
            2,
            4,
            5,
            6,
            8,
            9,
        ]


class TestThreads:
    """Whatever is not a request stays with the caller."""

    def test_credentials_and_receivers(self, mailer, connect):
        asked, told = set(), set()

        def source():
            asked.add(threading.current_thread())
            return Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET)

        connect(post_send, lambda **kw: told.add(threading.current_thread()))
        mailer(
            MAX_CONCURRENCY=8,
            CREDENTIALS=source,
            ACCESS_KEY_ID=None,
            ACCESS_KEY_SECRET=None,
        )

        EmailBackend().send_messages(letters(20))

        assert asked == told == {threading.current_thread()}

    def test_context_of_the_caller_is_seen_by_the_source(self, mailer):
        tenant = contextvars.ContextVar("tenant")
        tenant.set("one")
        seen = []

        def source():
            seen.append(tenant.get())
            return Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET)

        mailer(
            MAX_CONCURRENCY=4,
            CREDENTIALS=source,
            ACCESS_KEY_ID=None,
            ACCESS_KEY_SECRET=None,
        )

        EmailBackend().send_messages(letters(4))

        assert seen == ["one"] * 4

    @pytest.mark.django_db(transaction=True)
    def test_works_in_a_transaction_that_is_rolled_back(self, mailer):
        outbox = mailer(MAX_CONCURRENCY=8)

        with transaction.atomic():
            EmailBackend().send_messages(letters(12))
            assert MailLog.objects.filter(status="accepted").count() == 12
            transaction.set_rollback(True)

        assert (len(outbox.mails), MailLog.objects.count()) == (12, 0)
        assert connection.connection is None or connection.is_usable()

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="This system cannot fork")
    def test_forked_child_sends_as_well(self, mailer):
        outbox = mailer(MAX_CONCURRENCY=4)
        EmailBackend().send_messages(letters(8))

        child = os.fork()
        if not child:
            os._exit(0 if EmailBackend().send_messages(letters(8)) == 8 else 1)
        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0
        assert EmailBackend().send_messages(letters(8)) == 8
        assert len(outbox.mails) == 24


@pytest.mark.django_db
class TestInterrupt:
    """Ctrl+C, or the time limit of a task, in the middle of a list."""

    @pytest.fixture(autouse=True)
    def _interruptible(self):
        """Let Ctrl+C be heard also where a shell started the tests to ignore it."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    def interrupted(self, meet, number):
        """Send so many, and be interrupted when four are under way."""

        def arrived():
            if server.here == 4:
                os.kill(os.getpid(), signal.SIGINT)

        # Nobody else comes, so these four are not answered.
        with Meeting(5, arrived) as server:
            many = letters(number)
            backend = meet(server, MAX_CONCURRENCY=4)
            with pytest.raises(KeyboardInterrupt):
                backend.send_messages(many)
            return many, server

    def test_what_was_under_way_may_have_arrived_and_the_rest_did_not(self, meet):
        many, server = self.interrupted(meet, 10)

        statuses = [one.directmail_status.status for one in many]
        assert statuses == ["unconfirmed"] * 4 + ["failed"] * 6
        assert server.calls == 4

    def test_log_says_the_same(self, meet):
        self.interrupted(meet, 10)

        rows = MailLog.objects.values_list("subject", "status", "accepted")
        assert sorted(rows) == [
            (str(n), "unconfirmed", "unknown") if n < 4 else (str(n), "failed", "no")
            for n in range(10)
        ]
