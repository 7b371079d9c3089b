"""Sockets, on a good day and with all that surrounds them: proxies, TLS, forks."""

import gzip
import json
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import trustme
from requests import sessions
from requests.utils import get_environ_proxies

from django_directmail import __version__
from django_directmail.api import DescAccountSummary, TransportError
from django_directmail.api.transport import MAX_ANSWER_BYTES
from tests.support.api_samples import KEY, LONG, mail, one_try
from tests.support.http_servers import CannedServer, http

GOOD = http(
    200,
    json.dumps({"EnvId": "600001234567", "RequestId": "R"}).encode(),
    Content_Type="application/json",
    Connection="close",
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    """Take away what the machine that runs the tests may have set."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)


class TestConnections:
    @pytest.mark.parametrize("calls", [2, 20])
    def test_all_calls_share_one_connection(self, sandbox, client, calls):
        for _ in range(calls):
            client.call(mail())

        assert (sandbox.calls, sandbox.connections) == (calls, 1)

    def test_clients_share_one_connection(self, sandbox):
        for _ in range(3):
            one_try(KEY, endpoint=sandbox.url).call(mail())

        assert sandbox.connections == 1

    def test_a_refused_call_leaves_the_connection_open(self, sandbox, client):
        sandbox.add_fault("error", status=400, code="Throttling")
        with pytest.raises(Exception, match="Throttling"):
            client.call(mail())

        client.call(mail())

        assert sandbox.connections == 1

    def test_a_dropped_connection_is_replaced_at_the_next_call(self, sandbox, client):
        sandbox.add_fault("drop_before")
        with pytest.raises(TransportError):
            client.call(mail())

        client.call(mail())

        assert (len(sandbox.mails), sandbox.connections) == (1, 2)

    def test_threads_do_not_get_each_others_answers(self, sandbox, client):
        subjects = [f"Subject {n}" for n in range(40)]

        with ThreadPoolExecutor(8) as pool:
            results = list(
                pool.map(lambda text: client.call(mail(subject=text)), subjects)
            )

        arrived = {m.env_id: m.subject for m in sandbox.mails}
        assert [arrived[result.env_id] for result in results] == subjects
        assert sandbox.connections <= 8

    def test_a_forked_child_has_a_connection_of_its_own(self, sandbox):
        # In a process without threads, as the servers that fork have them.
        script = """if True:
            import os, sys
            from django_directmail.api import Client, Credentials, SingleSendMail
            from django_directmail.sandbox import ACCESS_KEY_ID, ACCESS_KEY_SECRET

            key = Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
            client = Client(key, endpoint=sys.argv[1])
            def send(text):
                client.call(SingleSendMail(account_name="a@example.com",
                    to_address="b@example.org", subject=text, text_body=text))

            send("before")
            child = os.fork()
            if child == 0:
                send("child")
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            send("after")
        """

        subprocess.run([sys.executable, "-c", script, sandbox.url], check=True)

        assert [m.subject for m in sandbox.mails] == ["before", "child", "after"]
        assert sandbox.connections == 2


class TestWhatIsSent:
    def test_a_long_text_arrives_byte_for_byte(self, sandbox, client):
        client.call(mail(html_body=LONG))

        assert sandbox.mails[0].html == LONG

    def test_the_request_is_a_plain_post_with_its_length(self):
        with CannedServer(GOOD) as server:
            client = server.client()
            prepared = client.prepare(mail(), nonce="nonce")

            client.send(prepared)

        (received,) = server.received
        assert received.line == "POST / HTTP/1.1"
        assert received.body == prepared.request.body
        assert (
            received.headers.items()
            >= {
                "host": server.url.removeprefix("http://"),
                "content-length": str(len(prepared.request.body)),
                "content-type": "application/x-www-form-urlencoded",
                "user-agent": f"django-directmail/{__version__}",
            }.items()
        )
        assert not {"authorization", "cookie", "transfer-encoding"} & set(
            received.headers
        )

    def test_an_empty_body_is_sent_with_its_length(self):
        answer = http(200, b'{"RequestId":"R"}', Connection="close")
        with CannedServer(answer) as server:
            server.client(signature="ACS3-HMAC-SHA256").call(DescAccountSummary())

        (received,) = server.received
        assert received.headers["content-length"] == "0"
        assert "transfer-encoding" not in received.headers

    def test_cookies_are_not_kept(self):
        answer = GOOD.replace(b"\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n", 1)
        with CannedServer(answer) as server:
            server.client().call(mail())
            server.client().call(mail())

        assert ["cookie" in r.headers for r in server.received] == [False, False]

    def test_a_redirect_is_not_followed(self):
        with CannedServer(GOOD) as elsewhere:
            moved = http(302, Location=elsewhere.url + "/", Connection="close")
            with (
                CannedServer(moved) as server,
                pytest.raises(TransportError, match="redirect") as caught,
            ):
                server.client().call(mail())

        assert caught.value.accepted == "unknown"
        assert (len(server.received), elsewhere.received) == (1, [])

    def test_passwords_of_netrc_do_not_replace_the_signature(
        self, sandbox, signature, tmp_path, monkeypatch
    ):
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password something\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        client = one_try(KEY, endpoint=sandbox.url, signature=signature)

        client.call(mail())

        assert len(sandbox.mails) == 1

    def test_passwords_of_netrc_are_not_added(self, tmp_path, monkeypatch):
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password something\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))

        with CannedServer(GOOD) as server:
            server.client().call(mail())

        assert "authorization" not in server.received[0].headers


class TestProxies:
    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_the_proxy_of_the_environment_is_used(self, name, monkeypatch):
        with CannedServer(GOOD) as proxy:
            monkeypatch.setenv(name, proxy.url)

            one_try(KEY, endpoint="http://dm.aliyuncs.invalid").call(mail())

        (received,) = proxy.received
        assert received.line == "POST http://dm.aliyuncs.invalid/ HTTP/1.1"
        assert received.headers["host"] == "dm.aliyuncs.invalid"

    def test_another_proxy_takes_effect_at_the_next_call(self, monkeypatch):
        client = one_try(KEY, endpoint="http://dm.aliyuncs.invalid")

        with CannedServer(GOOD) as first, CannedServer(GOOD) as second:
            for proxy in (first, second):
                monkeypatch.setenv("HTTP_PROXY", proxy.url)
                client.call(mail())

        assert (len(first.received), len(second.received)) == (1, 1)

    def test_proxies_are_not_looked_up_for_each_call(
        self, sandbox, client, monkeypatch
    ):
        """It takes a quarter of the time of a whole call."""
        looked_up = []

        def look(*args, **kwargs):
            looked_up.append(args)
            return get_environ_proxies(*args, **kwargs)

        monkeypatch.setattr(sessions, "get_environ_proxies", look)

        for _ in range(50):
            client.call(mail())

        # Twice if a minute ends meanwhile.
        assert len(looked_up) in (1, 2)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_the_sandbox_is_reached_without_a_proxy(self, sandbox, monkeypatch, host):
        with CannedServer(GOOD) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("ALL_PROXY", proxy.url)

            one_try(
                KEY,
                endpoint=sandbox.url.replace("127.0.0.1", host),
            ).call(mail())

        assert (len(sandbox.mails), proxy.received) == (1, [])

    def test_a_proxy_that_wants_a_password_has_not_passed_the_mail_on(
        self, monkeypatch
    ):
        with CannedServer(http(407, b"<html>Who?</html>", Connection="close")) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            client = one_try(KEY, endpoint="http://dm.aliyuncs.invalid")

            with pytest.raises(TransportError, match="authentication") as caught:
                client.call(mail())

        assert caught.value.accepted == "no"


class TestTls:
    @pytest.fixture
    def authority(self):
        """Return a certificate authority that nobody knows."""
        return trustme.CA()

    @pytest.fixture
    def server(self, authority):
        """Yield an HTTPS server with a certificate of that authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with CannedServer(GOOD, tls=context) as server:
            yield server

    def test_an_unknown_certificate_is_refused_before_anything_is_sent(self, server):
        with pytest.raises(TransportError, match="TLS failed") as caught:
            server.client().call(mail())

        assert (caught.value.accepted, caught.value.retryable) == ("no", True)
        assert server.received == []

    def test_a_certificate_of_the_named_bundle_is_accepted(
        self, server, authority, tmp_path, monkeypatch
    ):
        bundle = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(str(bundle))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

        result = server.client().call(mail())

        assert result.env_id == "600001234567"
        assert len(server.received) == 1

    @pytest.mark.parametrize("content", [None, "no certificate"])
    def test_a_bundle_that_cannot_be_read_is_named(
        self, server, tmp_path, monkeypatch, content
    ):
        bundle = tmp_path / "authority.pem"
        if content is not None:
            bundle.write_text(content)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

        with pytest.raises(TransportError, match="REQUESTS_CA_BUNDLE") as caught:
            server.client().call(mail())

        assert caught.value.accepted == "no"


class TestLongAnswers:
    @pytest.mark.parametrize("encoding", ["identity", "gzip"])
    def test_no_more_than_a_megabyte_is_read(self, encoding):
        body = b" " * (MAX_ANSWER_BYTES + 1)
        if encoding == "gzip":
            body = gzip.compress(body)
        answer = http(200, body, Content_Encoding=encoding, Connection="close")

        with (
            CannedServer(answer) as server,
            pytest.raises(TransportError, match="larger than 1048576") as caught,
        ):
            server.client().call(mail())

        assert (caught.value.accepted, caught.value.retryable) == ("unknown", False)

    def test_a_megabyte_is_read(self):
        body = b'{"EnvId":"1","RequestId":"R"}'.ljust(MAX_ANSWER_BYTES)

        with CannedServer(http(200, body, Connection="close")) as server:
            result = server.client().call(mail())

        assert result.env_id == "1"

    def test_an_answer_that_cannot_be_decompressed_is_said_to_be_so(self):
        answer = http(200, b"no gzip", Content_Encoding="gzip", Connection="close")

        with (
            CannedServer(answer) as server,
            pytest.raises(TransportError, match="decompressed") as caught,
        ):
            server.client().call(mail())

        assert caught.value.accepted == "unknown"
